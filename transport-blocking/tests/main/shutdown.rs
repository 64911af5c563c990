//! A client that is shut down from another thread.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use hub_auth_blocking::http::{Response, StatusCode};
use hub_auth_blocking::{Client, Delivery, FailureKind, Options, Policy, Session, TransportErrorKind};
use hub_auth_testkit::{Fault, SimHub};

use crate::common::{alice, bob, chain, scene, within_a_minute};

/// Nothing but a shutdown ends what these clients wait for.
const HOURS: Duration = Duration::from_secs(10 * 60 * 60);

fn patient(options: Options) -> Client {
    let policy = Policy::new(1).with_longest_wait(HOURS);
    let options = options.policy(policy).timeout(HOURS).connect_timeout(HOURS).resolve_timeout(HOURS);
    Client::new(options.login_timeout(HOURS)).unwrap()
}

/// Logs in on another thread, and shuts the client down as soon as this is so.
fn ended(client: &Client, is_so: impl Fn() -> bool) -> hub_auth_blocking::Failure {
    let mine = client.clone();
    let call = thread::spawn(move || within_a_minute(move || mine.login(&bob())));
    while !is_so() {
        thread::yield_now();
    }
    client.shutdown();
    call.join().unwrap().unwrap_err()
}

#[test]
fn a_call_under_way_ends_and_is_not_tried_again() {
    let mut hub = SimHub::demo();
    hub.always(Fault::Stall);
    let scene = scene(hub);
    let client = patient(scene.options.clone());
    let failure = ended(&client, || !scene.server.requests().is_empty());
    assert_eq!(failure.kind(), FailureKind::Transport);
    assert_eq!(failure.transport(), Some((TransportErrorKind::Closed, Delivery::MaybeSent)));
    assert!(chain(&failure).contains("shut down"), "{}", chain(&failure));
    assert_eq!(scene.server.requests().len(), 1);
    let after = client.login(&bob()).unwrap_err();
    assert_eq!(after.transport(), Some((TransportErrorKind::Closed, Delivery::NotSent)));
    assert_eq!(scene.server.requests().len(), 1);
}

#[test]
fn a_wait_ends() {
    let mut hub = SimHub::demo();
    let mut answer = Response::new(b"{}".to_vec());
    *answer.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    answer.headers_mut().insert("retry-after", "3600".parse().unwrap());
    hub.always(Fault::Answer(answer));
    let scene = scene(hub);
    let failure = ended(&patient(scene.options.clone()), || !scene.server.requests().is_empty());
    // The answer may have been on its way still.
    assert!(matches!(failure.kind(), FailureKind::ServerFault | FailureKind::Transport), "{failure:?}");
    assert_eq!(scene.server.requests().len(), 1);
}

#[test]
fn a_thread_that_waits_for_anothers_code_ends() {
    let scene = scene(SimHub::demo());
    let client = patient(scene.options.clone());
    let (is_asked, asked) = mpsc::channel();
    let (typed, prompt) = mpsc::channel();
    let session = Session::new(client.clone(), alice()).ask(move |_| {
        is_asked.send(()).unwrap();
        prompt.recv().unwrap()
    });
    thread::scope(|scope| {
        let leader = scope.spawn(|| session.token(Duration::ZERO));
        asked.recv().unwrap();
        let parked = session.clone();
        let parked = scope.spawn(|| within_a_minute(move || parked.token(Duration::ZERO)));
        client.shutdown();
        let failure = parked.join().unwrap().unwrap_err();
        assert_eq!(failure.transport(), Some((TransportErrorKind::Closed, Delivery::NotSent)));
        assert!(chain(&failure).contains("shut down"), "{}", chain(&failure));
        // The prompt is the program's own.
        typed.send(scene.code()).unwrap();
        assert!(leader.join().unwrap().is_err());
    });
    assert_eq!(scene.server.requests().len(), 1);
}
