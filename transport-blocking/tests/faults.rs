//! What goes wrong on the way, and what is told of it.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod common;

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use common::{alice, bob, both, chain, client, once, plain};
use hub_auth_blocking::core::{Delivery, FailureKind, TransportErrorKind};
use hub_auth_blocking::{Client, Failure, LoginOutcome, Options};
use hub_auth_core::http::{Response, StatusCode, header::LOCATION};
use hub_auth_testkit::Loopback;
use hub_auth_testkit::hub::{Fault, SimHub};
use hub_auth_testkit::wire::Nowhere;

/// A deadline that is sure to pass where nothing comes, or too little, and not before the request is sent.
const LATE: Duration = Duration::from_secs(4);

/// A client that tries once, and not for long.
fn hasty(server: &Loopback) -> Client {
    client(once(Options::new().base(server.url()).timeout(LATE)))
}

#[test]
fn no_redirect_is_followed() {
    let elsewhere = Loopback::start(SimHub::demo()).unwrap();
    for status in [301, 302, 303, 307, 308] {
        let mut redirect = Response::new(b"moved".to_vec());
        *redirect.status_mut() = StatusCode::from_u16(status).unwrap();
        let to = format!("{}v2/users/login", elsewhere.url());
        redirect.headers_mut().insert(LOCATION, to.parse().unwrap());
        let scene = plain(SimHub::demo());
        scene.server.hub().always(Fault::Answer(redirect));
        let failure = scene.client.login(&bob()).unwrap_err();
        assert_eq!((failure.kind(), failure.status().unwrap().as_u16()), (FailureKind::Redirected, status));
        assert_eq!(scene.counts(), (1, 1));
    }
    assert_eq!(elsewhere.connections(), 0);
}

#[test]
fn an_endless_answer_is_cut_off() {
    for scene in both(|| SimHub::scenario("endless").unwrap()) {
        let failure = scene.client.login(&bob()).unwrap_err();
        assert_eq!(failure.kind(), FailureKind::AnswerTooLarge);
        assert_eq!(failure.transport(), Some((TransportErrorKind::TooLarge, Delivery::MaybeSent)));
        assert_eq!(failure.status(), Some(StatusCode::OK));
        assert_eq!(scene.counts(), (1, 1));
    }
}

#[test]
fn a_long_body_within_the_limit_is_read_whole() {
    let scene = plain(SimHub::demo());
    let padding = " ".repeat(900 * 1024);
    scene.server.hub().script(Fault::json(StatusCode::OK, &format!(r#"{padding}{{"token":"opaque"}}"#)));
    assert!(matches!(scene.client.login(&bob()).unwrap(), LoginOutcome::Done(_)));
    assert!(matches!(scene.client.login(&bob()).unwrap(), LoginOutcome::Done(_)));
    assert_eq!(scene.counts(), (1, 2));
}

#[test]
fn a_head_has_a_hundred_headers_and_no_more() {
    for (count, kind) in [(100, FailureKind::RateLimited), (101, FailureKind::AnswerTooLarge)] {
        let scene = plain(SimHub::demo());
        let more = "x: y\r\n".repeat(count - 1);
        let answer = format!("HTTP/1.1 429 No\r\n{more}content-length: 2\r\n\r\n{{}}");
        scene.server.hub().always(Fault::Raw(answer.into_bytes()));
        let failure = client(once(Options::new().base(scene.server.url()))).login(&bob()).unwrap_err();
        assert_eq!(failure.kind(), kind, "{count}");
    }
}

#[test]
fn a_head_beyond_the_limit_is_too_large() {
    for (length, kind) in [
        (20 * 1024, FailureKind::CredentialsRefused),
        (33 * 1024, FailureKind::AnswerTooLarge),
        (1 << 20, FailureKind::AnswerTooLarge),
    ] {
        let scene = plain(SimHub::demo());
        let client = client(once(Options::new().base(scene.server.url())));
        let long = "x".repeat(length);
        let answer = format!("HTTP/1.1 401 Unauthorized\r\nx: {long}\r\nContent-Length: 0\r\n\r\n");
        scene.server.hub().script(Fault::Raw(answer.into_bytes()));
        assert_eq!(client.login(&bob()).unwrap_err().kind(), kind, "{length}");
    }
}

#[test]
fn a_dripping_body_runs_out_of_time() {
    for scene in both(|| SimHub::scenario("slow").unwrap()) {
        let client = scene.again(|options| once(options).timeout(LATE));
        let failure = client.login(&bob()).unwrap_err();
        assert_eq!(failure.kind(), FailureKind::TimedOut);
        assert_eq!(failure.transport(), Some((TransportErrorKind::Timeout, Delivery::MaybeSent)));
        assert_eq!(failure.status(), Some(StatusCode::OK), "the head was there");
    }
}

#[test]
fn silence_runs_out_of_time() {
    let server = Loopback::start(SimHub::scenario("silent").unwrap()).unwrap();
    let failure = hasty(&server).login(&bob()).unwrap_err();
    assert_eq!(failure.transport(), Some((TransportErrorKind::Timeout, Delivery::MaybeSent)));
    assert_eq!(failure.status(), None);
}

#[test]
fn deadlines_beyond_the_clock_are_taken_for_long() {
    let scene = plain(SimHub::demo());
    let client = client(Options::new().base(scene.server.url()).timeout(Duration::MAX).connect_timeout(Duration::MAX));
    assert!(matches!(client.login(&bob()).unwrap(), LoginOutcome::Done(_)));
}

#[test]
fn no_time_at_all_ends_at_once() {
    let scene = plain(SimHub::demo());
    let new = Options::new;
    for options in
        [new().timeout(Duration::ZERO), new().connect_timeout(Duration::ZERO), new().login_timeout(Duration::ZERO)]
    {
        let failure = client(once(options.base(scene.server.url()))).login(&bob()).unwrap_err();
        assert_eq!(failure.kind(), FailureKind::TimedOut);
        assert_eq!(failure.transport(), Some((TransportErrorKind::Timeout, Delivery::NotSent)));
    }
    assert_eq!(scene.server.requests().len(), 0);
}

#[test]
fn a_refused_connection_proves_that_nothing_was_sent() {
    let nowhere = Nowhere::refused().unwrap();
    let failure = client(once(Options::new().base(nowhere.url().unwrap()))).login(&bob()).unwrap_err();
    assert_eq!(failure.kind(), FailureKind::Transport);
    assert_eq!(failure.transport(), Some((TransportErrorKind::Connect, Delivery::NotSent)));
    assert!(chain(&failure).contains("refused"), "{}", chain(&failure));
}

#[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
#[test]
fn an_unknown_host_proves_that_nothing_was_sent() {
    let trust = common::trusting(&hub_auth_testkit::tls::Authority::new().unwrap());
    let base = "https://no-such-host.invalid".parse().unwrap();
    let failure = client(once(Options::new().no_proxy().base(base).trust(trust))).login(&bob()).unwrap_err();
    // A machine without a resolver may take its time instead.
    assert!(
        matches!(
            failure.transport(),
            Some((TransportErrorKind::Resolve | TransportErrorKind::Timeout, Delivery::NotSent))
        ),
        "{failure:?}"
    );
}

#[test]
fn an_answer_that_is_lost_may_have_been_sent() {
    for fault in [Fault::DropBefore, Fault::DropAfter] {
        for scene in both(SimHub::demo) {
            let client = scene.again(once);
            scene.server.hub().script(fault.clone());
            let failure = client.login(&bob()).unwrap_err();
            assert_eq!(failure.kind(), FailureKind::Transport);
            assert_eq!(failure.transport(), Some((TransportErrorKind::Closed, Delivery::MaybeSent)));
        }
    }
}

#[test]
fn what_is_no_http_is_closed() {
    let scene = plain(SimHub::demo());
    let client = scene.again(once);
    scene.server.hub().script(Fault::Raw(b"SSH-2.0-OpenSSH_9.9\r\n".to_vec()));
    assert_eq!(client.login(&bob()).unwrap_err().transport(), Some((TransportErrorKind::Closed, Delivery::MaybeSent)));
}

#[test]
fn an_answer_cut_half_way_keeps_its_head() {
    for scene in both(|| SimHub::scenario("truncated").unwrap()) {
        let client = scene.again(once);
        let failure = client.login(&bob()).unwrap_err();
        assert_eq!(failure.kind(), FailureKind::Transport);
        assert_eq!(failure.transport(), Some((TransportErrorKind::Closed, Delivery::MaybeSent)));
        assert_eq!(failure.status(), Some(StatusCode::OK));
    }
}

#[test]
fn a_cut_429_is_a_429() {
    for scene in both(SimHub::demo) {
        let cut = "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 60\r\nContent-Length: 100\r\n\r\n{";
        scene.server.hub().script(Fault::Raw(cut.into()));
        let failure = scene.client.login(&bob()).unwrap_err();
        assert_eq!(failure.kind(), FailureKind::RateLimited);
        assert!(failure.retry_at().is_some());
    }
}

#[test]
fn a_lost_first_call_is_tried_once_more_and_a_lost_code_never() {
    let scene = plain(SimHub::demo());
    scene.server.hub().script(Fault::DropAfter).script(Fault::Pass).script(Fault::DropAfter);
    let mut whys = Vec::new();
    let failure = scene.client.login_with(&alice(), |challenge| {
        whys.push(challenge.previous_failure().map(Failure::kind));
        (whys.len() == 1).then(|| scene.code())
    });
    assert_eq!(failure.unwrap_err().kind(), FailureKind::Transport);
    assert_eq!(whys, [None, Some(FailureKind::Transport)]);
    assert_eq!(scene.server.requests().len(), 3);
}

#[test]
fn a_kept_connection_that_was_closed_is_replaced_before_anything_is_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    let client = client(once(Options::new().base(base)));
    let (closed, is_closed) = mpsc::channel();
    let server = thread::spawn(move || {
        for _ in 0..2 {
            let (mut socket, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"}") {
                let mut byte = [0];
                socket.read_exact(&mut byte).unwrap();
                request.push(byte[0]);
            }
            // Nothing in it says that the connection ends.
            socket.write_all(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\n{}").unwrap();
            drop(socket);
            closed.send(()).unwrap();
        }
    });
    for _ in 0..2 {
        assert_eq!(client.login(&bob()).unwrap_err().kind(), FailureKind::CredentialsRefused);
        is_closed.recv().unwrap();
    }
    server.join().unwrap();
}
