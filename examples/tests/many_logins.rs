//! 64 threads share one blocking client, and need no more than 64 connections. The async adapter has this test of its own.

use std::sync::Barrier;
use std::thread;

use hub_auth_core::{Account, Credential, LoginOutcome};
use hub_auth_host::Options;
use hub_auth_testkit::{Loopback, SimHub, demo};

const CALLERS: usize = 64;
const LOGINS_OF_EACH: usize = 30;

#[test]
fn threads_share_connections() {
    let mut hub = SimHub::demo();
    hub.rate_limit(u64::MAX);
    let hub = Loopback::start(hub).unwrap();
    let client = hub_auth_blocking::Client::new(Options::new().base(hub.url())).unwrap();
    let bob = Account::new(demo::USER_WITHOUT_2FA, Credential::password(demo::PASSWORD_WITHOUT_2FA)).unwrap();
    let all = Barrier::new(CALLERS);
    thread::scope(|scope| {
        for _ in 0..CALLERS {
            scope.spawn(|| {
                all.wait();
                for _ in 0..LOGINS_OF_EACH {
                    assert!(matches!(client.login(&bob), Ok(LoginOutcome::Done(_))));
                }
            });
        }
    });
    assert_eq!(hub.requests().len(), CALLERS * LOGINS_OF_EACH);
    assert!(hub.connections() <= CALLERS, "{} connections", hub.connections());
}
