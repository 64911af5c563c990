//! Logins by the libraries themselves, for what the program has no option for.

use std::error::Error;
use std::fmt::Write as _;
use std::time::Duration;

use hub_auth_core::{Account, Challenge, Code, Credential, Failure, Grant};
use hub_auth_hyper::Options;
use hub_auth_testkit::Loopback;
use hub_auth_testkit::hub::demo;
use tokio::runtime;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Adapter {
    Hyper,
    Blocking,
}

pub(crate) const ADAPTERS: [Adapter; 2] = [Adapter::Hyper, Adapter::Blocking];

impl Adapter {
    /// One login with its second factor, by a client of its own.
    pub(crate) fn log_in(self, options: Options, hub: &Loopback) -> Result<Grant, Failure> {
        self.log_in_slowly(options, hub, || {})
    }

    /// The same; `typing` is done while a person would type.
    pub(crate) fn log_in_slowly(
        self,
        options: Options,
        hub: &Loopback,
        mut typing: impl FnMut(),
    ) -> Result<Grant, Failure> {
        let account = Account::new(demo::USER, Credential::password(demo::PASSWORD)).unwrap();
        let mut ask = |_: &Challenge| {
            typing();
            // Each code is good once.
            hub.advance(Duration::from_secs(30));
            Some(Code::new(&hub.code(demo::USER).unwrap()).unwrap())
        };
        match self {
            Adapter::Hyper => {
                let runtime = runtime::Builder::new_current_thread().enable_all().build().unwrap();
                let client = hub_auth_hyper::Client::new(options).unwrap();
                runtime.block_on(client.login_with(&account, async |challenge: &Challenge| ask(challenge)))
            }
            Adapter::Blocking => hub_auth_blocking::Client::new(options).unwrap().login_with(&account, ask),
        }
    }
}

/// All that a failure can be made to say.
pub(crate) fn all_of(failure: &Failure) -> String {
    let mut said = format!("{failure} {failure:?} {failure:#?}");
    let mut next = failure.source();
    while let Some(error) = next {
        write!(said, "\n{error} {error:?} {error:#?}").unwrap();
        next = error.source();
    }
    said
}
