//! `--totp-stdin` and `HUB_TOTP_SECRET`: codes for accounts that nobody attends.

use std::time::Duration;

use crate::common::{TRANSPORTS, folder, leave, login, serve};
use hub_auth_testkit::{Loopback, demo};
use serde_json::{Value, json};

const SECRET: &str = demo::TOTP_SECRET_BASE32;

fn both() -> String {
    format!("{}\n{SECRET}\n", demo::PASSWORD)
}

/// The codes that were sent, in order.
fn codes(server: &Loopback) -> Vec<Value> {
    let sent = server.requests();
    let sent = sent.iter().filter(|request| request.target == "/v2/users/2fa-login");
    sent.map(|request| serde_json::from_slice::<Value>(&request.body).unwrap()["code"].clone()).collect()
}

#[test]
fn the_secret_comes_from_standard_input_or_a_variable() {
    for transport in TRANSPORTS {
        for (options, input, variables) in [
            (&["--secret-stdin", "--totp-stdin"][..], both(), &[][..]),
            (&["--secret-stdin", "--totp-stdin"], both().replace('\n', "\r\n"), &[]),
            (&["--totp-stdin"], SECRET.to_lowercase() + "\n", &[("DOCKER_PASSWORD", demo::PASSWORD)]),
            (&["--secret-stdin"], demo::PASSWORD.to_owned(), &[("HUB_TOTP_SECRET", SECRET)]),
            // What is said outright wins.
            (&["--secret-stdin", "--totp-stdin"], both(), &[("HUB_TOTP_SECRET", "GEZDGNBV")]),
        ] {
            let server = serve(|_| {});
            let args = ["alice", "--hub", &server.url().to_string(), "--json", "--transport", transport];
            let run = variables.iter().fold(login(&args), |run, (name, value)| run.env(name, value));
            let done = run.args(options).stdin(&input).run();
            assert_eq!((done.code, &done.json()["route"]), (0, &json!("users/2fa-login")), "{done:?}");
            assert_eq!(codes(&server).len(), 1);
        }
    }
}

#[test]
fn what_is_no_secret_is_named_before_anything_is_sent() {
    let server = serve(|_| {});
    let url = server.url().to_string();
    let run = |options: &[&str], input: &str| login(&["alice", "--hub", &url, "--json"]).args(options).stdin(input);
    for (input, named) in [("canary\n", "no second line"), ("canary\n\n", "TOTP secret"), ("canary\ncanary!\n", "TOTP")]
    {
        let done = run(&["--secret-stdin", "--totp-stdin"], input).run();
        assert!(done.fails(2, "usage")["advice"].as_str().unwrap().contains(named), "{done:?}");
        assert!(!format!("{done:?}").contains("canary"), "{done:?}");
    }
    for value in ["", "canary!"] {
        let done = run(&["--secret-stdin"], "x").env("HUB_TOTP_SECRET", value).run();
        assert!(done.fails(2, "usage")["advice"].as_str().unwrap().contains("HUB_TOTP_SECRET"), "{done:?}");
        assert!(!format!("{done:?}").contains("canary"), "{done:?}");
    }
    assert_eq!(server.connections(), 0);
}

/// A code given outright is the only one sent; the variable is not meant for the simulated Hub.
#[test]
fn the_variable_stands_back() {
    let server = serve(|_| {});
    let args = ["alice", "--hub", &server.url().to_string(), "--json", "--code", "000000", "--secret-stdin"];
    let done = login(&args).stdin(demo::PASSWORD).env("HUB_TOTP_SECRET", SECRET).run();
    done.fails(4, "code_refused");
    assert_eq!(codes(&server), ["000000"]);
    assert_eq!(login(&["--sim"]).env("HUB_TOTP_SECRET", "of the real Hub").run().code, 0);
    assert_eq!(login(&["--sim", "--totp-stdin"]).stdin(SECRET).run().code, 0);
}

/// The Hub refuses a code that it has taken. Half a minute passes on the Hub's clock, by which codes are made, so that the
/// second login need not wait for the next time step.
#[test]
fn two_logins_send_two_codes() {
    for (transport, again) in
        [("hyper", "--json"), ("blocking", "--json"), ("hyper", "--anyway"), ("blocking", "--anyway")]
    {
        let (server, cache) = (serve(|_| {}), folder(&format!("totp-twice-{transport}{again}")));
        let args = ["alice", "--hub", &server.url().to_string(), "--transport", transport, "--json"];
        for more in ["--json", again] {
            let run = login(&args).args(&["--secret-stdin", "--totp-stdin", more]).stdin(&both());
            let done = run.env("XDG_CACHE_HOME", cache.to_str().unwrap()).run();
            assert_eq!((done.code, &done.json()["route"]), (0, &json!("users/2fa-login")), "{done:?}");
            server.advance(Duration::from_secs(30));
            if again != "--anyway" {
                // The token is to be renewed.
                leave(&cache, 30_000);
            }
        }
        let codes = codes(&server);
        assert!(codes.len() == 2 && codes[0] != codes[1], "{codes:?}");
    }
}
