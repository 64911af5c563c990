//! Plays a server that repeats secrets, those it was sent or those it brings: no text of its answer that holds one is kept.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hub_auth_core::{Account, Credential, FailureKind, Hub, Step};
use serde_json::{Value, json};

use crate::canary::Prints;
use crate::common::{Answer, Driver, NOW, answer, budget, challenge, challenged, code, failed};

/// Meets a login with this secret.
fn first(secret: &str, answer: Answer) -> Step {
    let account = Account::new("alice", Credential::personal_token(secret).via(hub_auth_core::Route::UsersLogin));
    Driver::default().run(Hub::docker(budget(1, 3)).login(&account.unwrap()), vec![answer.into()])
}

/// Meets the code 123456.
fn second(answer: Answer) -> Step {
    let step = challenge(&Hub::docker(budget(1, 3))).answer(code("123456"), NOW);
    Driver::default().run(step, vec![answer.into()])
}

/// A token with these claims, whose signature is a secret too.
fn token(claims: &Value) -> String {
    format!("h.{}.canary-signature", URL_SAFE_NO_PAD.encode(claims.to_string()))
}

/// Every secret here holds this word, whole or cut.
#[track_caller]
fn assert_silent(step: &Step) {
    let mut prints = Prints::default();
    prints.step(step);
    assert!(!prints.0.contains("canary"), "{}", prints.0);
}

#[test]
fn a_secret_that_was_sent_is_in_no_text_whole_or_cut() {
    // Longer than any text that is kept.
    let secret = "canary-".repeat(60);
    let headers =
        [("x-trace-id", secret.as_str()), ("cf-ray", &secret), ("location", "https://canary-canary.example/")];
    for status in [307, 400, 401, 403, 404, 409, 429, 500, 503] {
        for key in ["detail", "message", "text", "error", "error_description"] {
            let body = json!({ key: format!("no user has the password {secret}!") }).to_string();
            assert_silent(&first(&secret, answer(status, &headers[..2], body)));
        }
    }
    assert_silent(&first("canary-canary.example", answer(307, &headers[2..], "")));
    let claims = json!({ "scope": secret, "https://hub.docker.com": { "username": secret, "source": secret } });
    assert_silent(&first(&secret, answer(200, &headers, json!({ "token": token(&claims) }).to_string())));
}

#[test]
fn a_secret_of_the_answer_is_in_no_text_of_it() {
    let headers =
        [("x-trace-id", "canary-new"), ("cf-ray", "x-canary-new"), ("location", "https://canary-new.example/")];
    for key in ["login_2fa_token", "token", "access_token", "refresh_token"] {
        for status in [307, 400, 403, 500] {
            let body = json!({ key: "canary-new", "detail": "bad canary-new" }).to_string();
            assert_silent(&first("x-x-x", answer(status, &headers, &body)));
            assert_silent(&second(answer(401, &headers, body)));
        }
    }
    let claims = json!({
        "scope": "repo:canary-new", "source": "canary-new",
        "https://hub.docker.com": { "username": "canary-new", "source": "docker_pat|canary-new" },
    });
    let token = token(&claims);
    for planted in [&token, "canary-new"] {
        let body = json!({ "token": token, "refresh_token": "canary-new" }).to_string();
        let step = first("x-x-x", answer(200, &[("x-trace-id", planted), ("cf-ray", planted)], body));
        assert!(matches!(&step, Step::Done(grant) if grant.user() == "alice"), "{step:?}");
        assert_silent(&step);
    }
}

/// The edge's code is a number that the server chose.
#[test]
fn a_code_that_was_sent_is_not_taken_for_the_edges() {
    let own = r#"{"cloudflare_error":true,"error_code":123456}"#;
    for body in ["error code: 123456", "<i class=\"cf-error-code\">123456<", own] {
        let failure = failed(second(answer(403, &[("cf-ray", "8f")], body)));
        assert_eq!((failure.kind(), failure.server_message()), (FailureKind::BlockedByEdge, None), "{body}");
    }
}

/// A text that is clean as it came, and no longer when it was made printable, is dropped.
#[test]
fn a_secret_that_cleaning_would_put_together_is_dropped() {
    let secret = "\u{43f}\u{430}\u{440}\u{43e}\u{43b}\u{44c}";
    let spelled: String = secret.chars().flat_map(|c| [c, '\u{200b}']).collect();
    let body = json!({ "token": token(&json!({ "scope": spelled })) }).to_string();
    let Step::Done(grant) = first(secret, answer(200, &[], body)) else { panic!("no token") };
    assert_eq!(grant.claims().scope, None);
}

#[test]
fn other_words_are_kept() {
    let body = json!({ "detail": "Incorrect authentication credentials" }).to_string();
    let again = challenged(second(answer(401, &[("x-trace-id", "0af7-651916cd")], body)));
    let failure = again.previous_failure().unwrap();
    assert_eq!(failure.server_message(), Some("Incorrect authentication credentials"));
    assert_eq!(failure.trace_id(), Some("0af7-651916cd"));
}
