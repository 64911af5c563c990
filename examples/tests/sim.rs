//! `login --sim` without a terminal.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod common;

use common::{TRANSPORTS, login};
use hub_auth_testkit::{Scenario, demo};
use serde_json::json;

#[test]
fn it_logs_in_with_its_own_second_factor() {
    for transport in TRANSPORTS {
        for more in ["--json", "--no-prompt"] {
            let done = login(&["--sim", "--json", "--transport", transport, more]).run();
            assert_eq!(done.code, 0, "{done:?}");
            assert_eq!(done.json()["route"], "users/2fa-login");
        }
    }
}

#[test]
fn it_knows_what_its_accounts_log_in_with() {
    for (args, user, kind) in [
        (&[][..], json!("alice"), "password"),
        (&["bob"], json!("bob"), "password"),
        (&["--kind", "pat"], json!("alice"), "pat"),
        (&["--kind", "oat"], json!("acme"), "oat"),
        (&["acme"], json!("acme"), "oat"),
    ] {
        let done = login(&["--sim", "--json"]).args(args).run();
        let told = done.json();
        assert_eq!((done.code, &told["user"], &told["kind"]), (0, &user, &json!(kind)), "{args:?}: {done:?}");
    }
}

#[test]
fn a_secret_is_used_if_a_user_is_given() {
    let with = |args: &[&str]| {
        let real = login(args).env("DOCKER_USERNAME", "somebody").env("DOCKER_PASSWORD", "of the real Hub");
        real.args(&["--sim", "--json"]).run()
    };
    assert_eq!(with(&[]).code, 0);
    with(&["alice"]).fails(3, "credentials_refused");
    let done = login(&["--sim", "bob", "--json"]).secret("wrong").run();
    done.fails(3, "credentials_refused");
    let done = login(&["--sim", "bob"]).secret(&format!("{}\r\n", demo::PASSWORD_WITHOUT_2FA)).run();
    assert_eq!(done.code, 0, "{done:?}");
    login(&["--sim", "nobody", "--json"]).run().fails(2, "usage");
}

#[test]
fn an_unknown_scenario_is_answered_with_those_there_are() {
    let done = login(&["--sim=canary", "--json"]).run();
    let told = done.fails(2, "usage");
    for scenario in Scenario::all() {
        assert!(told["advice"].as_str().unwrap().contains(scenario.name), "{scenario:?}");
    }
}

/// The authenticator shows the same code for half a minute; what was refused once is not sent again.
#[test]
fn its_own_code_is_sent_once() {
    for transport in TRANSPORTS {
        let done = login(&["--sim=wrong-code", "--transport", transport]).env("RUST_LOG", "login=info").run();
        assert!(done.code == 4 && done.err.contains("2 left") && !done.err.contains("1 left"), "{done:?}");
    }
}
