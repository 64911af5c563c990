//! What goes wrong on the way, and what is said of it.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

mod common;

use std::time::Duration;

use common::{Scene, bob, both, chain, client, once, plain, run};
use hub_auth_core::http::header::LOCATION;
use hub_auth_core::http::{HeaderValue, Response, StatusCode};
use hub_auth_core::{Delivery, Failure, FailureKind, TransportErrorKind};
use hub_auth_hyper::Options;
use hub_auth_testkit::hub::{Fault, SimHub};
use hub_auth_testkit::wire::Nowhere;

/// A deadline that is sure to pass where nothing comes, or too little, and not before the request is sent.
const LATE: Duration = Duration::from_secs(4);

/// The demo's hub, with this for every request.
fn always(fault: Fault) -> SimHub {
    let mut hub = SimHub::demo();
    hub.always(fault);
    hub
}

/// A server with this fault, plain, and a client that tries once.
fn one_try(fault: Fault, options: Options) -> Scene {
    let mut scene = plain(always(fault));
    scene.client = client(once(options).base(scene.server.url()));
    scene
}

fn failure(scene: &Scene) -> Failure {
    run(scene.client.login(&bob())).unwrap_err()
}

#[test]
fn a_redirect_is_not_followed() {
    for status in [301, 302, 303, 307, 308] {
        let elsewhere = plain(SimHub::demo());
        for scene in both(SimHub::demo) {
            let mut answer = Response::new(Vec::new());
            *answer.status_mut() = StatusCode::from_u16(status).unwrap();
            let location = format!("{}v2/users/login", elsewhere.server.url());
            answer.headers_mut().insert(LOCATION, HeaderValue::try_from(location).unwrap());
            scene.server.hub().always(Fault::Answer(answer));
            assert_eq!(failure(&scene).kind(), FailureKind::Redirected);
            assert_eq!(scene.counts(), (1, 1));
        }
        assert_eq!(elsewhere.server.connections(), 0);
    }
}

#[test]
fn an_endless_body_is_cut_off() {
    for scene in both(|| always(Fault::Endless(1 << 30))) {
        let failure = failure(&scene);
        assert_eq!(failure.kind(), FailureKind::AnswerTooLarge);
        assert_eq!(failure.transport(), Some((TransportErrorKind::TooLarge, Delivery::MaybeSent)));
        assert_eq!(failure.status(), Some(StatusCode::OK));
        assert_eq!(scene.counts(), (1, 1));
    }
}

/// An answer of the Hub with this many headers.
fn headers(count: usize) -> String {
    format!("HTTP/1.1 429 No\r\n{}content-length: 2\r\n\r\n{{}}", "x: y\r\n".repeat(count - 1))
}

#[test]
fn a_head_of_a_hundred_headers_is_read() {
    let scene = one_try(Fault::Raw(headers(100).into_bytes()), Options::new());
    assert_eq!(failure(&scene).kind(), FailureKind::RateLimited);
}

#[test]
fn an_endless_head_is_cut_off() {
    let long = format!("HTTP/1.1 200 OK\r\nx: {}\r\ncontent-length: 2\r\n\r\n{{}}", "y".repeat(64 * 1024));
    for head in [long, headers(101)] {
        let scene = one_try(Fault::Raw(head.into_bytes()), Options::new());
        let failure = failure(&scene);
        assert_eq!(failure.kind(), FailureKind::AnswerTooLarge);
        assert_eq!(failure.transport(), Some((TransportErrorKind::TooLarge, Delivery::MaybeSent)));
    }
}

#[test]
fn a_dripping_body_is_too_late() {
    let drip = Fault::Drip(Duration::from_secs(1));
    let scene = one_try(drip, Options::new().timeout(LATE));
    let failure = failure(&scene);
    assert_eq!(failure.kind(), FailureKind::TimedOut);
    assert_eq!(failure.transport(), Some((TransportErrorKind::Timeout, Delivery::MaybeSent)));
    assert_eq!(failure.status(), Some(StatusCode::OK));
    assert_eq!(scene.counts(), (1, 1));
}

#[test]
fn silence_is_too_late() {
    let scene = one_try(Fault::Stall, Options::new().timeout(LATE));
    let failure = failure(&scene);
    assert_eq!(failure.kind(), FailureKind::TimedOut);
    assert_eq!(failure.transport(), Some((TransportErrorKind::Timeout, Delivery::MaybeSent)));
    assert_eq!(failure.status(), None);
}

#[test]
fn the_longest_timeout_there_is_can_be_asked_for() {
    let mut scene = plain(SimHub::demo());
    let endless = Options::new().timeout(Duration::MAX).connect_timeout(Duration::MAX);
    scene.client = client(endless.base(scene.server.url()));
    assert!(run(scene.client.login(&bob())).is_ok());
}

#[test]
fn a_refused_connection_proves_that_nothing_was_sent() {
    let nowhere = Nowhere::refused().unwrap();
    let client = client(once(Options::new()).base(nowhere.url().unwrap()));
    let failure = run(client.login(&bob())).unwrap_err();
    assert_eq!(failure.kind(), FailureKind::Transport);
    assert_eq!(failure.transport(), Some((TransportErrorKind::Connect, Delivery::NotSent)));
    assert!(chain(&failure).contains("refused"), "{}", chain(&failure));
}

#[test]
fn an_answer_cut_half_way_may_have_counted() {
    for scene in both(|| always(Fault::Truncate(5))) {
        let failure = failure(&scene);
        assert_eq!(failure.kind(), FailureKind::Transport);
        assert_eq!(failure.transport(), Some((TransportErrorKind::Closed, Delivery::MaybeSent)));
        assert_eq!(failure.status(), Some(StatusCode::OK));
        // Once more, on a connection of its own, and no more.
        assert_eq!(scene.counts(), (2, 2));

        scene.server.hub().rate_limit(0);
        let failure = run(scene.client.login(&bob())).unwrap_err();
        assert_eq!(failure.kind(), FailureKind::RateLimited);
        assert!(failure.retry_at().is_some());
    }
}

#[test]
fn a_lost_answer_may_have_counted() {
    for fault in [Fault::DropBefore, Fault::DropAfter, Fault::Raw(b"garbage\r\n\r\n".to_vec())] {
        let scene = one_try(fault, Options::new());
        let failure = failure(&scene);
        assert_eq!(failure.kind(), FailureKind::Transport);
        assert_eq!(failure.transport(), Some((TransportErrorKind::Closed, Delivery::MaybeSent)));
        assert_eq!(failure.status(), None);
        assert_eq!(scene.counts(), (1, 1));
    }
}

#[test]
fn lines_may_end_in_a_bare_line_feed() {
    let answer = b"HTTP/1.1 429 Too Many Requests\nretry-after: 60\ncontent-length: 2\n\n{}";
    let scene = one_try(Fault::Raw(answer.to_vec()), Options::new());
    let failure = failure(&scene);
    assert_eq!((failure.kind(), failure.status().unwrap().as_u16()), (FailureKind::RateLimited, 429));
}
