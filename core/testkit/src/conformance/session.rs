//! Checks sessions: one account that stays logged in, for many callers and over a shared store.

mod cases;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode};
use hub_auth_core::{Account, BoxError, Challenge, Code, Failure};

use super::report::Verdict;
use super::{Case, Report, Target};
use crate::shared::lock;
use crate::{Loopback, SimHub};

/// Checks the sessions of an adapter. All closures block, since the callers are threads. An async adapter blocks on its runtime.
#[derive(Clone, Debug)]
#[must_use]
pub struct Sessions {
    patience: Duration,
}

/// Holds one session of the adapter under test.
#[expect(missing_debug_implementations, reason = "a closure has nothing to show")]
pub struct Handle {
    /// Returns the text of the session's token. Logs in if need be.
    pub token: Box<dyn Fn() -> Result<String, Failure> + Send + Sync>,
    /// Sends a call to the Hub's API and returns the status of its answer. The URI is a path or a whole URL.
    pub send: Box<dyn Fn(Request<Bytes>) -> Result<StatusCode, BoxError> + Send + Sync>,
    /// Asks for a token, and drops that call once the channel closes. `None` if calls cannot be dropped: then the code
    /// provider panics, and the panic must reach the caller.
    pub abandon: Option<Box<dyn Fn(Receiver<()>) + Send + Sync>>,
}

/// Names the source of the one-time codes of a session.
#[expect(missing_debug_implementations, reason = "a closure has nothing to show")]
pub enum Codes {
    /// The session has no source of codes.
    Nobody,
    /// The session asks this closure. It may block.
    Person(Person),
    /// The session makes codes from this TOTP secret in base32.
    Totp(&'static str),
}

type Person = Box<dyn FnMut(&Challenge) -> Option<Code> + Send>;

/// Names a call of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum StoreCall {
    Load,
    Lock,
    Save,
    Unlock,
}

/// Records the calls of a store, with the number of requests that the Hub has read by then.
#[derive(Clone, Debug)]
pub struct StoreLog {
    server: Arc<Loopback>,
    calls: Arc<Mutex<Vec<(StoreCall, usize)>>>,
}

impl StoreLog {
    /// Records a call. The store tells of each before it does it.
    pub fn note(&self, call: StoreCall) {
        lock(&self.calls).push((call, self.server.requests().len()));
    }
}

/// Holds the server and the sessions of one case. The sessions share a store.
struct Scene {
    server: Arc<Loopback>,
    log: StoreLog,
    open: Box<dyn Fn(Account, Codes) -> Handle + Send + Sync>,
}

impl Sessions {
    /// Creates the suite of all cases.
    pub fn new() -> Sessions {
        Sessions { patience: Duration::from_secs(60) }
    }

    /// Sets how long a case may take (60 seconds by default). Then it has failed, and its threads are left behind.
    pub fn patience(self, patience: Duration) -> Sessions {
        Sessions { patience }
    }

    /// Runs the suite. `make` builds a client and a store that tells the log of its calls, for each case; its closure opens
    /// sessions of them.
    pub fn run<M, O>(self, make: M) -> Report
    where
        M: Fn(&Target, StoreLog) -> O,
        O: Fn(Account, Codes) -> Handle + Send + Sync + 'static,
    {
        let mut report = Report::default();
        for (case, run) in cases::ALL {
            let verdict = self.judge(&make, *run).err().map_or(Verdict::Passed, |why| Verdict::Failed(why.to_string()));
            report.add(*case, verdict);
        }
        report
    }

    /// Runs a case on a thread of its own, so that a session that waits for ever is a failure.
    fn judge<M, O>(&self, make: &M, run: cases::Run) -> Result<(), BoxError>
    where
        M: Fn(&Target, StoreLog) -> O,
        O: Fn(Account, Codes) -> Handle + Send + Sync + 'static,
    {
        let server = Arc::new(Loopback::start(SimHub::demo())?);
        let log = StoreLog { server: Arc::clone(&server), calls: Arc::default() };
        let open = Box::new(make(&Target::new(server.url()), log.clone()));
        let scene = Scene { server, log, open };
        let (over, is_over) = mpsc::channel();
        thread::spawn(move || over.send(catch_unwind(AssertUnwindSafe(|| run(&scene)))));
        match is_over.recv_timeout(self.patience) {
            Ok(Ok(checked)) => checked,
            Ok(Err(_)) => Err("it panicked".into()),
            Err(_) => Err(format!("it did not end within {:?}", self.patience).into()),
        }
    }
}

impl Default for Sessions {
    fn default() -> Sessions {
        Sessions::new()
    }
}

#[cfg(test)]
pub(super) fn cases() -> impl Iterator<Item = &'static Case> {
    cases::ALL.iter().map(|(case, _)| case)
}
