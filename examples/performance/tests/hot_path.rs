//! A good token costs no memory, by either adapter. A test binary of its own with one test, since all of the process is counted.

use std::alloc::System;

use http::HeaderMap;
use hub_auth_performance::session::{blocking, hyper};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static COUNTED: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

#[test]
fn a_good_token_costs_no_memory() {
    for (name, authorize) in [("hyper", hyper()), ("blocking", blocking())] {
        let count = || {
            let mut headers = HeaderMap::with_capacity(8);
            let counted = Region::new(COUNTED);
            authorize(&mut headers);
            let change = counted.change();
            assert_eq!(headers.len(), 1);
            change.allocations + change.reallocations
        };
        // The test's own runner may ask for memory meanwhile: never for less.
        assert_eq!((0..20).map(|_| count()).min(), Some(0), "{name}");
    }
}
