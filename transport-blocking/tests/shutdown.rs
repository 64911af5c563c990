//! A client that is ended from another thread.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod common;

use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use common::{alice, bob, both, chain, client, plain, within_a_minute};
use hub_auth_blocking::core::{Delivery, FailureKind, Policy, TransportErrorKind};
use hub_auth_blocking::{Client, Failure, Options, Session};
use hub_auth_core::http::StatusCode;
use hub_auth_testkit::hub::{Fault, SimHub};

/// Nothing but a shutdown ends what these clients wait for.
const HOURS: Duration = Duration::from_secs(10 * 60 * 60);

fn patient(options: Options) -> Options {
    let policy = Policy::new(1).with_longest_wait(HOURS);
    options.policy(policy).timeout(HOURS).connect_timeout(HOURS).resolve_timeout(HOURS).login_timeout(HOURS)
}

fn said(failure: &Failure) -> String {
    chain(failure)
}

/// A server that accepts connections, and hands them over when something has come in.
fn silent() -> (hub_auth_core::http::Uri, mpsc::Receiver<TcpStream>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    let (sender, accepted) = mpsc::channel();
    thread::spawn(move || {
        for socket in listener.incoming() {
            let mut socket = socket.unwrap();
            socket.read_exact(&mut [0]).unwrap();
            sender.send(socket).ok();
        }
    });
    (base, accepted)
}

/// What a call comes to when the client is shut down as soon as this is so.
fn ended<T: Send + 'static>(
    client: &Client,
    call: impl FnOnce(Client) -> T + Send + 'static,
    when: impl FnOnce(),
) -> T {
    let mine = client.clone();
    let called = thread::spawn(move || within_a_minute(move || call(mine)));
    when();
    client.shutdown();
    called.join().unwrap()
}

#[test]
fn a_call_that_waits_for_its_answer_ends_and_is_not_tried_again() {
    let (base, accepted) = silent();
    let client = client(patient(Options::new().base(base)));
    let mut socket = None;
    let failure = ended(&client, |client| client.login(&bob()), || socket = accepted.recv().ok()).unwrap_err();
    assert_eq!(failure.kind(), FailureKind::Transport);
    assert_eq!(failure.transport(), Some((TransportErrorKind::Closed, Delivery::MaybeSent)));
    assert!(said(&failure).contains("shut down"), "{}", said(&failure));
    assert!(accepted.try_recv().is_err(), "it was tried again");
}

#[test]
fn a_wait_ends_with_what_it_waited_after() {
    let scene = plain(SimHub::demo());
    let client = scene.again(patient);
    let mut answer = hub_auth_core::http::Response::new(b"{}".to_vec());
    *answer.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    answer.headers_mut().insert("retry-after", "3600".parse().unwrap());
    scene.server.hub().always(Fault::Answer(answer));
    let when = || {
        while scene.server.requests().is_empty() {
            thread::yield_now();
        }
    };
    let failure = ended(&client, |client| client.login(&bob()), when).unwrap_err();
    // The answer may have been on its way still.
    assert!(matches!(failure.kind(), FailureKind::ServerFault | FailureKind::Transport), "{failure:?}");
    assert_eq!(scene.counts().1, 1);
}

#[test]
fn a_code_whose_answer_was_lost_is_not_asked_for_again() {
    let scene = plain(SimHub::demo());
    scene.server.hub().script(Fault::Pass).script(Fault::Stall);
    let client = scene.again(patient);
    let code = scene.code();
    let mut codes = vec![code];
    let call = move |client: Client| client.login_with(&alice(), |_| Some(codes.pop().expect("asked again")));
    let when = || {
        while scene.server.requests().len() < 2 {
            thread::yield_now();
        }
    };
    let failure = ended(&client, call, when).unwrap_err();
    assert_eq!(failure.transport(), Some((TransportErrorKind::Closed, Delivery::MaybeSent)));
    assert_eq!(scene.counts().1, 2);
}

#[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
#[test]
fn a_handshake_ends() {
    let (base, accepted) = silent();
    let base = base.to_string().replace("http:", "https:").parse().unwrap();
    let trust = common::trusting(&hub_auth_testkit::tls::Authority::new().unwrap());
    let client = client(patient(Options::new().base(base).trust(trust)));
    let mut socket = None;
    let call = |client: Client| client.warm().map_err(|broken| (broken.kind, broken.delivery));
    let broken = ended(&client, call, || socket = accepted.recv().ok()).unwrap_err();
    assert_eq!(broken, (TransportErrorKind::Closed, Delivery::NotSent));
}

#[test]
fn everything_after_it_fails_and_nothing_is_sent() {
    for scene in both(SimHub::demo) {
        let session = Session::new(scene.client.clone(), bob());
        session.token(Duration::ZERO).unwrap();
        assert_eq!(scene.counts(), (1, 1));
        scene.client.clone().shutdown();
        scene.client.shutdown();
        let failure = scene.client.login(&bob()).unwrap_err();
        assert_eq!(failure.transport(), Some((TransportErrorKind::Closed, Delivery::NotSent)));
        assert!(said(&failure).contains("shut down"), "{}", said(&failure));
        let broken = scene.client.warm().unwrap_err();
        assert_eq!((broken.kind, broken.delivery), (TransportErrorKind::Closed, Delivery::NotSent));
        let request = hub_auth_core::http::Request::get(format!("{}v2/user", scene.server.url()));
        session.send(request.body("".into()).unwrap()).unwrap_err();
        assert_eq!(scene.counts(), (1, 1));
    }
}

#[test]
fn what_is_kept_is_closed() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    let client = client(Options::new().base(base));
    client.warm().unwrap();
    let (mut socket, _) = listener.accept().unwrap();
    client.shutdown();
    assert_eq!(within_a_minute(move || socket.read(&mut [0]).unwrap()), 0);
}
