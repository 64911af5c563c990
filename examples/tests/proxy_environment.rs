//! Both adapters read the proxy's variables of their process, and name a proxy that fails.

use std::process::Command;

use hub_auth_core::FailureKind;
use hub_auth_host::Options;
use hub_auth_testkit::tls::Authority;
use hub_auth_testkit::{Loopback, LoopbackProxy, SimHub};

use crate::adapters::{ADAPTERS, all_of};

/// No resolver knows this name. Each tunnel of the proxy leads to the Hub.
const NAME: &str = "hub.test";

/// Runs the child test below in a process with these variables.
fn child(variables: &[(&str, &str)]) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    for name in
        ["http_proxy", "https_proxy", "all_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"]
    {
        command.env_remove(name);
    }
    command.args(["--exact", "proxy_environment::child_process", "--ignored", "--nocapture"]);
    let output = command.envs(variables.iter().copied()).output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

#[test]
fn the_variables_of_the_process_decide() {
    let authority = Authority::new().unwrap();
    // Without codes, since the child cannot ask this Hub for them.
    let hub = SimHub::scenario("no-second-factor").unwrap();
    let hub = Loopback::start_tls(hub, &authority.issue(&[NAME]).unwrap()).unwrap();
    let (http, socks) =
        (LoopbackProxy::http(hub.address(), None).unwrap(), LoopbackProxy::socks5(hub.address(), None).unwrap());
    let (port, pem) = (hub.address().port().to_string(), authority.pem());
    let run = |expected, variables: &[(&str, &str)]| {
        let own = [("TEST_PORT", &*port), ("TEST_CA", &*pem), ("TEST_EXPECTED", expected)];
        child(&[&own, variables].concat());
    };
    // A proxy for http is of no use for https.
    let nobody = ("http_proxy", "http://127.0.0.1:1");
    run("a token", &[("https_proxy", &http.url()), nobody]);
    run("a token", &[("HTTPS_PROXY", &http.url())]);
    run("a token", &[("ALL_PROXY", &socks.url()), nobody]);
    assert_eq!((http.asked().len(), socks.asked().len()), (2 * ADAPTERS.len(), ADAPTERS.len()));
    run("no proxy", &[("https_proxy", &http.url()), ("NO_PROXY", "example.org, .test")]);
    run("the proxy 127.0.0.1:1 ", &[("https_proxy", "http://user:canary@127.0.0.1:1")]);
    assert_eq!(http.asked().len(), 2 * ADAPTERS.len());
}

#[test]
#[ignore = "run by the test above, with a proxy in the environment"]
fn child_process() {
    let [port, pem, expected] = ["TEST_PORT", "TEST_CA", "TEST_EXPECTED"].map(|name| std::env::var(name).unwrap());
    // No code is asked for.
    let codes = Loopback::start(SimHub::demo()).unwrap();
    let authority = hub_auth_host::Trust::none().with_ca_pem(pem.as_bytes()).unwrap();
    let options = Options::new().base(format!("https://{NAME}:{port}").parse().unwrap()).trust(authority);
    for adapter in ADAPTERS {
        match adapter.log_in(options.clone(), &codes) {
            Ok(_) => assert_eq!(expected, "a token", "{adapter:?}"),
            Err(failure) => {
                let said = all_of(&failure);
                assert_eq!(failure.kind(), FailureKind::Transport, "{adapter:?}: {said}");
                let is_expected =
                    if expected == "no proxy" { !said.contains("proxy 127") } else { said.contains(&expected) };
                assert!(is_expected && !said.contains("canary"), "{adapter:?}: {said}");
            }
        }
        // The call that turns the environment off.
        let failure = adapter.log_in(options.clone().no_proxy(), &codes).unwrap_err();
        assert!(!all_of(&failure).contains("the proxy 127"), "{adapter:?}");
    }
}
