//! What a connection meets that is opened while a person types.

use std::fs;

use hub_auth_testkit::LoopbackProxy;
use hub_auth_testkit::hub::demo;
use hub_auth_testkit::tls::Authority;
use hub_auth_testkit::wire::{Act, Wire};

use crate::common::{TRANSPORTS, folder, login};
use crate::session::Session;

/// A name that nobody knows: its proxy is never led to it.
const HUB: &str = "https://hub.test";

/// The roots of a test, so that it needs none of the machine's.
fn ca(name: &str) -> String {
    let file = folder(name).join("ca.pem");
    fs::write(&file, Authority::new().unwrap().pem()).unwrap();
    file.into_os_string().into_string().unwrap()
}

#[test]
fn a_proxy_that_refuses_is_asked_once_and_ends_as_the_login_would() {
    let ca = ca("warming-refused");
    for start in [LoopbackProxy::http, LoopbackProxy::socks5] {
        for transport in TRANSPORTS {
            let proxy = start(([127, 0, 0, 1], 9).into(), Some(("user", "right"))).unwrap();
            let url = proxy.url().replace("://", "://user:wrong@");
            for cache in [None, Some("--cache")] {
                let mut args = vec![demo::USER, "--json", "--hub", HUB, "--ca", &ca, "--transport", transport];
                args.extend(cache);
                let home = folder("warming-home");
                let home = home.to_str().unwrap();
                let run = login(&args).env("https_proxy", &url).env("XDG_CACHE_HOME", home);
                let told = run.secret(demo::PASSWORD).run();
                told.fails(7, "transport");
                assert!(told.err.contains("proxy") && !told.err.contains("wrong"), "{told:?}");
                let asked = proxy.asked().len();

                let mut session =
                    Session::start_with(&args, |command| command.env("https_proxy", &url).env("XDG_CACHE_HOME", home));
                session.expect("(not shown): ");
                session.type_in(&format!("{}\n", demo::PASSWORD));
                let (code, screen, _) = session.end();
                let same = format!("\n{}{}", told.err, told.out).replace('\n', "\r\n");
                assert_eq!((code, screen), (7, same), "{transport}");
                let asked = &proxy.asked()[asked..];
                assert!(asked.len() == 1 && asked[0].credentials.is_some(), "{transport}: {asked:?}");
            }
        }
    }
}

#[test]
fn another_break_is_met_again_by_the_login() {
    let ca = ca("warming-deaf");
    for transport in TRANSPORTS {
        let deaf = Wire::start(vec![vec![Act::Stall]]).unwrap();
        let url = format!("https://localhost:{}", deaf.address().port());
        let args = [demo::USER, "--hub", &url, "--ca", &ca, "--transport", transport, "--timeout", "1", "--tries", "1"];
        let mut session = Session::start(&args);
        session.expect("(not shown): ");
        session.type_in(&format!("{}\n", demo::PASSWORD));
        session.expect("login: timed_out: ");
        assert_eq!((session.end().0, deaf.connections()), (7, 2), "{transport}");
    }
}
