//! Calls to the API.

use std::time::Duration;

use bytes::Bytes;
use hub_auth_blocking::http::{Request, Response, StatusCode};
use hub_auth_blocking::{FailureKind, Policy, SendError, Session};
use hub_auth_testkit::{Fault, SimHub};

use crate::common::{bob, scene};

#[test]
fn a_path_is_enough_and_a_foreign_url_is_named() {
    let scene = scene(SimHub::demo());
    let session = scene.session();
    assert_eq!(session.get("/v2/user").unwrap().status(), StatusCode::OK);
    let sent = &scene.server.requests()[1];
    let token = session.token(Duration::ZERO).unwrap();
    assert_eq!(sent.header("authorization").unwrap(), format!("Bearer {}", token.token().expose()));
    assert!(sent.header("user-agent").unwrap().starts_with("hub-auth/"));

    let request = Request::get("https://elsewhere.example/v2/user").body(Bytes::new()).unwrap();
    let error = session.send(request).unwrap_err();
    assert!(matches!(error, SendError::OtherOrigin { .. }));
    assert!(
        error.to_string().contains("https://elsewhere.example") && error.to_string().contains("127.0.0.1"),
        "{error}"
    );
    let error = session.get("v2/user").unwrap_err();
    assert!(error.to_string().contains("\"v2/user\"") && error.to_string().contains("begins with a slash"), "{error}");
    assert_eq!(scene.server.requests().len(), 2);
}

#[test]
fn a_value_is_posted_as_json() {
    let scene = scene(SimHub::demo());
    scene.session().post_json("/v2/user", &["a"]).unwrap();
    let sent = scene.server.requests().pop().unwrap();
    assert_eq!((&*sent.body, sent.header("content-type")), (&br#"["a"]"#[..], Some("application/json")));
}

#[test]
fn a_429_holds_the_calls_of_the_session() {
    let scene = scene(SimHub::demo());
    let options = scene.options.clone().policy(Policy::new(1).with_longest_wait(Duration::ZERO));
    let session = Session::new(hub_auth_blocking::Client::new(options).unwrap(), bob());
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
