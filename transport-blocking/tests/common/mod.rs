//! A server and a client of it, for one test.
#![allow(dead_code, unreachable_pub, reason = "each test binary uses a part")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

use std::error::Error;
use std::num::NonZeroU8;

use hub_auth_blocking::{Client, Options};
use hub_auth_core::{Account, Code, Credential, Policy};
use hub_auth_testkit::Loopback;
use hub_auth_testkit::hub::{SimHub, demo};

/// A server and a client of it.
pub struct Scene {
    pub server: Loopback,
    pub client: Client,
    options: Options,
}

pub fn plain(hub: SimHub) -> Scene {
    let server = Loopback::start(hub).unwrap();
    let options = Options::new().base(server.url());
    Scene { server, client: client(options.clone()), options }
}

#[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
pub fn tls(hub: SimHub) -> Scene {
    let authority = hub_auth_testkit::tls::Authority::new().unwrap();
    let server = Loopback::start_tls(hub, &authority.issue(&["localhost"]).unwrap()).unwrap();
    let options = Options::new().base(server.url()).trust(trusting(&authority));
    Scene { server, client: client(options.clone()), options }
}

#[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
pub fn trusting(authority: &hub_auth_testkit::tls::Authority) -> hub_auth_blocking::Trust {
    hub_auth_blocking::Trust::none().with_ca_pem(authority.pem().as_bytes()).unwrap()
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

/// What this comes to within a minute: a guard against hanging, not a measure.
pub fn within_a_minute<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, done) = std::sync::mpsc::channel();
    std::thread::spawn(move || sender.send(work()));
    done.recv_timeout(std::time::Duration::from_secs(60)).expect("it hangs")
}

/// No second try, so that a test sees the first.
pub fn once(options: Options) -> Options {
    options.policy(Policy::new(1).with_sends(NonZeroU8::MIN))
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

    /// Another client of the same server, with other options.
    pub fn again(&self, change: impl FnOnce(Options) -> Options) -> Client {
        client(change(self.options.clone()))
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
