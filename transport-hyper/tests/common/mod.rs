//! A server, a client of it, and a runtime for one test.
#![allow(dead_code, unreachable_pub, reason = "each test binary uses a part")]
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test may panic")]

use std::error::Error;
use std::num::NonZeroU8;
use std::time::Duration;

use hub_auth_core::sim::{SimHub, demo};
use hub_auth_core::{Account, Code, Credential, Policy};
use hub_auth_hyper::{Client, Options};
use hub_auth_testkit::Loopback;

/// Ends a test that hangs; nothing is measured by it.
pub const GUARD: Duration = Duration::from_secs(60);

/// Runs a test on a runtime of one thread.
pub fn run<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(guarded(test))
}

pub async fn guarded<T>(test: impl Future<Output = T>) -> T {
    tokio::time::timeout(GUARD, test).await.expect("the test hangs")
}

/// A server and a client of it.
pub struct Scene {
    pub server: Loopback,
    pub client: Client,
}

pub fn plain(hub: SimHub) -> Scene {
    let server = Loopback::start(hub).unwrap();
    let client = client(Options::new().base(server.url()));
    Scene { server, client }
}

#[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
pub fn tls(hub: SimHub) -> Scene {
    let authority = hub_auth_testkit::tls::Authority::new().unwrap();
    let server = Loopback::start_tls(hub, &authority.issue(&["localhost"]).unwrap()).unwrap();
    let client = client(Options::new().base(server.url()).trust(trusting(&authority)));
    Scene { server, client }
}

#[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
pub fn trusting(authority: &hub_auth_testkit::tls::Authority) -> hub_auth_hyper::Trust {
    hub_auth_hyper::Trust::none().with_ca_pem(authority.pem().as_bytes()).unwrap()
}

/// The same scene, plain and over TLS where that was built.
pub fn both(hub: impl Fn() -> SimHub) -> Vec<Scene> {
    vec![
        plain(hub()),
        #[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
        tls(hub()),
    ]
}

pub fn client(options: Options) -> Client {
    Client::new(options).unwrap()
}

/// No second try, so that a test sees the first.
pub fn once(options: Options) -> Options {
    options.policy(Policy::new(1).sends(NonZeroU8::MIN))
}

pub fn alice() -> Account {
    Account::new(demo::USER, Credential::password(demo::PASSWORD)).unwrap()
}

pub fn bob() -> Account {
    Account::new(demo::USER_WITHOUT_2FA, Credential::password(demo::PASSWORD_WITHOUT_2FA)).unwrap()
}

impl Scene {
    /// The code that alice's authenticator shows.
    pub fn code(&self) -> Code {
        Code::new(&self.server.code(demo::USER).unwrap()).unwrap()
    }

    /// How many connections were opened, and how many requests came in.
    pub fn counts(&self) -> (usize, usize) {
        (self.server.connections(), self.server.requests().len())
    }
}

/// An error and all beneath it, as people see it.
pub fn chain(error: &dyn Error) -> String {
    std::iter::successors(Some(error), |&error| error.source()).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
