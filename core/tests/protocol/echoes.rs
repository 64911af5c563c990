//! A server that repeats what it was sent: no text of its answer that holds a secret is kept, however it is spelled.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hub_auth_core::{Account, Credential, Failure, Hub, Secret, Step};
use serde_json::json;

use crate::common::{Driver, NOW, answer, budget, challenged, code};

/// Longer than a trace id may be, with everything that is escaped somewhere, and spaces.
const SECRET: &str = "correct \"horse\" b\\ttery-stäple correct-horse-battery-staple correct-horse-battery-staple \
                      correct-horse-battery-staple correct-horse-battery-staple";

/// How a server might spell it.
fn spellings(secret: &str) -> Vec<String> {
    let json = serde_json::to_string(secret).unwrap();
    vec![
        secret.to_owned(),
        json.trim_matches('"').to_owned(),
        secret.replace(' ', "\n"),
        secret.replace(' ', "  "),
        secret.replace(' ', ""),
        format!("{secret:?}"),
    ]
}

/// Any eight characters of the secret in a row.
fn holds_part(text: &str, secret: &str) -> bool {
    let chars: Vec<char> = secret.chars().collect();
    chars.windows(8.min(chars.len())).any(|part| text.contains(&String::from_iter(part)))
}

fn assert_silent(failure: &Failure, secret: &str) {
    for text in [failure.server_message(), failure.trace_id(), failure.redirected_to()].into_iter().flatten() {
        assert!(!holds_part(text, secret), "{text:?}");
    }
    assert!(!holds_part(&format!("{failure:?}"), secret), "{failure:?}");
}

#[test]
fn the_secret_of_the_first_call_is_not_repeated() {
    let account = Account::new("alice", Credential::password(SECRET)).unwrap();
    for spelled in spellings(SECRET) {
        for key in ["detail", "message", "text", "error", "error_description"] {
            for status in [401, 400, 403, 404, 409, 429, 500, 503] {
                let body = json!({ key: format!("no user has the password {spelled}!") }).to_string();
                let step = Driver::default()
                    .run(Hub::docker(budget(1, 3)).login(&account), vec![answer(status, &[], body).into()]);
                assert_silent(&crate::common::failed(step), SECRET);
            }
        }
    }
}

#[test]
fn nor_in_a_header() {
    let secret = format!("dckr_pat_{}", "canary-".repeat(30));
    let account = Account::new("alice", Credential::personal_token(secret.as_str())).unwrap();
    let location = format!("https://{}.example/", "canary-".repeat(6));
    let headers = [("x-trace-id", secret.as_str()), ("cf-ray", &secret), ("location", &location)];
    for status in [307, 401, 403, 500] {
        let step =
            Driver::default().run(Hub::docker(budget(1, 3)).login(&account), vec![answer(status, &headers, "").into()]);
        assert_eq!(crate::common::failed(step).trace_id(), None, "{status}");
    }
    let step = Driver::default()
        .run(Hub::docker(budget(1, 3)).login(&account), vec![answer(200, &headers, r#"{"access_token":"t"}"#).into()]);
    let Step::Done(grant) = step else { panic!() };
    assert_eq!(grant.trace_id(), None);

    let host = "secret-host-name.example";
    let account = Account::new("alice", Credential::password(host)).unwrap();
    let headers = [("location", "https://secret-host-name.example/x")];
    let step = Driver::default().run(Hub::docker(budget(1, 3)).login(&account), vec![answer(307, &headers, "").into()]);
    assert_eq!(crate::common::failed(step).redirected_to(), None);
}

#[test]
fn neither_ticket_nor_code_is_repeated() {
    let account = Account::new("alice", Credential::password("x")).unwrap();
    let hub = Hub::docker(budget(1, 3));
    for ticket in [Secret::from(SECRET), Secret::from("eyJ.ticket-canary.sig")] {
        let typed = "recovery-canary 99";
        let body = json!({ "login_2fa_token": ticket.expose() }).to_string();
        let mut challenge = challenged(Driver::default().run(hub.login(&account), vec![answer(401, &[], body).into()]));
        for secret in [ticket.expose(), typed] {
            let body = json!({ "detail": format!("no such thing as {secret}") }).to_string();
            let id = secret.chars().filter(char::is_ascii_graphic).collect::<String>();
            let step = challenge.answer(code(typed), NOW);
            let events = vec![answer(401, &[("x-trace-id", &id)], body).into()];
            challenge = challenged(Driver::default().run(step, events));
            assert_silent(challenge.previous_failure().unwrap(), secret);
        }
    }
}

#[test]
fn other_words_are_kept() {
    let account = Account::new("alice", Credential::password("hunter2")).unwrap();
    let body = json!({ "detail": "Incorrect authentication credentials" }).to_string();
    let events = vec![answer(401, &[("x-trace-id", "0af7-651916cd")], body).into()];
    let failure = crate::common::failed(Driver::default().run(Hub::docker(budget(1, 3)).login(&account), events));
    assert_eq!(failure.server_message(), Some("Incorrect authentication credentials"));
    assert_eq!(failure.trace_id(), Some("0af7-651916cd"));
}

#[test]
fn nor_in_a_claim_of_the_token() {
    let secret = "hunter2-canary";
    let account = Account::new("alice", Credential::personal_token(secret)).unwrap();
    let claims = json!({ "scope": secret, "https://hub.docker.com": { "username": secret, "source": secret } });
    let token = format!("h.{}.s", URL_SAFE_NO_PAD.encode(claims.to_string()));
    let body = json!({ "access_token": token }).to_string();
    let step = Driver::default().run(Hub::docker(budget(1, 3)).login(&account), vec![answer(200, &[], body).into()]);
    let Step::Done(grant) = step else { panic!("{step:?}") };
    assert_eq!(grant.user(), "alice");
    assert!(!format!("{grant:?}").contains(secret), "{grant:?}");
}

#[test]
fn nor_is_a_token_or_ticket_of_the_answer_itself() {
    let account = Account::new("alice", Credential::password("x-x-x")).unwrap();
    for (status, key) in [(500, "login_2fa_token"), (403, "token"), (400, "access_token"), (401, "refresh_token")] {
        let body = json!({ key: "canary-of-the-answer", "detail": "bad canary-of-the-answer" }).to_string();
        let step =
            Driver::default().run(Hub::docker(budget(1, 3)).login(&account), vec![answer(status, &[], body).into()]);
        let failure = crate::common::failed(step);
        assert_eq!(failure.server_message(), None, "{status} {key}");
    }
}

/// Whatever an answer brings as a secret is in no text of the same answer: not in a header, not in a claim.
#[test]
fn nor_is_a_secret_of_the_answer_in_its_headers_or_claims() {
    let refresh = "canary-refresh-token";
    let claims = json!({
        "scope": format!("repo:{refresh}"), "source": refresh,
        "https://hub.docker.com": { "username": refresh, "source": format!("docker_pat|{refresh}") },
    });
    let token = format!("h.{}.canary-signature", URL_SAFE_NO_PAD.encode(claims.to_string()));
    let account = Account::new("alice", Credential::personal_token("x-x-x")).unwrap();
    let hub = Hub::docker(budget(1, 3));
    let body = json!({ "access_token": token, "refresh_token": refresh }).to_string();
    for (header, planted) in [("x-trace-id", &token), ("cf-ray", &token), ("x-trace-id", &refresh.to_owned())] {
        let events = vec![answer(200, &[(header, planted)], &body).into()];
        let Step::Done(grant) = Driver::default().run(hub.login(&account), events) else { panic!("{header}") };
        let said = format!("{grant:?} {:?} {} {:?}", grant.trace_id(), grant.user(), grant.claims());
        assert!(!said.contains("canary") && grant.user() == "alice", "{said}");
    }
    let ticket = json!({ "login_2fa_token": "canary-new-ticket" }).to_string();
    for status in [307, 403, 500] {
        let headers = [("x-trace-id", "canary-new-ticket"), ("location", "https://canary-new-ticket.example/")];
        let events = vec![answer(status, &headers, &ticket).into()];
        assert_silent(&crate::common::failed(Driver::default().run(hub.login(&account), events)), "canary-new-ticket");
    }
    let step = crate::common::challenge(&hub).answer(code("123456"), NOW);
    let events = vec![answer(401, &[("cf-ray", "x-canary-new-ticket")], &ticket).into()];
    let again = challenged(Driver::default().run(step, events));
    assert_silent(again.previous_failure().unwrap(), "canary-new-ticket");
}

/// The edge's code is a number that the server chose.
#[test]
fn nor_is_a_code_that_was_sent_taken_for_the_edges() {
    let own = r#"{"cloudflare_error":true,"error_code":123456}"#;
    for body in ["error code: 123456", "<i class=\"cf-error-code\">123456<", own] {
        let step = crate::common::challenge(&Hub::docker(budget(1, 3))).answer(code("123456"), NOW);
        let failure =
            crate::common::failed(Driver::default().run(step, vec![answer(403, &[("cf-ray", "8f")], body).into()]));
        assert_eq!(
            (failure.kind(), failure.server_message()),
            (hub_auth_core::FailureKind::BlockedByEdge, None),
            "{body}"
        );
    }
}

/// A text that is clean as it came, and no longer when it was made printable, is dropped.
#[test]
fn a_secret_that_cleaning_would_put_together_is_dropped() {
    let secret = "\u{43f}\u{430}\u{440}\u{43e}\u{43b}\u{44c}";
    let spelled: String = secret.chars().flat_map(|c| [c, '\u{200b}']).collect();
    let account = Account::new("alice", Credential::password(secret)).unwrap();
    let claims = json!({ "scope": spelled }).to_string();
    let token = format!("h.{}.s", URL_SAFE_NO_PAD.encode(claims));
    let events = vec![answer(200, &[], json!({ "token": token }).to_string()).into()];
    let Step::Done(grant) = Driver::default().run(Hub::docker(budget(1, 3)).login(&account), events) else { panic!() };
    assert_eq!(grant.claims().scope, None);
}
