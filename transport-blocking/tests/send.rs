//! Requests to the API: what goes out, where it goes, and what comes back.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod common;

use std::time::Duration;

use bytes::Bytes;
use common::{Scene, alice, bob, both, chain, once, plain};
use hub_auth_blocking::core::http::header::LOCATION;
use hub_auth_blocking::core::http::{Method, Request, Response, StatusCode};
use hub_auth_blocking::core::{FailureKind, TransportErrorKind};
use hub_auth_blocking::{MAX_ANSWER, SendError, Session};
use hub_auth_testkit::hub::{Fault, SimHub};

const USER: &str = "/v2/user";
/// A deadline that is sure to pass where nothing comes, and not before what has to come.
const LATE: Duration = Duration::from_secs(4);

fn url(scene: &Scene, path: &str) -> String {
    format!("{}{}", scene.server.url(), path.trim_start_matches('/'))
}

fn get(scene: &Scene, path: &str) -> Request<Bytes> {
    Request::get(url(scene, path)).body(Bytes::new()).unwrap()
}

fn session(scene: &Scene) -> Session {
    Session::new(scene.client.clone(), bob())
}

#[test]
fn the_token_opens_what_is_the_users() {
    for scene in both(SimHub::demo) {
        let session = session(&scene);
        for _ in 0..2 {
            let answer = session.send(get(&scene, USER)).unwrap();
            assert_eq!(answer.status(), StatusCode::OK);
            assert!(String::from_utf8_lossy(answer.body()).contains("bob"));
        }
        assert_eq!(scene.counts(), (1, 3));
        let request = &scene.server.requests()[1];
        let mut names: Vec<String> = request.headers.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
        names.sort();
        assert_eq!(names, ["authorization", "host", "user-agent"]);
        assert!(request.header("user-agent").unwrap().starts_with("hub-auth/0."));
        let token = session.token(Duration::ZERO).unwrap();
        assert_eq!(request.header("authorization").unwrap(), format!("Bearer {}", token.token().expose()));
    }
}

#[test]
fn the_programs_own_headers_stay_but_for_those_that_are_not_its_own() {
    let scene = plain(SimHub::demo());
    let request = Request::get(url(&scene, USER))
        .header("user-agent", "mine/1")
        .header("x-mine", "kept")
        .header("authorization", "Basic forged")
        .header("host", "elsewhere.example")
        .header("content-length", "7")
        .header("transfer-encoding", "chunked")
        .body(Bytes::new())
        .unwrap();
    assert_eq!(session(&scene).send(request).unwrap().status(), StatusCode::OK);
    let sent = &scene.server.requests()[1];
    assert_eq!((sent.header("user-agent"), sent.header("x-mine")), (Some("mine/1"), Some("kept")));
    assert_eq!(sent.header("host").unwrap(), scene.server.address().to_string());
    assert!(sent.header("authorization").unwrap().starts_with("Bearer "));
    assert_eq!((sent.header("content-length"), sent.header("transfer-encoding")), (None, None));
}

#[test]
fn a_body_goes_out_with_its_exact_length() {
    let scene = plain(SimHub::demo());
    let session = session(&scene);
    session.token(Duration::ZERO).unwrap();
    for (method, body, length) in [
        (Method::POST, "", Some("0")),
        (Method::PUT, "{}", Some("2")),
        (Method::PATCH, "abc", Some("3")),
        (Method::DELETE, "", None),
        (Method::DELETE, "abcd", Some("4")),
        (Method::HEAD, "", None),
        (Method::GET, "", None),
    ] {
        scene.server.hub().script(Fault::json(StatusCode::OK, "{}"));
        let request = Request::builder().method(&method).uri(url(&scene, "/v2/x")).body(Bytes::from(body)).unwrap();
        session.send(request).unwrap();
        let sent = scene.server.requests().pop().unwrap();
        assert_eq!((&sent.method, &*sent.body), (&method, body.as_bytes()));
        assert_eq!(sent.header("content-length"), length, "{method}");
        assert_eq!(sent.header("transfer-encoding"), None);
    }
}

#[test]
fn the_token_goes_to_the_hubs_own_origin_only() {
    let scene = plain(SimHub::demo());
    let other = plain(SimHub::demo());
    let session = session(&scene);
    session.token(Duration::ZERO).unwrap();
    let authority = scene.server.address();
    for elsewhere in [
        url(&other, USER),
        format!("http://{authority}.evil.example/"),
        format!("http://{authority}@127.0.0.1:{}/", other.server.address().port()),
        format!("https://{authority}/"),
        "/v2/user".to_owned(),
    ] {
        let request = Request::get(&elsewhere).body(Bytes::new()).unwrap();
        let error = session.send(request).unwrap_err();
        assert!(matches!(error, SendError::OtherOrigin), "{elsewhere}: {error}");
    }
    assert_eq!((scene.counts(), other.counts()), ((1, 1), (0, 0)));
}

#[test]
fn a_redirect_is_returned() {
    let scene = plain(SimHub::demo());
    let other = plain(SimHub::demo());
    let session = session(&scene);
    session.token(Duration::ZERO).unwrap();
    for status in [301, 302, 303, 307, 308] {
        let mut answer = Response::new(Vec::new());
        *answer.status_mut() = StatusCode::from_u16(status).unwrap();
        answer.headers_mut().insert(LOCATION, url(&other, USER).parse().unwrap());
        scene.server.hub().script(Fault::Answer(answer));
        let answer = session.send(get(&scene, USER)).unwrap();
        assert_eq!(answer.status(), status);
        assert_eq!(answer.headers()[LOCATION].to_str().unwrap(), url(&other, USER));
    }
    assert_eq!((scene.counts(), other.counts()), ((1, 6), (0, 0)));
}

#[test]
fn other_answers_are_returned_as_they_are() {
    let scene = plain(SimHub::demo());
    let session = session(&scene);
    session.token(Duration::ZERO).unwrap();
    for status in [400, 403, 404, 429, 500, 503] {
        let status = StatusCode::from_u16(status).unwrap();
        scene.server.hub().script(Fault::json(status, r#"{"message":"no"}"#));
        let answer = session.send(get(&scene, USER)).unwrap();
        assert_eq!((answer.status(), &**answer.body()), (status, br#"{"message":"no"}"#.as_slice()));
    }
    assert_eq!(scene.counts(), (1, 7));
}

#[test]
fn nothing_is_sent_without_a_token() {
    let scene = plain(SimHub::demo());
    let session = Session::new(scene.client.clone(), alice());
    let error = session.send(get(&scene, USER)).unwrap_err();
    let SendError::LoginOutcome(failure) = &error else { panic!("{error:?}") };
    assert_eq!(failure.kind(), FailureKind::SecondFactorRequired);
    assert_eq!(error.to_string(), failure.to_string());
    assert_eq!(scene.counts(), (1, 1));
}

fn broken(session: &Session, request: Request<Bytes>) -> (SendError, TransportErrorKind, Option<StatusCode>) {
    let error = session.send(request).unwrap_err();
    let SendError::Broken(broken) = &error else { panic!("{error:?}") };
    let (what, head) = (broken.kind, broken.head.as_ref().map(|head| head.status));
    (error, what, head)
}

#[test]
fn an_answer_is_read_up_to_its_limit() {
    let scene = plain(SimHub::demo());
    let session = session(&scene);
    session.token(Duration::ZERO).unwrap();
    let most = u64::try_from(MAX_ANSWER).unwrap();
    for fault in [Fault::Endless(most), Fault::EndlessUnannounced(most)] {
        scene.server.hub().script(fault);
        assert_eq!(session.send(get(&scene, USER)).unwrap().body().len(), MAX_ANSWER);
    }
    for fault in [Fault::Endless(most + 1), Fault::EndlessUnannounced(most + 1)] {
        scene.server.hub().script(fault);
        let (error, what, head) = broken(&session, get(&scene, USER));
        assert_eq!((what, head), (TransportErrorKind::TooLarge, Some(StatusCode::OK)));
        assert!(chain(&error).contains("16777216"), "{}", chain(&error));
    }
}

#[test]
fn a_call_that_breaks_is_not_sent_again() {
    let scene = plain(SimHub::demo());
    let client = scene.again(|options| once(options).timeout(LATE));
    let session = Session::new(client, bob());
    session.token(Duration::ZERO).unwrap();
    for (sent, (fault, what, head)) in [
        (Fault::Truncate(3), TransportErrorKind::Closed, Some(StatusCode::OK)),
        (Fault::DropAfter, TransportErrorKind::Closed, None),
        (Fault::Stall, TransportErrorKind::Timeout, None),
    ]
    .into_iter()
    .enumerate()
    {
        scene.server.hub().script(fault);
        let (error, broke, status) = broken(&session, get(&scene, USER));
        assert_eq!((broke, status), (what, head), "{error}");
        assert_eq!(scene.server.requests().len(), sent + 2);
    }
}

#[test]
fn nothing_prints_the_token() {
    let scene = plain(SimHub::demo());
    let session = session(&scene);
    let token = session.token(Duration::ZERO).unwrap().token().expose().to_owned();
    scene.server.hub().script(Fault::Truncate(3));
    let (error, ..) = broken(&session, get(&scene, USER));
    assert!(!format!("{error:?} {}", chain(&error)).contains(&token));
}
