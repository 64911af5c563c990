//! A good token costs no allocation. A test binary of its own, since all of the process is counted.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::alloc::System;
use std::time::Duration;

use common::{Scene, bob, plain, run};
use http::HeaderMap;
use hub_auth_hyper::Session;
use hub_auth_testkit::hub::SimHub;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static COUNTED: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

#[test]
fn asking_for_a_good_token_and_authorizing_allocates_nothing() {
    // Its threads allocate as well.
    let Scene { server, client } = plain(SimHub::demo());
    let session = Session::new(client, bob());
    run(async {
        let mut headers = HeaderMap::with_capacity(8);
        session.authorize(&mut headers).await.unwrap();
        headers.clear();
        assert_eq!(server.requests().len(), 1);
        drop(server);

        // The test's own runner may ask for memory meanwhile: never for less.
        let mut fewest = usize::MAX;
        for _ in 0..20 {
            let counted = Region::new(COUNTED);
            for _ in 0..100 {
                session.token(Duration::from_secs(60)).await.unwrap();
                session.authorize(&mut headers).await.unwrap();
            }
            let change = counted.change();
            fewest = fewest.min(change.allocations + change.reallocations);
        }
        assert_eq!(fewest, 0);

        // And it does count.
        let counted = Region::new(COUNTED);
        drop(std::hint::black_box(Box::new(1)));
        assert!(counted.change().allocations >= 1);
    });
}
