//! What a good token costs: nothing. A binary of its own, since a process has one allocator.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::alloc::System;
use std::time::Duration;

use common::{bob, plain};
use hub_auth_blocking::core::http::HeaderMap;
use hub_auth_blocking::core::http::header::AUTHORIZATION;
use hub_auth_blocking::{MemoryStore, Session};
use hub_auth_testkit::hub::SimHub;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

#[test]
fn a_good_token_is_had_without_allocating() {
    let scene = plain(SimHub::demo());
    let session = Session::new(scene.client.clone(), bob()).store(MemoryStore::new());
    session.token(Duration::ZERO).unwrap();
    // Its threads allocate as well.
    drop(scene);
    let mut headers = HeaderMap::with_capacity(8);
    headers.insert(AUTHORIZATION, "Basic old".parse().unwrap());
    let mut count = || {
        let region = Region::new(ALLOCATOR);
        for _ in 0..1000 {
            session.token(Duration::from_secs(60)).unwrap();
            session.authorize(&mut headers).unwrap();
        }
        let change = region.change();
        change.allocations + change.reallocations
    };
    // The test's own runner may ask for memory meanwhile: never for less.
    assert_eq!((0..20).map(|_| count()).min(), Some(0));
    assert!(headers.get(AUTHORIZATION).unwrap().is_sensitive());
}
