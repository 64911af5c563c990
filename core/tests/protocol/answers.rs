//! Checks what the machine takes an answer for.

use hub_auth_core::{Delivery, FailureKind, Hub, MAX_REPLY, Step, TransportError, TransportErrorKind};
use serde_json::{Value, json};

use crate::common::{
    Driver, Event, NOW, TICKET, TOKEN, account, answer, budget, challenge, challenged, code, failed, hub,
    token_account, word,
};

/// Meets the first call of a password login, tried once.
fn first(event: impl Into<Event>) -> Step {
    Driver::default().run(Hub::docker(budget(1, 3)).login(&account()), vec![event.into()])
}

/// Meets the code call.
fn second(event: impl Into<Event>) -> Step {
    Driver::default().run(challenge(&hub()).answer(code("012345"), NOW), vec![event.into()])
}

#[test]
fn a_ticket_is_a_filled_string() {
    let body = |text: &str, ticket: Value| json!({ "detail": text, "login_2fa_token": ticket }).to_string();
    for text in ["Incorrect authentication credentials", "Require secondary authentication on MFA enabled account", ""]
    {
        for none in [json!(null), json!(""), json!(7), json!(true), json!(["t"]), json!({"t": "t"})] {
            assert_eq!(word(&first(answer(401, &[], body(text, none.clone())))), "credentials_refused", "{none}");
            assert_eq!(word(&first(answer(200, &[], body(text, none.clone())))), "malformed_answer", "{none}");
        }
        for (ticket, status) in ["t", " ", "ü\"\\\n"].into_iter().zip([401, 200, 401]) {
            let asked = challenged(first(answer(status, &[], body(text, ticket.into()))));
            let Step::Send(exchange) = asked.answer(code("1"), NOW) else { panic!("{ticket}") };
            assert_eq!(crate::common::body(&exchange.send().0)["login_2fa_token"], ticket);
        }
    }
}

#[test]
fn a_ticket_counts_under_two_statuses_only() {
    let body = json!({ "login_2fa_token": TICKET }).to_string();
    for (status, leads_to) in [
        (200, "code"),
        (401, "code"),
        (201, "malformed_answer"),
        (302, "redirected"),
        (400, "refused_by_policy"),
        (403, "refused_by_policy"),
        (429, "rate_limited"),
        (500, "server_fault"),
        (503, "server_fault"),
    ] {
        assert_eq!(word(&first(answer(status, &[], &body))), leads_to, "{status}");
    }
}

#[test]
fn a_token_counts_before_a_ticket_and_under_200_only() {
    let both = json!({ "token": "t", "login_2fa_token": TICKET }).to_string();
    assert_eq!(word(&first(answer(200, &[], &both))), "done");
    assert_eq!(word(&first(answer(401, &[], &both))), "code");
    for status in (100..1000).filter(|status| *status != 200) {
        assert!(!matches!(first(answer(status, &[], TOKEN)), Step::Done(_)), "{status}");
    }
}

#[test]
fn each_route_has_its_key_whatever_the_content_type() {
    let auth_token = |status, body: &str| {
        word(&Driver::default().run(hub().login(&token_account()), vec![answer(status, &[], body).into()]))
    };
    assert_eq!(auth_token(200, r#"{"access_token":"t"}"#), "done");
    assert_eq!(auth_token(200, TOKEN), "malformed_answer");
    assert_eq!(auth_token(401, crate::common::CHALLENGE), "code", "undocumented, and understood");
    assert_eq!(word(&second(answer(200, &[], r#"{"access_token":"t"}"#))), "malformed_answer");
    for content_type in ["application/json", "text/html", "text/plain", "application/scim+json", "nonsense"] {
        assert_eq!(word(&second(answer(200, &[("content-type", content_type)], TOKEN))), "done");
    }
}

#[test]
fn the_edge_is_known_by_its_marks() {
    let ray = [("cf-ray", "8f-FRA")];
    let server = [("server", "Cloudflare")];
    let json = [("cf-ray", "8f-FRA"), ("content-type", "application/json")];
    for (status, headers, body, leads_to) in [
        (403, &ray[..], "", "blocked_by_edge"),
        (403, &server, "no", "blocked_by_edge"),
        (403, &[], "error code: 1010", "blocked_by_edge"),
        (403, &[], "<!DOCTYPE html>", "blocked_by_edge"),
        (403, &[], " \n<html>", "blocked_by_edge"),
        (403, &[], "", "malformed_answer"),
        (403, &json, "{}", "refused_by_policy"),
        (503, &ray, "", "blocked_by_edge"),
        (503, &server, "<html>", "blocked_by_edge"),
        (503, &[], "error code: 1020", "blocked_by_edge"),
        (503, &[], "<html>", "server_fault"),
        (503, &json, "{}", "server_fault"),
        (401, &ray, "", "credentials_refused"),
        (500, &ray, "", "server_fault"),
        (429, &ray, "error code: 1015", "rate_limited"),
        (200, &ray, "<html>", "malformed_answer"),
    ] {
        let step = first(answer(status, headers, body));
        assert_eq!(word(&step), leads_to, "{status} {headers:?} {body}");
        if headers.contains(&ray[0]) {
            assert_eq!(failed(step).trace_id(), Some("8f-FRA"));
        }
    }
}

#[test]
fn a_blocked_503_is_tried_again_and_a_blocked_403_is_not() {
    for (status, sends) in [(503, 3), (403, 1)] {
        let mut driver = Driver::default();
        let events = (0..4).map(|_| answer(status, &[("cf-ray", "8f")], "").into()).collect();
        let failure = failed(driver.run(hub().login(&account()), events));
        assert_eq!((failure.kind(), driver.sent.len()), (FailureKind::BlockedByEdge, sends));
    }
}

#[test]
fn an_answer_over_the_bound_is_no_success() {
    let mut body = TOKEN.as_bytes().to_vec();
    body.resize(MAX_REPLY, b' ');
    assert_eq!(word(&first(answer(200, &[], &body))), "done");
    body.push(b' ');
    assert_eq!(word(&first(answer(200, &[], &body))), "answer_too_large");
    assert_eq!(word(&first(answer(401, &[], &body))), "answer_too_large");
    assert_eq!(word(&first(answer(429, &[], &body))), "rate_limited", "the head tells");
    assert_eq!(word(&first(answer(302, &[], &body))), "redirected");
    assert_eq!(word(&second(answer(200, &[], &body))), "answer_too_large");
    assert_eq!(word(&second(answer(401, &[], &body))), "code again: code_refused");
}

#[test]
fn a_break_with_a_head_is_judged_by_it() {
    let cut = |status, headers: &[(&str, &str)]| {
        let (head, _) = answer(status, headers, "").into_parts();
        Event::from(TransportError::new(Delivery::MaybeSent, TransportErrorKind::Closed).with_head(head))
    };
    let html = [("content-type", "text/html")];
    let json = [("content-type", "application/json"), ("cf-ray", "8f")];
    for (status, headers, once, code) in [
        (200, &[][..], "transport", "code again: transport"),
        (401, &[], "transport", "code again: code_refused"),
        (400, &[], "refused_by_policy", "refused_by_policy"),
        (403, &[("cf-ray", "8f")], "blocked_by_edge", "blocked_by_edge"),
        (403, &html, "blocked_by_edge", "blocked_by_edge"),
        (403, &json, "transport", "transport"),
        (503, &json, "server_fault", "code again: server_fault"),
        (503, &html, "server_fault", "code again: server_fault"),
        (429, &[], "rate_limited", "code again: rate_limited"),
        (307, &[], "redirected", "redirected"),
    ] {
        assert_eq!(word(&first(cut(status, headers))), once, "{status} {headers:?}");
        assert_eq!(word(&second(cut(status, headers))), code, "{status} {headers:?}");
        let mut driver = Driver::default();
        let events = vec![cut(status, headers), answer(200, &[], TOKEN).into()];
        let again = word(&driver.run(hub().login(&account()), events)) == "done";
        assert_eq!(again, matches!(status, 200 | 503), "{status}: a refusal whose words are lost is not sent again");
    }
}

#[test]
fn a_redirect_tells_its_host_and_nothing_else() {
    for (location, host) in [
        ("https://elsewhere.example:8443/path?secret=1", Some("elsewhere.example")),
        ("https://user:pw@elsewhere.example/", Some("elsewhere.example")),
        ("//elsewhere.example/path", None),
        ("/v2/users/login/", None),
        ("", None),
        ("\u{e4}", None),
    ] {
        let failure = failed(first(answer(307, &[("location", location)], "")));
        assert_eq!(failure.redirected_to(), host, "{location}");
        assert_eq!(failure.kind(), FailureKind::Redirected);
    }
}

/// Since March 2026 the edge names a wait in a header and in its own objects.
#[test]
fn a_block_tells_its_wait_and_is_not_tried_again() {
    let object = |more: &str| format!(r#"{{"cloudflare_error":true,"error_code":1005{more}}}"#);
    for (header, body, secs) in [
        (Some("120"), "error code: 1005".to_owned(), Some(120)),
        (None, object(r#","retryable":true,"retry_after":120"#), Some(120)),
        (Some("60"), object(r#","retryable":true,"retry_after":120"#), Some(60)),
        (None, object(r#","retryable":true,"retry_after":1e300"#), None),
        (None, object(r#","retryable":true,"retry_after":999999"#), Some(86_400)),
        (None, object(r#","retryable":false,"retry_after":120"#), None),
        (None, object(""), None),
    ] {
        let headers: Vec<_> = [("cf-ray", "8f")].into_iter().chain(header.map(|wait| ("retry-after", wait))).collect();
        let failure = failed(Driver::default().run(hub().login(&account()), vec![answer(403, &headers, &body).into()]));
        assert_eq!(failure.kind(), FailureKind::BlockedByEdge);
        assert_eq!(failure.retry_at().map(|at| at.since(NOW).as_secs()), secs, "{header:?} {body}");
    }
}
