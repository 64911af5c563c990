//! Exit codes and JSON, for everything that can come of a login, by both transports.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod common;

use common::{Done, TRANSPORTS, login, login_at, serve};
use hub_auth_core::http::StatusCode;
use hub_auth_testkit::hub::{Fault, SimUser, demo};
use hub_auth_testkit::wire::Nowhere;
use serde_json::{Value, json};

/// A scenario for each way to end, by `--sim`: the exit code, the kind, and the status of the answer.
#[test]
fn scenarios_end_as_the_table_says() {
    let table = [
        ("demo", 0, "", None),
        ("no-second-factor", 0, "", None),
        ("wrong-password", 3, "credentials_refused", Some(401)),
        ("wrong-code", 4, "code_refused", Some(401)),
        ("rate-limited", 5, "rate_limited", Some(429)),
        ("locked-out", 5, "rate_limited", Some(429)),
        ("edge-blocked", 6, "blocked_by_edge", Some(403)),
        ("server-fault", 7, "server_fault", Some(503)),
        ("flaky", 0, "", None),
        ("html", 8, "malformed_answer", Some(200)),
        ("no-token", 8, "malformed_answer", Some(200)),
        ("redirect", 7, "redirected", Some(307)),
        ("dropped", 7, "transport", None),
        ("lost-answer", 0, "", None),
        ("truncated", 7, "transport", Some(401)),
        ("slow", 7, "timed_out", Some(401)),
        ("silent", 7, "timed_out", None),
        ("endless", 8, "answer_too_large", Some(200)),
    ];
    for transport in TRANSPORTS {
        for (name, code, kind, status) in table {
            // Where the deadline has to pass: long enough for the head of an answer, and once is enough.
            let limits = if matches!(name, "slow" | "silent") { ["--timeout=5", "--tries=1"] } else { ["--json"; 2] };
            let sim = format!("--sim={name}");
            let done = login(&[&sim, "--json", "--transport", transport]).args(&limits).run();
            if code == 0 {
                assert_eq!((done.code, &done.json()["user"]), (0, &json!("alice")), "{name}: {done:?}");
                continue;
            }
            let told = done.fails(code, kind);
            assert_eq!(told["status"], status.map_or(Value::Null, Value::from), "{name}: {done:?}");
            assert_eq!(told["trace_id"].is_string(), status.is_some(), "{name}: {done:?}");
            assert_eq!(told["retry_at"].is_u64(), kind == "rate_limited", "{name}: {done:?}");
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
            let mismatch = user == "somebody";
            let expected =
                json!({"user": claimed, "name_mismatch": mismatch, "kind": kind, "route": route, "expires_at": null});
            assert_eq!((done.code, told), (0, expected), "{done:?}");
            let asked = server.requests();
            assert_eq!(asked.last().unwrap().target, format!("/v2/{route}"));
            assert_eq!((asked.len(), server.connections()), (if route == "users/2fa-login" { 2 } else { 1 }, 1));
        }
        let server = serve(|_| {});
        let done = login_at(&server, transport, demo::OAT, &[demo::ORGANIZATION, "--json"]).run();
        assert_eq!((done.code, &done.json()["kind"]), (0, &json!("oat")), "{done:?}");
    }
}

#[test]
fn an_explicit_kind_wins_over_the_prefix() {
    let server = serve(|hub| {
        hub.add(SimUser::new("carol", "dckr_pat_is my password"));
    });
    let done = login_at(&server, "hyper", "dckr_pat_is my password", &["carol", "--kind", "password", "--json"]).run();
    assert_eq!((done.code, &done.json()["route"]), (0, &json!("users/login")), "{done:?}");
    let done = login_at(&server, "hyper", "dckr_pat_is my password", &["carol", "--json"]).run();
    assert_eq!(done.json()["route"], "auth/token", "{done:?}");
}

#[test]
fn an_opaque_token_has_no_expiry() {
    for transport in TRANSPORTS {
        let server = serve(|hub| {
            hub.always(Fault::json(StatusCode::OK, r#"{"token":"opaque"}"#));
        });
        let done = login_at(&server, transport, "x", &["Eve", "--json", "--print-token"]).run();
        assert_eq!(
            done.out,
            "{\"user\":\"eve\",\"name_mismatch\":false,\"kind\":\"password\",\"route\":\"users/login\",\
             \"expires_at\":null,\"token\":\"opaque\"}\n"
        );
        let done = login_at(&server, transport, "x", &["eve", "--print-token"]).run();
        assert_eq!((done.code, &*done.out), (0, "opaque\n"));
        assert!(done.err.contains("as eve") && done.err.contains("does not say"), "{done:?}");
        let done = login_at(&server, transport, "x", &["eve"]).run();
        assert_eq!((done.code, &*done.out), (0, ""));
    }
}

#[test]
fn a_refusal_by_policy_is_none_of_the_credentials() {
    for (status, body) in
        [(StatusCode::FORBIDDEN, r#"{"detail":"single sign-on is enforced"}"#), (StatusCode::BAD_REQUEST, "{}")]
    {
        let server = serve(|hub| {
            hub.always(Fault::json(status, body));
        });
        let done = login_at(&server, "hyper", "x", &["eve", "--json"]).run();
        assert_eq!(done.fails(3, "refused_by_policy")["status"], status.as_u16());
        assert_eq!(server.requests().len(), 1);
        assert_eq!(done.err.contains("Hub said: single sign-on is enforced"), status == 403, "{done:?}");
    }
}

#[test]
fn without_a_way_to_ask_a_missing_code_ends_4() {
    for transport in TRANSPORTS {
        for option in ["--no-prompt", "--json"] {
            let server = serve(|_| {});
            let done = login_at(&server, transport, demo::PASSWORD, &[demo::USER, option, "--json"]).run();
            done.fails(4, "second_factor_required");
            assert_eq!(server.requests().len(), 1);
        }
    }
}

/// `--code` is good for one sending: with nobody to ask, what became of it is how the login ends.
#[test]
fn a_code_is_sent_once() {
    let ends: [(&str, Fault, i32, &str); 6] = [
        ("refused", Fault::Pass, 4, "code_refused"),
        ("429", Fault::json(StatusCode::TOO_MANY_REQUESTS, "{}"), 5, "rate_limited"),
        ("503", Fault::json(StatusCode::SERVICE_UNAVAILABLE, "{}"), 7, "server_fault"),
        ("dropped", Fault::DropBefore, 7, "transport"),
        ("lost", Fault::DropAfter, 7, "transport"),
        ("silence", Fault::Stall, 7, "timed_out"),
    ];
    for transport in TRANSPORTS {
        for (name, fault, code, kind) in &ends {
            let server = serve(|hub| {
                hub.script(Fault::Pass).script(fault.clone());
            });
            let timeout = if *name == "silence" { "5" } else { "30" };
            let args = [demo::USER, "--json", "--code", "000000", "--timeout", timeout];
            let done = login_at(&server, transport, demo::PASSWORD, &args).run();
            done.fails(*code, kind);
            assert_eq!(server.requests().len(), 2, "{transport}, {name}: {done:?}");
        }
    }
}

#[test]
fn tries_bounds_the_sends() {
    for (tries, code) in [("1", 7), ("2", 7), ("3", 0)] {
        let server = serve(|hub| {
            let unavailable = || Fault::json(StatusCode::SERVICE_UNAVAILABLE, "{}");
            hub.script(unavailable()).script(unavailable());
        });
        let (user, secret) = (demo::USER_WITHOUT_2FA, demo::PASSWORD_WITHOUT_2FA);
        let done = login_at(&server, "hyper", secret, &[user, "--tries", tries]).run();
        assert_eq!((done.code, server.requests().len().to_string()), (code, tries.to_owned()), "{done:?}");
    }
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
fn a_path_stays_in_front() {
    let server = serve(|hub| {
        hub.prefix("/mirror/hub");
    });
    for transport in TRANSPORTS {
        let hub = format!("{}mirror/hub/", server.url());
        let args = [demo::USER_WITHOUT_2FA, "--hub", &hub, "--transport", transport];
        let done = login(&args).secret(demo::PASSWORD_WITHOUT_2FA).run();
        assert_eq!(done.code, 0, "{done:?}");
        assert_eq!(server.requests().last().unwrap().target, "/mirror/hub/v2/users/login");
    }
}

#[test]
fn a_plan_sends_nothing_and_shows_no_secret() {
    let server = serve(|_| {});
    let plan = |args: &[&str]| -> Done { login_at(&server, "hyper", "canary\n", &["eve", "--plan"]).args(args).run() };
    let done = plan(&[]);
    assert_eq!(done.code, 0, "{done:?}");
    assert!(done.out.starts_with(&format!("POST {}v2/users/login\n", server.url())), "{done:?}");
    let done = plan(&["--json", "--kind", "pat"]);
    assert_eq!(done.json()["plan"]["url"], format!("{}v2/auth/token", server.url()));
    assert_eq!(done.json()["plan"]["body"], r#"{"identifier":"eve","secret":"[redacted]"}"#);
    assert!(!format!("{done:?}{:?}", plan(&[])).contains("canary"));
    // No secret is needed for it.
    let done = login(&["eve", "--plan", "--kind", "oat"]).run();
    assert!(done.code == 0 && done.out.starts_with("POST https://hub.docker.com/v2/auth/token\n"), "{done:?}");
    assert_eq!(server.connections(), 0);
}

#[test]
fn help_and_version_are_output() {
    for (option, start) in
        [("--help", "login [USER]"), ("-h", "login [USER]"), ("--version", "login "), ("-V", "login ")]
    {
        let done = login(&[option]).run();
        assert!(done.code == 0 && done.out.starts_with(start) && done.err.is_empty(), "{done:?}");
    }
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
