//! Tests of sessions beyond the conformance suite.

use std::time::Duration;

use bytes::Bytes;
use hub_auth_blocking::http::{Request, Response, StatusCode};
use hub_auth_blocking::{Client, FailureKind, Policy, SendError, Session, SessionLogin};
use hub_auth_testkit::{Fault, SimHub};

use crate::common::{alice, bob, scene};

#[test]
fn a_path_is_enough_and_a_foreign_url_is_named() {
    let scene = scene(SimHub::demo());
    let session = scene.session();
    assert_eq!(session.get("/v2/user").unwrap().status(), StatusCode::OK);
    session.post_json("/v2/user", &["a"]).unwrap();
    let [_, got, posted] = &scene.server.requests()[..] else { panic!("one login and two calls") };
    let token = session.token(Duration::ZERO).unwrap();
    assert_eq!(got.header("authorization").unwrap(), format!("Bearer {}", token.token().expose()));
    assert!(got.header("user-agent").unwrap().starts_with("hub-auth/"));
    assert_eq!((&*posted.body, posted.header("content-type")), (&br#"["a"]"#[..], Some("application/json")));

    let foreign = Request::get("https://elsewhere.example/v2/user").body(Bytes::new()).unwrap();
    for (error, words) in [
        (session.send(foreign).unwrap_err(), ["https://elsewhere.example", "127.0.0.1"]),
        (session.get("v2/user").unwrap_err(), ["\"v2/user\"", "begins with a slash"]),
    ] {
        assert!(words.iter().all(|word| error.to_string().contains(word)), "{error}");
    }
    assert_eq!(scene.server.requests().len(), 3);
}

#[test]
fn a_429_holds_the_calls_of_the_session() {
    let scene = scene(SimHub::demo());
    let options = scene.options.clone().policy(Policy::new(1).with_longest_wait(Duration::ZERO));
    let session = Session::new(Client::new(options).unwrap(), bob());
    session.token(Duration::ZERO).unwrap();
    let mut limited = Response::new(b"{}".to_vec());
    *limited.status_mut() = StatusCode::TOO_MANY_REQUESTS;
    limited.headers_mut().insert("retry-after", "60".parse().unwrap());
    scene.server.hub().script(Fault::Answer(limited));
    assert_eq!(session.get("/v2/user").unwrap().status(), StatusCode::TOO_MANY_REQUESTS);
    let SendError::Login(failure) = session.clone().get("/v2/user").unwrap_err() else { panic!("it was sent") };
    assert_eq!(failure.kind(), FailureKind::RateLimited);
    assert!(failure.retry_at().is_some());
    assert_eq!(scene.count("/v2/user"), 1);
}

#[test]
fn a_challenge_is_answered_by_hand() {
    let scene = scene(SimHub::demo());
    let session = Session::new(scene.client.clone(), alice());
    let SessionLogin::NeedCode(challenge) = session.login().unwrap() else { panic!("no code was asked for") };
    assert_eq!(session.token(Duration::ZERO).unwrap_err().kind(), FailureKind::SecondFactorRequired);
    let answered = session.answer(challenge, scene.code().unwrap()).unwrap();
    assert!(matches!(answered, SessionLogin::Ready(_)));
    session.token(Duration::ZERO).unwrap();
    assert_eq!(scene.logins(), 1);
}
