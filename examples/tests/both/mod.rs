//! One way to log in by either transport.
#![allow(dead_code, reason = "each test binary uses a part")]

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use hub_auth_blocking::Options;
use hub_auth_core::{Account, Challenge, Code, Credential, Failure, Grant};
use hub_auth_testkit::hub::demo;

/// No login takes longer, whatever goes wrong: a guard against hanging, no measure.
const GUARD: Duration = Duration::from_secs(60);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    Hyper,
    Blocking,
}

impl Transport {
    pub(crate) const BOTH: [Transport; 2] = [Transport::Hyper, Transport::Blocking];
}

/// A client of one transport; the async one with a runtime on this thread.
pub(crate) enum Client {
    Hyper(hub_auth_hyper::Client, tokio::runtime::Runtime),
    Blocking(hub_auth_blocking::Client),
}

impl Client {
    pub(crate) fn new(transport: Transport, options: Options) -> Client {
        match transport {
            Transport::Blocking => Client::Blocking(hub_auth_blocking::Client::new(options).unwrap()),
            Transport::Hyper => {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                Client::Hyper(hub_auth_hyper::Client::new(options).unwrap(), runtime)
            }
        }
    }

    /// A whole login, with codes for as long as there are any.
    pub(crate) fn log_in(&self, mut codes: impl FnMut(&Challenge) -> Option<Code>) -> Result<Grant, Failure> {
        let account = Account::new(demo::USER, Credential::password(demo::PASSWORD)).unwrap();
        match self {
            Client::Blocking(client) => client.login_with(&account, codes),
            Client::Hyper(client, runtime) => {
                runtime.block_on(client.login_with(&account, async |challenge| codes(challenge)))
            }
        }
    }
}

/// What this returns, in a thread that must not hang.
pub(crate) fn guarded<T: Send + 'static>(f: impl FnOnce() -> T + Send + 'static) -> Result<T, String> {
    let (end, ended) = mpsc::channel();
    thread::spawn(move || {
        // Nobody listens any more if it came too late.
        let _ = end.send(f());
    });
    ended.recv_timeout(GUARD).map_err(|error| format!("it hangs, or has panicked: {error}"))
}
