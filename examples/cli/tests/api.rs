//! `api`: calls with the token of a session, pages, and what each answer comes to.

use hub_auth_core::http::StatusCode;
use hub_auth_testkit::{Fault, Loopback, demo};
use serde_json::{Value, json};

use crate::common::{Run, TRANSPORTS, folder, hub_auth, serve};

/// A call as bob, whose secret is in the environment.
fn call(server: &Loopback, args: &[&str]) -> Run {
    let run = hub_auth(&["api", "--user", "bob", "--hub", &server.url().to_string()]).args(args);
    run.env("DOCKER_PASSWORD", demo::PASSWORD_WITHOUT_2FA)
}

fn page(next: Option<&str>, results: &[u32]) -> Fault {
    Fault::json(StatusCode::OK, &json!({"count": 1000, "next": next, "results": results}).to_string())
}

#[test]
fn a_call_prints_its_answer_as_it_is() {
    for transport in TRANSPORTS {
        let server = serve(|_| {});
        let done = call(&server, &["/v2/user", "--transport", transport]).run();
        let told: Value = serde_json::from_str(&done.out).unwrap();
        assert_eq!((done.code, &told["username"], &*done.err), (0, &json!("bob"), ""), "{done:?}");
        assert_eq!(call(&server, &["get", "v2/user", "--transport", transport]).run().out, done.out);
        let targets: Vec<_> = server.requests().into_iter().map(|request| request.target).collect();
        assert_eq!(targets[..2], ["/v2/users/login", "/v2/user"]);
    }
}

#[test]
fn a_kept_token_is_used_without_a_secret_and_without_another_login() {
    for transport in TRANSPORTS {
        let (server, cache) = (serve(|_| {}), folder(&format!("api-kept-{transport}")));
        let url = server.url().to_string();
        let run = |args: &[&str]| {
            let run = hub_auth(args).args(&["--hub", &url, "--transport", transport]);
            run.env("XDG_CACHE_HOME", cache.to_str().unwrap())
        };
        assert_eq!(run(&["login", "bob"]).secret(demo::PASSWORD_WITHOUT_2FA).run().code, 0);
        let done = run(&["api", "/v2/user"]).run();
        assert!(done.code == 0 && done.out.contains("\"bob\""), "{done:?}");
        assert_eq!(server.requests().len(), 2);
        // Nothing is there to log in with again, so nothing is sent in place of a secret.
        server.hub().revoke_all();
        let done = run(&["api", "/v2/user", "--json"]).run();
        done.fails(3, "credentials_refused");
        assert!(done.err.contains("hub-auth login"), "{done:?}");
        assert!(server.requests()[2..].iter().all(|request| request.target == "/v2/user"));
    }
}

#[test]
fn fields_are_the_query_or_the_body() {
    let server = serve(|hub| {
        hub.always(Fault::json(StatusCode::OK, "{}"));
    });
    let fields = ["--field", "a=1 & 2", "-f", "b=\"x\""];
    for (args, target, body) in [
        (&["get", "/v2/x?y=1"][..], "/v2/x?y=1&a=1+%26+2&b=%22x%22", ""),
        (&["/v2/x"], "/v2/x", r#"{"a":"1 & 2","b":"\"x\""}"#),
        (&["PATCH", "/v2/x"], "/v2/x", r#"{"a":"1 & 2","b":"\"x\""}"#),
    ] {
        server.hub().script(Fault::Pass);
        assert_eq!(call(&server, args).args(&fields).run().code, 0);
        let sent = server.requests().pop().unwrap();
        assert_eq!((&*sent.target, String::from_utf8(sent.body).unwrap()), (target, body.to_owned()));
    }
}

#[test]
fn all_pages_are_read_once() {
    for transport in TRANSPORTS {
        let server = serve(|hub| {
            hub.script(Fault::Pass);
        });
        for nth in 0..10 {
            let entries: Vec<_> = (nth * 100..(nth + 1) * 100).collect();
            // Absolute, as the Hub writes it, and as a path.
            let absolute = format!("{}v2/x?page={}", server.url(), nth + 2);
            let next = if nth % 2 == 0 { absolute } else { format!("/v2/x?page={}", nth + 2) };
            server.hub().script(page((nth < 9).then_some(&*next), &entries));
        }
        let done = call(&server, &["/v2/x", "--paginate", "--transport", transport]).run();
        let told: Vec<u32> = serde_json::from_str(&done.out).unwrap();
        assert_eq!((done.code, told), (0, (0..1000).collect()), "{done:?}");
        assert_eq!(server.requests()[5].target, "/v2/x?page=5");
    }
}

#[test]
fn a_next_page_elsewhere_or_back_again_is_refused() {
    for (next, code, kind, named) in [
        ("https://elsewhere.example/v2/x", 7, "redirected", "elsewhere.example"),
        ("//elsewhere.example/v2/x", 7, "redirected", "elsewhere.example"),
        ("/v2/x", 8, "malformed_answer", "lead back"),
    ] {
        let server = serve(|hub| {
            hub.script(Fault::Pass).always(page(Some(next), &[1]));
        });
        let done = call(&server, &["/v2/x", "--paginate", "--json"]).run();
        done.fails(code, kind);
        assert!(done.err.contains(named), "{next}: {done:?}");
        assert_eq!(server.requests().len(), 2);
    }
    let server = serve(|hub| {
        hub.script(Fault::Pass).always(Fault::json(StatusCode::OK, "[]"));
    });
    call(&server, &["/v2/x", "--paginate", "--json"]).run().fails(8, "malformed_answer");
}

#[test]
fn a_list_without_an_end_is_refused() {
    let server = serve(|hub| {
        hub.script(Fault::Pass);
        for nth in 0..10_001 {
            hub.script(page(Some(&format!("/v2/x?page={nth}")), &[]));
        }
        hub.always(page(None, &[]));
    });
    let done = call(&server, &["/v2/x", "--paginate", "--json"]).run();
    done.fails(8, "answer_too_large");
    assert_eq!(server.requests().len(), 10_002);
}

#[test]
fn an_answer_that_is_not_fine_ends_by_what_it_means() {
    let limited = Fault::json(StatusCode::TOO_MANY_REQUESTS, "{}");
    let edge = Fault::of_type(StatusCode::FORBIDDEN, "text/plain", "error code: 1010");
    let Fault::Answer(mut blocked) = edge else { panic!("no answer") };
    blocked.headers_mut().insert("cf-ray", "8f0-FRA".parse().unwrap());
    for (fault, code, kind) in [
        (Fault::json(StatusCode::FORBIDDEN, "{}"), 3, "refused_by_policy"),
        (limited, 5, "rate_limited"),
        (Fault::Answer(blocked), 6, "blocked_by_edge"),
        (Fault::json(StatusCode::INTERNAL_SERVER_ERROR, "{}"), 7, "server_fault"),
        (Fault::DropAfter, 7, "transport"),
        (Fault::json(StatusCode::NOT_FOUND, r#"{"detail":"no"}"#), 1, "answered"),
    ] {
        for transport in TRANSPORTS {
            let server = serve(|hub| {
                hub.script(Fault::Pass).always(fault.clone());
            });
            let args = ["/v2/x", "--json", "--transport", transport];
            let told = call(&server, &args).run().fails(code, kind);
            assert_eq!(told["retry_at"].is_u64(), code == 5, "{told}");
        }
    }
    let server = serve(|hub| {
        hub.script(Fault::Pass).always(Fault::json(StatusCode::NOT_FOUND, r#"{"detail":"no"}"#));
    });
    let done = call(&server, &["/v2/x"]).run();
    assert_eq!((done.code, &*done.out), (1, "{\"detail\":\"no\"}\n"), "{done:?}");
    assert!(done.err.contains("404 Not Found"), "{done:?}");
}

#[test]
fn the_token_goes_to_the_hub_alone() {
    let server = serve(|_| {});
    for path in ["https://elsewhere.example/v2/user", "http://127.0.0.1:1/v2/user"] {
        let done = call(&server, &[path, "--json"]).run();
        done.fails(2, "usage");
    }
    assert_eq!(server.connections(), 0);
    let own = format!("{}v2/user", server.url());
    assert_eq!(call(&server, &[&own]).run().code, 0);
}
