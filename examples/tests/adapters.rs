//! Logs in by either adapter.

use std::error::Error;
use std::time::Duration;

use hub_auth_core::{Account, Challenge, Code, Credential, Failure, Grant};
use hub_auth_host::{Options, Trust};
use hub_auth_testkit::tls::Authority;
use hub_auth_testkit::{Loopback, demo};
use tokio::runtime;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Adapter {
    Hyper,
    Blocking,
}

pub(crate) const ADAPTERS: [Adapter; 2] = [Adapter::Hyper, Adapter::Blocking];

impl Adapter {
    /// Logs in once with the second factor, by a new client.
    pub(crate) fn log_in(self, options: Options, hub: &Loopback) -> Result<Grant, Failure> {
        let account = Account::new(demo::USER, Credential::password(demo::PASSWORD)).unwrap();
        let code = |_: &Challenge| {
            // Each code is good once.
            hub.advance(Duration::from_secs(30));
            Some(Code::new(&hub.code(demo::USER).unwrap()).unwrap())
        };
        match self {
            Adapter::Hyper => {
                let runtime = runtime::Builder::new_current_thread().enable_all().build().unwrap();
                let client = hub_auth_hyper::Client::new(options).unwrap();
                runtime.block_on(client.login_with(&account, async |challenge: &Challenge| code(challenge)))
            }
            Adapter::Blocking => hub_auth_blocking::Client::new(options).unwrap().login_with(&account, code),
        }
    }
}

pub(crate) fn trust(authority: &Authority) -> Trust {
    Trust::none().with_ca_pem(authority.pem().as_bytes()).unwrap()
}

/// Joins the texts of a failure and of all its causes, for people and for debugging.
pub(crate) fn all_of(failure: &Failure) -> String {
    let errors = std::iter::successors(Some(failure as &dyn Error), |&error| error.source());
    errors.map(|error| format!("{error}\n{error:?}")).collect::<Vec<_>>().join("\n")
}
