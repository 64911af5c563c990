//! What is on the wire when a login goes well, plain and over TLS.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod common;

use common::{Scene, alice, bob, both, client, plain};
use hub_auth_blocking::core::FailureKind;
use hub_auth_blocking::{Challenge, Code, Failure, LoginOutcome, Options};
use hub_auth_core::http::{Method, Response, StatusCode};
use hub_auth_testkit::Recorded;
use hub_auth_testkit::hub::{Fault, SimHub, demo};

fn json(recorded: &Recorded) -> serde_json::Value {
    serde_json::from_slice(&recorded.body).unwrap()
}

#[test]
fn a_password_login_is_one_request_as_the_reference_has_it() {
    for scene in both(SimHub::demo) {
        let LoginOutcome::Done(grant) = scene.client.login(&bob()).unwrap() else { panic!("a second factor") };
        assert_eq!(grant.user(), demo::USER_WITHOUT_2FA);
        assert_eq!(scene.counts(), (1, 1));
        let request = &scene.server.requests()[0];
        assert_eq!(request.method, Method::POST);
        assert_eq!(request.target, "/v2/users/login");
        let host = scene.server.url().authority().unwrap().to_string();
        let length = request.body.len().to_string();
        let agent = request.header("user-agent").unwrap();
        assert!(agent.starts_with("hub-auth/0."), "{agent}");
        let mut headers: Vec<(String, &str)> = request
            .headers
            .iter()
            .map(|(name, value)| (name.to_ascii_lowercase(), std::str::from_utf8(value).unwrap()))
            .collect();
        headers.sort();
        let expected = [
            ("accept", "application/json"),
            ("content-length", &length),
            ("content-type", "application/json"),
            ("host", &host),
            ("user-agent", agent),
        ];
        assert_eq!(headers, expected.map(|(name, value)| (name.to_owned(), value)));
        let expected = serde_json::json!({"username": demo::USER_WITHOUT_2FA, "password": demo::PASSWORD_WITHOUT_2FA});
        assert_eq!(json(request), expected);
    }
}

#[test]
fn a_second_factor_is_two_requests_on_one_connection() {
    for scene in both(SimHub::demo) {
        let grant = scene.client.login_with(&alice(), |_| Some(scene.code())).unwrap();
        assert_eq!(grant.user(), demo::USER);
        assert_eq!(scene.counts(), (1, 2));
        let second = &scene.server.requests()[1];
        assert_eq!(second.target, "/v2/users/2fa-login");
        assert_eq!(second.header("content-length").unwrap(), second.body.len().to_string());
        let names: Vec<String> = json(second).as_object().unwrap().keys().cloned().collect();
        assert_eq!(names, ["code", "login_2fa_token"]);
        assert!(!contains(&second.body, demo::PASSWORD) && !contains(&second.head, demo::PASSWORD));
        assert!(scene.server.requests().iter().all(|request| request.header("authorization").is_none()));
    }
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[test]
fn the_next_login_uses_the_same_connection() {
    for scene in both(SimHub::demo) {
        for _ in 0..3 {
            assert!(matches!(scene.client.login(&bob()).unwrap(), LoginOutcome::Done(_)));
        }
        assert_eq!(scene.counts(), (1, 3));
    }
}

#[test]
fn a_code_keeps_its_leading_zero_and_its_quotes() {
    let scene = plain(SimHub::demo());
    let challenge = challenge(&scene);
    let again = scene.client.answer(challenge, Code::new("012 345").unwrap()).unwrap();
    assert!(matches!(again, LoginOutcome::NeedCode(_)));
    let sent = &scene.server.requests()[1].body;
    assert!(contains(sent, r#""code":"012345""#));
}

fn challenge(scene: &Scene) -> Challenge {
    match scene.client.login(&alice()).unwrap() {
        LoginOutcome::NeedCode(challenge) => challenge,
        LoginOutcome::Done(_) => panic!("no second factor"),
    }
}

#[test]
fn a_wrong_code_is_followed_by_a_right_one_without_the_password() {
    for scene in both(SimHub::demo) {
        let mut asked = Vec::new();
        let grant = scene.client.login_with(&alice(), |challenge| {
            asked.push((challenge.codes_left(), challenge.previous_failure().map(Failure::kind)));
            if asked.len() == 1 { Code::new("000000").ok() } else { Some(scene.code()) }
        });
        assert_eq!(grant.unwrap().user(), demo::USER);
        assert_eq!(asked, [(3, None), (2, Some(FailureKind::CodeRefused))]);
        let targets: Vec<String> = scene.server.requests().into_iter().map(|request| request.target).collect();
        assert_eq!(targets, ["/v2/users/login", "/v2/users/2fa-login", "/v2/users/2fa-login"]);
        assert_eq!(scene.server.connections(), 1);
    }
}

#[test]
fn with_nobody_to_ask_a_second_factor_is_required() {
    let scene = plain(SimHub::demo());
    let failure = scene.client.login_with(&alice(), |_| None).unwrap_err();
    assert_eq!(failure.kind(), FailureKind::SecondFactorRequired);
    assert_eq!(scene.counts(), (1, 1));
}

#[test]
fn a_path_in_the_base_stays_in_front() {
    let mut hub = SimHub::demo();
    hub.prefix("/mirror/hub");
    let scene = plain(hub);
    let base = format!("{}mirror/hub/", scene.server.url()).parse().unwrap();
    let client = client(Options::new().base(base).user_agent("my-tool/1.2"));
    assert!(matches!(client.login(&bob()).unwrap(), LoginOutcome::Done(_)));
    let request = &scene.server.requests()[0];
    assert_eq!(request.target, "/mirror/hub/v2/users/login");
    assert!(request.header("user-agent").unwrap().starts_with("my-tool/1.2 hub-auth/"));
}

#[test]
fn a_challenge_is_answered_by_another_client() {
    let scene = plain(SimHub::demo());
    let sealed = challenge(&scene).seal();
    let other = client(Options::new().base(scene.server.url()));
    let challenge = other.hub().resume(&sealed).unwrap();
    let LoginOutcome::Done(grant) = other.answer(challenge, scene.code()).unwrap() else { panic!("asked again") };
    assert_eq!(grant.user(), demo::USER);
}

#[test]
fn a_fault_is_tried_again_after_its_wait() {
    let scene = plain(SimHub::scenario("flaky").unwrap());
    assert!(matches!(scene.client.login(&bob()).unwrap(), LoginOutcome::Done(_)));
    assert_eq!(scene.counts(), (1, 3));
}

/// A 429 that asks to wait an hour.
fn in_an_hour() -> Fault {
    let mut answer = Response::new(Vec::new());
    *answer.status_mut() = StatusCode::TOO_MANY_REQUESTS;
    answer.headers_mut().insert("retry-after", "3600".parse().unwrap());
    Fault::Answer(answer)
}

#[test]
fn no_code_is_asked_for_while_the_hub_wants_none() {
    let mut hub = SimHub::demo();
    hub.script(Fault::Pass).script(in_an_hour());
    let scene = plain(hub);
    let mut asked = 0;
    let ask = |_: &Challenge| {
        asked += 1;
        Some(scene.code())
    };
    let failure = scene.client.login_with(&alice(), ask).unwrap_err();
    assert_eq!((failure.kind(), asked), (FailureKind::RateLimited, 1));
}

#[test]
fn no_code_is_sent_while_the_hub_wants_none() {
    let scene = plain(SimHub::demo());
    let challenge = challenge(&scene);
    scene.server.hub().script(in_an_hour());
    let LoginOutcome::NeedCode(later) = scene.client.answer(challenge, scene.code()).unwrap() else { panic!("done") };
    let failure = scene.client.answer(later, scene.code()).unwrap_err();
    assert_eq!((failure.kind(), scene.server.requests().len()), (FailureKind::RateLimited, 2));
}

#[cfg(not(any(feature = "aws-lc-rs", feature = "ring")))]
#[test]
fn https_is_refused_by_a_build_without_it() {
    let error = hub_auth_blocking::Client::docker_hub().unwrap_err();
    assert!(error.to_string().contains("feature aws-lc-rs or ring"), "{error}");
}
