//! Calls to the API.

use std::time::Duration;

use bytes::Bytes;
use hub_auth_blocking::http::header::CONTENT_LENGTH;
use hub_auth_blocking::http::{Method, Request, Response, StatusCode};
use hub_auth_blocking::{FailureKind, Policy, SendError, Session};
use hub_auth_testkit::hub::{Fault, SimHub};

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
fn a_body_goes_out_with_its_exact_length_also_if_it_is_empty() {
    let scene = scene(SimHub::demo());
    let session = scene.session();
    for (method, body, length) in [
        (Method::POST, "", Some("0")),
        (Method::PUT, "", Some("0")),
        (Method::PATCH, "", Some("0")),
        (Method::POST, "{}", Some("2")),
        (Method::DELETE, "", None),
        (Method::GET, "", None),
    ] {
        // A length of the caller's own is replaced.
        let request = Request::builder().method(method.clone()).uri("/v2/user").header(CONTENT_LENGTH, "7");
        session.send(request.body(body.into()).unwrap()).unwrap();
        let requests = scene.server.requests();
        let sent = requests.last().unwrap();
        assert_eq!(sent.header("content-length"), length, "{method} {body:?}");
        assert_eq!((sent.header("transfer-encoding"), &*sent.body), (None, body.as_bytes()), "{method} {body:?}");
    }
    session.post_json("/v2/user", &["a"]).unwrap();
    let requests = scene.server.requests();
    let sent = requests.last().unwrap();
    assert_eq!((&*sent.body, sent.header("content-type")), (&br#"["a"]"#[..], Some("application/json")));
}

#[test]
fn a_401_costs_one_login_and_one_replay() {
    let scene = scene(SimHub::demo());
    let session = scene.session();
    session.get("/v2/user").unwrap();
    scene.server.hub().revoke_all();
    let mut tokens = Vec::new();
    let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
    let answer = session.call(|bearer| {
        tokens.push(bearer.token().expose().to_owned());
        let request = agent.get(scene.url("/v2/user")).header("authorization", bearer.token().header());
        Ok::<_, Box<dyn std::error::Error>>(request.call()?)
    });
    assert_eq!(answer.unwrap().status(), StatusCode::OK);
    assert_ne!(tokens.first(), tokens.last());
    assert_eq!(scene.logins(), 2);
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
