//! Accounts, a server and a client of it.

use std::error::Error;
use std::num::NonZeroU8;
use std::time::Duration;

use hub_auth_core::{Account, Code, Credential, Policy};
use hub_auth_hyper::{Client, Options};
use hub_auth_testkit::{Loopback, SimHub, demo};

/// Ends a test that hangs; nothing is measured by it.
pub(crate) const GUARD: Duration = Duration::from_secs(60);

/// A server and a client of it.
pub(crate) struct Scene {
    pub(crate) server: Loopback,
    pub(crate) client: Client,
}

pub(crate) fn scene(hub: SimHub) -> Scene {
    let server = Loopback::start(hub).unwrap();
    let client = client(Options::new().base(server.url()));
    Scene { server, client }
}

impl Scene {
    /// The code that alice's authenticator shows.
    pub(crate) fn code(&self) -> Code {
        Code::new(&self.server.code(demo::USER).unwrap()).unwrap()
    }
}

pub(crate) fn client(options: Options) -> Client {
    Client::new(options).unwrap()
}

/// Sends each step once, so that a test sees the first failure.
pub(crate) fn once(options: Options) -> Options {
    options.policy(Policy::new(1).with_sends(NonZeroU8::MIN))
}

/// Has a second factor.
pub(crate) fn alice() -> Account {
    Account::new(demo::USER, Credential::password(demo::PASSWORD)).unwrap()
}

/// Has none.
pub(crate) fn bob() -> Account {
    Account::new(demo::USER_WITHOUT_2FA, Credential::password(demo::PASSWORD_WITHOUT_2FA)).unwrap()
}

/// alice by her personal token, which is exchanged for ten minutes.
pub(crate) fn alice_by_token() -> Account {
    Account::new(demo::USER, Credential::personal_token(demo::PAT)).unwrap()
}

/// An error and its causes, as people see them.
pub(crate) fn chain(error: &dyn Error) -> String {
    std::iter::successors(Some(error), |&error| error.source()).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
