//! Tests the deadlines and the failures that name them.

use std::time::Duration;

use hub_auth_core::http::header::RETRY_AFTER;
use hub_auth_core::http::{Response, StatusCode};
use hub_auth_core::{Delivery, FailureKind, Policy, TransportErrorKind};
use hub_auth_hyper::Options;
use hub_auth_testkit::{Fault, Loopback, SimHub};
use tokio::time::{advance, pause, resume};

use crate::common::{GUARD, alice, bob, chain, client, scene};

const HOUR: Duration = Duration::from_secs(60 * 60);

#[tokio::test]
async fn no_time_at_all_sends_nothing() {
    let new = || Options::new().policy(Policy::new(1));
    let scene = scene(SimHub::demo());
    for options in
        [new().timeout(Duration::ZERO), new().connect_timeout(Duration::ZERO), new().login_timeout(Duration::ZERO)]
    {
        let failure = client(options.base(scene.server.url())).login(&bob()).await.unwrap_err();
        assert_eq!(failure.transport(), Some((TransportErrorKind::Timeout, Delivery::NotSent)));
    }
    assert!(scene.server.requests().is_empty());
}

/// Stops the clock once so many requests have come in. tokio then moves it to the next deadline at once.
async fn late_after<T>(requests: usize, server: &Loopback, login: impl Future<Output = T>) -> T {
    let arrived = async {
        while server.requests().len() < requests {
            tokio::task::yield_now().await;
        }
        pause();
    };
    tokio::join!(login, arrived).0
}

#[tokio::test]
async fn the_attempt_under_way_ends_with_the_login() {
    let scene = scene(SimHub::demo());
    scene.server.hub().always(Fault::Stall);
    let client = client(Options::new().base(scene.server.url()).login_timeout(GUARD / 2).timeout(HOUR));
    let failure = late_after(1, &scene.server, client.login(&bob())).await.unwrap_err();
    assert_eq!(failure.kind(), FailureKind::TimedOut);
    assert_eq!(failure.transport(), Some((TransportErrorKind::Timeout, Delivery::MaybeSent)));
    assert!(chain(&failure).contains("the login was not done"), "{}", chain(&failure));
    assert_eq!(scene.server.requests().len(), 1);
}

#[tokio::test]
async fn a_wait_beyond_the_end_of_the_login_is_not_begun() {
    let scene = scene(SimHub::demo());
    let mut busy = Response::new(Vec::new());
    *busy.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    busy.headers_mut().insert(RETRY_AFTER, "3600".parse().unwrap());
    scene.server.hub().script(Fault::Answer(busy));
    let policy = Policy::new(1).with_longest_wait(HOUR * 2);
    let client = client(Options::new().base(scene.server.url()).policy(policy));
    let failure = client.login(&bob()).await.unwrap_err();
    assert_eq!((failure.kind(), failure.status()), (FailureKind::ServerFault, Some(StatusCode::SERVICE_UNAVAILABLE)));
    assert_eq!(scene.server.requests().len(), 1);
}

#[tokio::test]
async fn the_time_in_which_a_person_types_is_not_counted() {
    let scene = scene(SimHub::demo());
    let client = client(Options::new().base(scene.server.url()).login_timeout(GUARD / 2));
    let account = alice();
    let done = client.login_with(&account, async |_| {
        pause();
        advance(GUARD * 2 / 3).await;
        resume();
        Some(scene.code())
    });
    assert!(done.await.is_ok());
}
