//! Exit codes and JSON, for everything that can come of a login, by both transports.

use hub_auth_core::http::StatusCode;
use hub_auth_testkit::wire::Nowhere;
use hub_auth_testkit::{Fault, Loopback, Scenario, demo};
use serde_json::json;

use crate::common::{TRANSPORTS, hub_auth, login, login_at, serve};

/// For each way to end a scenario: the exit code, the kind, and the status of the answer.
const ENDS: [(&str, i32, &str, Option<u16>); 14] = [
    ("demo", 0, "", None),
    ("no-second-factor", 0, "", None),
    ("flaky", 0, "", None),
    ("lost-answer", 0, "", None),
    ("wrong-password", 3, "credentials_refused", Some(401)),
    ("wrong-code", 4, "code_refused", Some(401)),
    ("rate-limited", 5, "rate_limited", Some(429)),
    ("edge-blocked", 6, "blocked_by_edge", Some(403)),
    ("server-fault", 7, "server_fault", Some(503)),
    ("redirect", 7, "redirected", Some(307)),
    ("dropped", 7, "transport", None),
    ("silent", 7, "timed_out", None),
    ("html", 8, "malformed_answer", Some(200)),
    ("endless", 8, "answer_too_large", Some(200)),
];

/// Returns whether the character controls a terminal or turns the direction of text.
fn drives_a_terminal(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[test]
fn every_scenario_is_one_json_object_and_lines_of_80_columns() {
    for scenario in Scenario::all() {
        let (name, transport) = (scenario.name, TRANSPORTS[scenario.name.len() % 2]);
        let args = [&format!("--sim={name}"), "--json", "--timeout=1", "--transport", transport];
        let done = login(&args).run();
        let expected = ENDS.iter().find(|(of, ..)| *of == name);
        assert!(matches!(done.code, 0 | 3..=8), "{name}: {done:?}");
        if done.code == 0 {
            assert_eq!(
                (expected.map_or(0, |end| end.1), done.json()["user"].is_string()),
                (0, true),
                "{name}: {done:?}"
            );
        } else {
            let kind = done.json()["error"].as_str().unwrap().to_owned();
            let told = done.fails(done.code, &kind);
            if let Some((_, code, kind, status)) = expected {
                let ended = (done.code, told["error"].as_str(), told["status"].as_u64());
                assert_eq!(ended, (*code, Some(*kind), status.map(u64::from)), "{name}: {done:?}");
                assert_eq!(told["trace_id"].is_string(), status.is_some(), "{name}: {done:?}");
                assert_eq!(told["retry_at"].is_u64(), *code == 5, "{name}: {done:?}");
            }
        }
        assert!(!done.out.trim_end().contains(drives_a_terminal), "{name}: {done:?}");
        for line in done.err.lines() {
            let unbroken = line.trim_start().split(' ').count() == 1;
            assert!(line.chars().count() <= 80 || unbroken, "{name}: {line:?}");
            assert!(!line.contains(drives_a_terminal), "{name}: {line:?}");
        }
    }
}

#[test]
fn each_credential_takes_its_route_and_says_so() {
    let (short, long) = (demo::PASSWORD_WITHOUT_2FA, demo::PASSWORD);
    for transport in TRANSPORTS {
        for (user, secret, kind, route, claimed) in [
            (demo::USER_WITHOUT_2FA, short, "password", "users/login", "bob"),
            ("Bob", short, "password", "users/login", "bob"),
            (demo::USER, long, "password", "users/2fa-login", "alice"),
            (demo::USER, demo::PAT, "pat", "auth/token", "alice"),
            // A personal token is taken with any name; the token says whose it is.
            ("somebody", demo::PAT, "pat", "auth/token", "alice"),
        ] {
            let server = serve(|_| {});
            let code = server.code(demo::USER).unwrap();
            let done = login_at(&server, transport, secret, &[user, "--json", "--code", &code]).run();
            let mut told = done.json();
            assert!(told["expires_at"].take().as_u64() > Some(server.now().as_secs()), "{done:?}");
            let expected = json!({
                "user": claimed, "name_mismatch": user == "somebody", "kind": kind, "route": route,
                "expires_at": null, "from_store": false,
            });
            assert_eq!((done.code, told), (0, expected), "{done:?}");
            let asked = server.requests();
            assert_eq!(asked.last().unwrap().target, format!("/v2/{route}"));
            assert_eq!((asked.len(), server.connections()), (if route == "users/2fa-login" { 2 } else { 1 }, 1));
        }
    }
}

#[test]
fn the_token_is_printed_on_request_only() {
    let server = serve(|hub| {
        hub.always(Fault::json(StatusCode::OK, r#"{"token":"opaque"}"#));
    });
    let login = |args: &[&str]| login_at(&server, "hyper", "x", &[&["eve"], args].concat()).run();
    assert_eq!(login(&["--json", "--print-token"]).json()["token"], "opaque");
    let done = login(&["--print-token"]);
    assert_eq!((done.code, &*done.out), (0, "opaque\n"));
    assert!(done.err.contains("as eve") && done.err.contains("does not say"), "{done:?}");
    assert_eq!(login(&[]).out, "");
}

/// `--code` is sent once: with nobody to ask, what became of it is how the login ends. So it is without a code.
#[test]
fn a_code_is_sent_once() {
    let limited = Fault::json(StatusCode::TOO_MANY_REQUESTS, "{}");
    for transport in TRANSPORTS {
        for (code, fault, exit, kind) in [
            (&[][..], Fault::Pass, 4, "second_factor_required"),
            (&["--code", "000000"], Fault::Pass, 4, "code_refused"),
            (&["--code", "000000"], limited.clone(), 5, "rate_limited"),
            (&["--code", "000000"], Fault::DropAfter, 7, "transport"),
        ] {
            let server = serve(|hub| {
                hub.script(Fault::Pass).script(fault);
            });
            let login = login_at(&server, transport, demo::PASSWORD, &[demo::USER, "--json"]);
            login.args(code).run().fails(exit, kind);
            assert_eq!(server.requests().len(), if code.is_empty() { 1 } else { 2 }, "{transport}, {kind}");
        }
    }
}

/// The library keeps the limits; this tests that the options reach it.
#[test]
fn options_reach_the_library() {
    let bob =
        |server: &Loopback, args: &[&str]| login_at(server, "hyper", demo::PASSWORD_WITHOUT_2FA, &["bob"]).args(args);
    for (tries, code) in [("1", 7), ("2", 0)] {
        let server = serve(|hub| {
            hub.script(Fault::json(StatusCode::SERVICE_UNAVAILABLE, "{}"));
        });
        assert_eq!(bob(&server, &["--tries", tries]).run().code, code);
        assert_eq!(server.requests().len().to_string(), tries);
    }
    let server = serve(|hub| {
        hub.prefix("/mirror/hub");
    });
    let done = bob(&server, &["--hub", &format!("{}mirror/hub/", server.url())]).run();
    assert_eq!((done.code, &*server.requests()[0].target), (0, "/mirror/hub/v2/users/login"), "{done:?}");
    // An explicit kind wins over the prefix.
    let server = serve(|_| {});
    login_at(&server, "hyper", demo::PAT, &["alice", "--kind", "password"]).run();
    assert_eq!(server.requests()[0].target, "/v2/users/login");
}

#[test]
fn a_closed_port_is_no_connection() {
    let nowhere = Nowhere::refused().unwrap();
    for transport in TRANSPORTS {
        let hub = nowhere.url().unwrap().to_string();
        let done = login(&["eve", "--hub", &hub, "--json", "--transport", transport]).secret("x").run();
        done.fails(7, "transport");
        assert!(done.err.contains("efused"), "the cause is named: {done:?}");
    }
}

#[test]
fn a_plan_sends_nothing_and_shows_no_secret() {
    let server = serve(|_| {});
    let url = server.url().to_string();
    let plan = |args: &[&str]| hub_auth(&["plan", "eve", "--hub", &url]).args(args).secret("canary\n").run();
    let done = plan(&[]);
    assert!(done.code == 0 && done.out.starts_with(&format!("POST {url}v2/users/login\n")), "{done:?}");
    assert!(done.out.lines().all(|line| line.len() <= 80), "{done:?}");
    let done = plan(&["--json", "--kind", "password"]);
    assert_eq!(done.json()["plan"]["url"], format!("{url}v2/users/login"));
    assert_eq!(done.json()["plan"]["body"], r#"{"username":"eve","password":"[redacted]"}"#);
    assert!(!format!("{done:?}{:?}", plan(&[])).contains("canary"));
    // No secret is needed for it.
    let done = hub_auth(&["plan", "eve", "--kind", "oat"]).run();
    assert!(done.code == 0 && done.out.starts_with("POST https://hub.docker.com/v2/auth/token\n"), "{done:?}");
    assert_eq!(server.connections(), 0);
}

#[test]
fn failures_are_told_to_people() {
    let done = login(&["--sim=rate-limited"]).run();
    assert_eq!((done.code, &*done.out), (5, ""));
    for part in
        ["rate_limited: Docker Hub asks", "next: ", "Hub said: ", "429 Too Many", "retry at: 2", "Z, in ", "trace id: "]
    {
        assert!(done.err.contains(part), "{part}: {done:?}");
    }
    assert!(!done.err.contains('\u{1b}'));
}
