//! The session as middleware of a ureq agent.

use std::io::Read;
use std::time::Duration;

use hub_auth_blocking::http::{Response, StatusCode};
use hub_auth_blocking::{SendError, Session};
use hub_auth_testkit::wire::{Act, Wire};
use hub_auth_testkit::{Fault, SimHub};
use ureq::{Agent, Error, SendBody};

use crate::common::{scene, together};

fn agent(session: &Session) -> Agent {
    Agent::config_builder().middleware(session.clone()).build().new_agent()
}

fn redirect(to: &Wire) -> Fault {
    let mut redirect = Response::new(Vec::new());
    *redirect.status_mut() = StatusCode::FOUND;
    redirect.headers_mut().insert("location", to.url().to_string().parse().unwrap());
    Fault::Answer(redirect)
}

#[test]
fn a_hundred_callers_make_one_login_and_a_401_one_more() {
    let scene = scene(SimHub::demo());
    let session = scene.session();
    let agent = agent(&session);
    let call = || agent.get(scene.url("/v2/user")).call().unwrap().status();
    assert!(together(100, call).into_iter().all(|status| status == StatusCode::OK));
    assert_eq!((scene.logins(), scene.count("/v2/user")), (1, 100));

    scene.server.hub().revoke_all();
    assert_eq!(call(), StatusCode::OK);
    // The token was new, so it was sent once more before the login.
    assert_eq!((scene.logins(), scene.count("/v2/user")), (2, 103));
}

#[test]
fn a_body_is_replayed_unless_it_is_too_long_to_keep() {
    for (length, is_replayed) in [(0, true), (2, true), (2 * 1024 * 1024, false)] {
        let scene = scene(SimHub::demo());
        let agent = agent(&scene.session());
        agent.get(scene.url("/v2/user")).call().unwrap();
        // The token is new, so it is sent once more before the login.
        let mut answers = vec![Fault::json(StatusCode::UNAUTHORIZED, "{}")];
        if is_replayed {
            answers.extend([answers[0].clone(), Fault::Pass, Fault::json(StatusCode::OK, "{}")]);
        }
        for answer in answers {
            scene.server.hub().script(answer);
        }
        let mut body = std::io::repeat(b'x').take(length);
        let answer = agent.put(scene.url("/v2/user")).send(SendBody::from_reader(&mut body));
        let requests = scene.server.requests();
        let sent: Vec<_> = requests.iter().filter(|request| request.method == "PUT").collect();
        assert_eq!(sent.len(), if is_replayed { 3 } else { 1 }, "{length}");
        for sent in sent {
            let exact = is_replayed.then(|| length.to_string());
            assert_eq!(sent.header("content-length"), exact.as_deref(), "{length}");
        }
        let is_refused = matches!(answer, Err(Error::StatusCode(401)));
        assert_eq!(is_refused, !is_replayed, "{length}: {answer:?}");
    }
}

#[test]
fn a_replay_leaves_the_settings_of_the_callers_request_behind() {
    let scene = scene(SimHub::demo());
    let agent = agent(&scene.session());
    agent.get(scene.url("/v2/user")).call().unwrap();
    let elsewhere = Wire::start(vec![]).unwrap();
    let refused = || Fault::json(StatusCode::UNAUTHORIZED, "{}");
    // The token is new, so it is sent once more before the login.
    for answer in [refused(), refused(), Fault::Pass, redirect(&elsewhere)] {
        scene.server.hub().script(answer);
    }
    // The request's settings allow redirects, and have no deadline.
    let request = agent.get(scene.url("/v2/user")).config().http_status_as_error(false).build();
    assert_eq!(request.call().unwrap().status(), StatusCode::FOUND);
    assert_eq!(elsewhere.connections(), 0);
    for request in scene.server.requests() {
        assert!(request.header("user-agent").is_some(), "{request:?}");
    }
}

#[test]
fn another_origin_gets_no_token() {
    let scene = scene(SimHub::demo());
    let agent = agent(&scene.session());
    let elsewhere =
        || Wire::start(vec![vec![Act::Read, Act::write("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")]]).unwrap();
    let foreign = elsewhere();
    let Err(Error::Other(error)) = agent.get(foreign.url().to_string()).call() else { panic!("it was sent") };
    assert!(matches!(error.downcast_ref(), Some(SendError::OtherOrigin { .. })), "{error}");
    assert_eq!((foreign.connections(), scene.server.requests().len()), (0, 0));

    // A redirect is followed by ureq itself, below the middleware.
    let target = elsewhere();
    let session = scene.session();
    session.token(Duration::ZERO).unwrap();
    scene.server.hub().script(redirect(&target));
    self::agent(&session).get(scene.url("/v2/user")).call().unwrap();
    assert_eq!(target.requests()[0].header("authorization"), None);
}
