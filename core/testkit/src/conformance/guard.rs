//! Ends a case that hangs.

use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use hub_auth_core::BoxError;

use super::report::Verdict;
use crate::listener::Stop;
use crate::shared::lock;

/// Closes the connections of one case if it takes too long, so that a transport that waits on them goes on. A transport that
/// hangs without a connection cannot be ended.
pub(super) struct Guard {
    patience: Duration,
    watched: Arc<Mutex<Watched>>,
    over: Sender<()>,
    thread: JoinHandle<()>,
}

#[derive(Default)]
struct Watched {
    has_hung: bool,
    servers: Vec<Arc<Stop>>,
}

impl Guard {
    pub(super) fn start(patience: Duration) -> Guard {
        let watched = Arc::new(Mutex::new(Watched::default()));
        let (over, is_over) = mpsc::channel();
        let of_thread = Arc::clone(&watched);
        let thread = thread::spawn(move || {
            if is_over.recv_timeout(patience) == Err(RecvTimeoutError::Timeout) {
                let mut watched = lock(&of_thread);
                watched.has_hung = true;
                watched.servers.iter().for_each(|server| server.stop());
            }
        });
        Guard { patience, watched, over, thread }
    }

    /// Adds a server to the case.
    pub(super) fn watch(&self, server: Arc<Stop>) {
        let mut watched = lock(&self.watched);
        if watched.has_hung {
            server.stop();
        }
        watched.servers.push(server);
    }

    /// Returns the verdict, once the case is over.
    pub(super) fn judge(self, ended: Result<(), BoxError>) -> Verdict {
        drop(self.over);
        // An error is a panic, which the thread has reported on standard error.
        let _ = self.thread.join();
        match ended {
            _ if lock(&self.watched).has_hung => {
                Verdict::Failed(format!("it did not end within {:?}; its connections were closed", self.patience))
            }
            Ok(()) => Verdict::Passed,
            Err(why) => Verdict::Failed(why.to_string()),
        }
    }
}
