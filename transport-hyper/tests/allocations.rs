//! A good token costs no allocation. A test binary of its own, since all of the process is counted.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::alloc::System;
use std::time::Duration;

use common::{bob, plain, run};
use http::HeaderMap;
use hub_auth_core::sim::SimHub;
use hub_auth_hyper::Session;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static COUNTED: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

#[test]
fn asking_for_a_good_token_and_authorizing_allocates_nothing() {
    let scene = plain(SimHub::demo());
    let session = Session::new(scene.client.clone(), bob());
    run(async {
        let mut headers = HeaderMap::with_capacity(8);
        session.authorize(&mut headers).await.unwrap();
        headers.clear();

        let counted = Region::new(COUNTED);
        for _ in 0..100 {
            session.token(Duration::from_secs(60)).await.unwrap();
            session.authorize(&mut headers).await.unwrap();
        }
        let change = counted.change();
        assert_eq!((change.allocations, change.reallocations), (0, 0), "{change:?}");

        // And it does count.
        let counted = Region::new(COUNTED);
        drop(std::hint::black_box(Box::new(1)));
        assert_eq!(counted.change().allocations, 1);
    });
    assert_eq!(scene.counts().1, 1);
}
