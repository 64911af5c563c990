//! What needs a clock of its own: expiry, waits, time steps. The rest is in `tests/`.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod calls;
mod flights;
mod stores;
mod totp;

use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use hub_auth_core::session::Bearer;
use hub_auth_core::{Account, Credential, Policy};
use hub_auth_host::Options;
use hub_auth_testkit::Loopback;
use hub_auth_testkit::hub::{SimHub, demo};

use super::Session;
use crate::Client;
use crate::clock::{Clock, Still};

/// How long tokens are good here.
const LIFE: Duration = Duration::from_secs(600);

struct Scene {
    server: Loopback,
    client: Client,
    clock: Arc<Still>,
}

fn scene() -> Scene {
    scene_of(SimHub::demo())
}

fn scene_of(mut hub: SimHub) -> Scene {
    hub.login_lifetime(LIFE);
    let server = Loopback::start(hub).unwrap();
    let clock = Still::start();
    let options = Options::new().base(server.url()).policy(Policy::new(1));
    let client = Client::with_clock(options, Clock::Still(Arc::clone(&clock))).unwrap();
    Scene { server, client, clock }
}

impl Scene {
    /// Time passes here and at the Hub.
    fn advance(&self, secs: u64) {
        let by = Duration::from_secs(secs);
        self.server.advance(by);
        self.client.clock().sleep(by);
    }

    fn session(&self) -> Session {
        Session::new(self.client.clone(), bob())
    }

    /// How many requests came in for this path.
    fn count(&self, path: &str) -> usize {
        self.server.requests().iter().filter(|request| request.target == path).count()
    }

    fn logins(&self) -> usize {
        self.count("/v2/users/login")
    }
}

fn bob() -> Account {
    Account::new(demo::USER_WITHOUT_2FA, Credential::password(demo::PASSWORD_WITHOUT_2FA)).unwrap()
}

fn alice() -> Account {
    Account::new(demo::USER, Credential::password(demo::PASSWORD)).unwrap()
}

fn token(session: &Session) -> Bearer {
    session.token(Duration::ZERO).unwrap()
}

fn text(bearer: &Bearer) -> String {
    bearer.token().expose().to_owned()
}

/// Starts this many threads together.
fn together<T: Send>(threads: usize, work: impl Fn() -> T + Sync) -> Vec<T> {
    let barrier = Barrier::new(threads);
    thread::scope(|scope| {
        let start = || {
            scope.spawn(|| {
                barrier.wait();
                work()
            })
        };
        let started: Vec<_> = (0..threads).map(|_| start()).collect();
        started.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}
