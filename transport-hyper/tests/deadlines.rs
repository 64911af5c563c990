//! What runs out of time, and what is said of it.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

mod common;

use std::time::Duration;

use common::{GUARD, alice, bob, chain, client, once, plain, run};
use hub_auth_core::http::header::RETRY_AFTER;
use hub_auth_core::http::{Response, StatusCode};
use hub_auth_core::{Delivery, FailureKind, TransportErrorKind};
use hub_auth_hyper::Options;
use hub_auth_testkit::Loopback;
use hub_auth_testkit::hub::{Fault, SimHub};
use hub_auth_testkit::wire::Nowhere;
use tokio::time::{advance, pause, resume};

/// A deadline before which nothing has to happen.
const SHORT: Duration = Duration::from_millis(200);
const HOUR: Duration = Duration::from_secs(60 * 60);

#[test]
fn no_time_at_all_sends_nothing() {
    let new = || Options::new().policy(hub_auth_core::Policy::new(1));
    let scene = plain(SimHub::demo());
    for options in
        [new().timeout(Duration::ZERO), new().connect_timeout(Duration::ZERO), new().login_timeout(Duration::ZERO)]
    {
        let failure = run(client(options.base(scene.server.url())).login(&bob())).unwrap_err();
        assert_eq!(failure.transport(), Some((TransportErrorKind::Timeout, Delivery::NotSent)));
    }
    assert!(scene.server.requests().is_empty());
}

#[test]
fn a_look_up_has_a_deadline_of_its_own() {
    let base = "http://localhost:9".parse().unwrap();
    let broken = run(client(Options::new().base(base).resolve_timeout(Duration::ZERO)).warm()).unwrap_err();
    assert_eq!((broken.kind, broken.delivery), (TransportErrorKind::Timeout, Delivery::NotSent));
    assert!(broken.source.unwrap().to_string().contains("looked up"));
}

#[cfg(target_os = "linux")]
#[test]
fn an_address_where_nobody_answers_is_too_late() {
    let nowhere = Nowhere::silent().unwrap();
    for options in [Options::new().connect_timeout(SHORT), Options::new().timeout(SHORT)] {
        let failure = run(client(once(options).base(nowhere.url().unwrap())).login(&bob())).unwrap_err();
        assert_eq!(failure.kind(), FailureKind::TimedOut);
        assert_eq!(failure.transport(), Some((TransportErrorKind::Timeout, Delivery::NotSent)));
    }
    let broken = run(client(Options::new().connect_timeout(SHORT).base(nowhere.url().unwrap())).warm()).unwrap_err();
    assert_eq!((broken.kind, broken.delivery), (TransportErrorKind::Timeout, Delivery::NotSent));
}

/// What comes of this when time runs only once so many requests have come in, and then is over at once.
async fn late_after<T>(requests: usize, server: &Loopback, login: impl Future<Output = T>) -> T {
    let arrived = async {
        while server.requests().len() < requests {
            tokio::task::yield_now().await;
        }
        pause();
    };
    tokio::join!(login, arrived).0
}

#[test]
fn the_attempt_under_way_ends_with_the_login() {
    let scene = plain(SimHub::demo());
    scene.server.hub().always(Fault::Stall);
    let client = client(Options::new().base(scene.server.url()).login_timeout(GUARD / 2).timeout(HOUR));
    let failure = run(late_after(1, &scene.server, client.login(&bob()))).unwrap_err();
    assert_eq!(failure.kind(), FailureKind::TimedOut);
    assert_eq!(failure.transport(), Some((TransportErrorKind::Timeout, Delivery::MaybeSent)));
    assert!(chain(&failure).contains("the login was not done"), "{}", chain(&failure));
    assert_eq!(scene.server.requests().len(), 1);
}

#[test]
fn a_wait_beyond_the_end_of_the_login_is_not_begun() {
    let scene = plain(SimHub::demo());
    let mut busy = Response::new(Vec::new());
    *busy.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    busy.headers_mut().insert(RETRY_AFTER, "3600".parse().unwrap());
    scene.server.hub().script(Fault::Answer(busy));
    let policy = hub_auth_core::Policy::new(1).with_longest_wait(HOUR * 2);
    let client = client(Options::new().base(scene.server.url()).policy(policy));
    let failure = run(client.login(&bob())).unwrap_err();
    assert_eq!((failure.kind(), failure.status()), (FailureKind::ServerFault, Some(StatusCode::SERVICE_UNAVAILABLE)));
    assert_eq!(scene.server.requests().len(), 1);
}

#[test]
fn the_time_in_which_a_person_types_is_not_counted() {
    let scene = plain(SimHub::demo());
    let client = client(Options::new().base(scene.server.url()).login_timeout(GUARD / 2));
    let done = run(client.login_with(&alice(), async |_| {
        pause();
        advance(GUARD * 2 / 3).await;
        resume();
        Some(scene.code())
    }));
    assert!(done.is_ok(), "{done:?}");
}

#[test]
fn a_challenge_that_comes_back_too_late_is_given_up() {
    let scene = plain(SimHub::demo());
    scene.server.hub().script(Fault::Pass).script(Fault::Stall);
    let client = client(Options::new().base(scene.server.url()).login_timeout(GUARD / 2).timeout(HOUR));
    let mut asked = 0;
    let account = alice();
    let login = client.login_with(&account, async |_| {
        asked += 1;
        Some(scene.code())
    });
    let failure = run(late_after(2, &scene.server, login));
    assert_eq!(failure.unwrap_err().kind(), FailureKind::TimedOut);
    assert_eq!((asked, scene.server.requests().len()), (1, 2));
}
