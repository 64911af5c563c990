//! Counts allocations, in a test binary of its own, since the counter sees the whole process.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

use std::alloc::System;
use std::time::Duration;

use hub_auth_core::{Account, Credential, TransportErrorKind};
use hub_auth_hyper::{Client, Options, Session, http::HeaderMap};
use hub_auth_testkit::{Fault, Loopback, SimHub, demo};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static COUNTED: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Runs alone: another test would allocate at the same time.
#[tokio::test]
async fn a_good_token_costs_nothing_and_an_endless_answer_little() {
    let server = Loopback::start(SimHub::demo()).unwrap();
    let client = Client::new(Options::new().base(server.url())).unwrap();
    let bob = Account::new(demo::USER_WITHOUT_2FA, Credential::password(demo::PASSWORD_WITHOUT_2FA)).unwrap();
    let session = Session::new(client.clone(), bob.clone());
    let mut headers = HeaderMap::with_capacity(8);
    session.authorize(&mut headers).await.unwrap();

    // The server's threads may allocate too, so the least of many rounds counts.
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

    server.hub().always(Fault::Endless(1 << 30));
    let counted = Region::new(COUNTED);
    let failure = client.login(&bob).await.unwrap_err();
    let bytes = counted.change().bytes_allocated;
    assert_eq!(failure.transport().unwrap().0, TransportErrorKind::TooLarge);
    // The sum of all allocations, the server's included, bounds the memory that was held at any time.
    assert!(bytes > 0 && bytes < 4 << 20, "{bytes} bytes");
}
