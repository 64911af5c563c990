//! Ten thousand logins with a second factor, 64 at a time over one client: 64 connections in all, none left open, and
//! nothing kept of a login that is over. A test binary of its own, since all of the process is counted.
#![allow(clippy::panic, clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod hub;

use std::alloc::System;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use hub::Hub;
use hub_auth_core::{Account, Code, Credential, Grant};
use hub_auth_host::Options;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use tokio::task::JoinSet;

#[global_allocator]
static COUNTED: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const AT_A_TIME: usize = 64;
const FIRST: usize = 1_000;
const HALF: usize = 5_000;
const ALL: usize = 10_000;
/// What a connection's buffers may still grow by: hyper's read buffer doubles once, from 8 KiB.
const BUFFERS: usize = 12 * 1024;
/// What 5,000 logins may leave behind: less than the smallest allocation for each.
const SLACK: usize = 64 * 1024;

/// The memory that is counted is that of both.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

#[test]
fn hyper() {
    let _one = ONE_AT_A_TIME.lock();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let hub = Hub::start(AT_A_TIME);
    let client = hub_auth_hyper::Client::new(Options::new().base(hub.url())).unwrap();
    check("hyper", &hub, |logins| {
        runtime.block_on(async {
            let mut tasks = JoinSet::new();
            for _ in 0..AT_A_TIME {
                let (client, logins) = (client.clone(), Arc::clone(&logins));
                tasks.spawn(async move {
                    while let Some(account) = logins.next() {
                        let ask = async move |_: &_| Some(code());
                        ended(&account, &client.login_with(&account, ask).await.unwrap());
                    }
                });
            }
            tasks.join_all().await;
        });
    });
    drop(client);
    // What it left to the runtime goes with that.
    drop(runtime);
    hub.until_all_are_closed();
}

#[test]
fn blocking() {
    let _one = ONE_AT_A_TIME.lock();
    let hub = Hub::start(AT_A_TIME);
    let client = hub_auth_blocking::Client::new(Options::new().base(hub.url())).unwrap();
    check("blocking", &hub, |logins| {
        thread::scope(|scope| {
            for _ in 0..AT_A_TIME {
                scope.spawn(|| {
                    while let Some(account) = logins.next() {
                        ended(&account, &client.login_with(&account, |_| Some(code())).unwrap());
                    }
                });
            }
        });
    });
    drop(client);
    hub.until_all_are_closed();
}

/// Runs them in three batches, and compares what is in use after each.
fn check(name: &str, hub: &Hub, run: impl Fn(Arc<Logins>)) {
    let batch = |start, end| {
        run(Arc::new(Logins { next: AtomicUsize::new(start), end }));
        // Two calls each.
        hub.until_over(2 * end);
        in_use()
    };
    let [first, half, all] = [batch(0, FIRST), batch(FIRST, HALF), batch(HALF, ALL)];
    let (logins, connections) = (hub.logins(), hub.connections());
    println!(
        "{name}: {connections} connections; in use {first}, {half}, {all} bytes after {FIRST}, {HALF}, {logins} logins"
    );
    assert_eq!(logins, ALL);
    assert_eq!(connections, AT_A_TIME);
    assert!(all < first + BUFFERS * AT_A_TIME, "{first} bytes became {all}");
    assert!(all < half + SLACK, "{half} bytes became {all}");
}

fn in_use() -> usize {
    let stats = COUNTED.stats();
    stats.bytes_allocated - stats.bytes_deallocated
}

/// The accounts that are still to log in.
struct Logins {
    next: AtomicUsize,
    end: usize,
}

impl Logins {
    fn next(&self) -> Option<Account> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let password = Credential::password(format!("password of {number}"));
        (number < self.end).then(|| Account::new(&format!("user{number}"), password).unwrap())
    }
}

/// Each has its own token.
fn ended(account: &Account, grant: &Grant) {
    assert_eq!(grant.token().expose(), Hub::token(account.user()));
}

fn code() -> Code {
    Code::new("123456").unwrap()
}
