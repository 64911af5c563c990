//! Memory: a good token costs none, an endless answer little. A binary of its own, since a process has one allocator.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::alloc::System;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use hub_auth_blocking::http::HeaderMap;
use hub_auth_blocking::http::header::AUTHORIZATION;
use hub_auth_blocking::{Account, Client, Credential, FailureKind, MemoryStore, Options, Session};
use hub_auth_testkit::{Loopback, SimHub, demo};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// One test at a time, since all threads count.
static ALONE: Mutex<()> = Mutex::new(());

fn bob() -> Account {
    Account::new(demo::USER_WITHOUT_2FA, Credential::password(demo::PASSWORD_WITHOUT_2FA)).unwrap()
}

#[test]
fn a_good_token_costs_no_allocation() {
    let _alone = ALONE.lock();
    let server = Loopback::start(SimHub::demo()).unwrap();
    let client = Client::new(Options::new().base(server.url())).unwrap();
    let session = Session::new(client, bob()).store(MemoryStore::new());
    session.token(Duration::ZERO).unwrap();
    // Its threads allocate as well.
    drop(server);
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

#[test]
fn an_answer_of_1_gib_costs_less_than_4_mib() {
    let _alone = ALONE.lock();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        socket.read_exact(&mut [0]).unwrap();
        socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1073741824\r\n\r\n").unwrap();
        // Ends when the client hangs up.
        while socket.write_all(&[b' '; 4096]).is_ok() {}
    });
    let client = Client::new(Options::new().base(base)).unwrap();
    let region = Region::new(ALLOCATOR);
    let failure = client.login(&bob()).unwrap_err();
    let change = region.change();
    assert_eq!(failure.kind(), FailureKind::AnswerTooLarge);
    assert!(change.bytes_allocated < 4 * 1024 * 1024, "{change:?}");
}
