//! What the environment says of proxies, and when it does not count.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod common;

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use common::adapters::{ADAPTERS, all_of};
use common::{Done, Run, TRANSPORTS, folder, login};
use hub_auth_core::FailureKind;
use hub_auth_host::{Options, Trust};
use hub_auth_testkit::hub::{SimHub, demo};
use hub_auth_testkit::tls::Authority;
use hub_auth_testkit::{Loopback, LoopbackProxy};

/// A name that nobody knows: the proxy leads to the Hub whatever it is asked for.
const NAME: &str = "hub.test";

struct Scene {
    hub: Loopback,
    proxy: LoopbackProxy,
    ca: PathBuf,
}

impl Scene {
    fn set(name: &str, socks: bool) -> Scene {
        let authority = Authority::new().unwrap();
        let identity = authority.issue(&[NAME, "localhost"]).unwrap();
        let hub = Loopback::start_tls(SimHub::demo(), &identity).unwrap();
        let start = if socks { LoopbackProxy::socks5 } else { LoopbackProxy::http };
        let proxy = start(hub.address(), None).unwrap();
        let ca = folder(name).join("ca.pem");
        fs::write(&ca, authority.pem()).unwrap();
        Scene { hub, proxy, ca }
    }

    fn url(&self, host: &str) -> String {
        format!("https://{host}:{}", self.hub.address().port())
    }

    fn run(&self, host: &str, transport: &str) -> Run {
        self.hub.advance(Duration::from_secs(30));
        let code = self.hub.code(demo::USER).unwrap();
        let run = login(&[demo::USER, "--json", "--hub", &self.url(host), "--ca", self.ca.to_str().unwrap()]);
        run.args(&["--code", &code, "--transport", transport]).secret(demo::PASSWORD)
    }
}

#[track_caller]
fn logged_in(done: &Done) {
    assert_eq!((done.code, &done.json()["route"]), (0, &"users/2fa-login".into()), "{done:?}");
}

#[test]
fn the_environment_counts_by_default() {
    for (socks, variable) in [(false, "https_proxy"), (false, "HTTPS_PROXY"), (true, "all_proxy"), (true, "ALL_PROXY")]
    {
        let scene = Scene::set("proxy-default", socks);
        for (nth, transport) in (1..).zip(TRANSPORTS) {
            let run = scene.run(NAME, transport).env(variable, &scene.proxy.url());
            // Of no use for https.
            logged_in(&run.env("http_proxy", "http://127.0.0.1:1").run());
            assert_eq!(scene.proxy.asked().len(), nth);
            assert_eq!(scene.proxy.asked()[nth - 1].target, scene.url(NAME)["https://".len()..]);
        }
    }
}

#[test]
fn loopback_hosts_and_exceptions_are_reached_directly() {
    let scene = Scene::set("proxy-direct", false);
    for transport in TRANSPORTS {
        let everywhere = |run: Run| {
            let names = ["https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"];
            names.iter().fold(run, |run, name| run.env(name, &scene.proxy.url()))
        };
        logged_in(&everywhere(scene.run("localhost", transport)).run());
        // Reached directly it is not found.
        for (variable, list) in [("NO_PROXY", "example.org, .test"), ("no_proxy", "*")] {
            let done = everywhere(scene.run(NAME, transport)).env(variable, list).run();
            done.fails(7, "transport");
            assert!(done.err.contains("name") && !done.err.contains("proxy 127"), "{done:?}");
        }
    }
    assert_eq!(scene.proxy.connections(), 0);
}

#[test]
fn a_variable_that_cannot_be_read_is_named_and_not_repeated() {
    let scene = Scene::set("proxy-bad", false);
    for transport in TRANSPORTS {
        for (variable, url) in [
            ("HTTPS_PROXY", "http://canary:canary@proxy:port"),
            ("all_proxy", "canary://canary"),
            ("ALL_PROXY", "http://user:can/ary@proxy"),
        ] {
            let done = scene.run(NAME, transport).env(variable, url).run();
            done.fails(2, "usage");
            assert!(done.err.contains(variable), "{done:?}");
            assert!(!done.err.contains("canary") && !done.out.contains("canary"), "{done:?}");
        }
    }
    assert_eq!(scene.hub.connections(), 0);
}

#[test]
fn a_proxy_that_is_not_there_is_named() {
    let scene = Scene::set("proxy-away", false);
    for transport in TRANSPORTS {
        for (url, named) in [
            ("http://user:canary@127.0.0.1:1", "the proxy 127.0.0.1:1 cannot be reached"),
            ("socks5h://user:canary@127.0.0.1:1", "the proxy 127.0.0.1:1 cannot be reached"),
            ("http://user:canary@proxy.invalid:3128", "the proxy proxy.invalid:3128 cannot be reached"),
        ] {
            let done = scene.run(NAME, transport).env("https_proxy", url).run();
            done.fails(7, "transport");
            assert!(done.err.contains(named) && !done.err.contains("canary"), "{done:?}");
        }
    }
    assert_eq!(scene.hub.connections(), 0);
}

const CHILD: &str = "with_a_proxy_in_the_environment";

/// The environment is of a process, so the test is its own child.
#[test]
fn one_call_turns_the_environment_off() {
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", CHILD, "--ignored"])
        // Nobody is there.
        .envs([("https_proxy", "http://127.0.0.1:1"), ("no_proxy", "example.org")])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success() && said.contains("1 passed"), "{said}");
}

#[test]
#[ignore = "run by the test above, with a proxy in the environment"]
fn with_a_proxy_in_the_environment() {
    let hub = Loopback::start(SimHub::demo()).unwrap();
    let pem = Authority::new().unwrap().pem();
    let trust = Trust::none().with_ca_pem(pem.as_bytes()).unwrap();
    let options = Options::new().base(format!("https://{NAME}").parse().unwrap()).trust(trust);
    for adapter in ADAPTERS {
        for (options, by_proxy) in [(options.clone(), true), (options.clone().no_proxy(), false)] {
            let failure = adapter.log_in(options, &hub).unwrap_err();
            assert_eq!(failure.kind(), FailureKind::Transport);
            assert_eq!(all_of(&failure).contains("the proxy 127.0.0.1:1 "), by_proxy, "{adapter:?} {failure:?}");
        }
    }
}
