//! Many logins at once over one client need one connection for each caller, and no more.

use std::sync::Barrier;
use std::thread;

use hub_auth_core::{Account, Credential, LoginOutcome};
use hub_auth_host::Options;
use hub_auth_testkit::{Loopback, SimHub, demo};
use tokio::task::JoinSet;

const CALLERS: usize = 64;
const LOGINS_OF_EACH: usize = 30;

fn hub() -> Loopback {
    let mut hub = SimHub::demo();
    hub.rate_limit(u64::MAX);
    Loopback::start(hub).unwrap()
}

fn bob() -> Account {
    Account::new(demo::USER_WITHOUT_2FA, Credential::password(demo::PASSWORD_WITHOUT_2FA)).unwrap()
}

fn check(hub: &Loopback) {
    assert_eq!(hub.requests().len(), CALLERS * LOGINS_OF_EACH);
    assert!(hub.connections() <= CALLERS, "{} connections", hub.connections());
}

#[test]
fn async_callers_share_connections() {
    let hub = hub();
    let client = hub_auth_hyper::Client::new(Options::new().base(hub.url())).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut tasks = JoinSet::new();
        for _ in 0..CALLERS {
            let client = client.clone();
            tasks.spawn(async move {
                for _ in 0..LOGINS_OF_EACH {
                    assert!(matches!(client.login(&bob()).await, Ok(LoginOutcome::Done(_))));
                }
            });
        }
        tasks.join_all().await;
    });
    check(&hub);
}

#[test]
fn threads_share_connections() {
    let hub = hub();
    let client = hub_auth_blocking::Client::new(Options::new().base(hub.url())).unwrap();
    let all = Barrier::new(CALLERS);
    thread::scope(|scope| {
        for _ in 0..CALLERS {
            scope.spawn(|| {
                all.wait();
                for _ in 0..LOGINS_OF_EACH {
                    assert!(matches!(client.login(&bob()), Ok(LoginOutcome::Done(_))));
                }
            });
        }
    });
    check(&hub);
}
