//! The end of a case that hangs.

use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use hub_auth_core::BoxError;

use super::Verdict;
use crate::listener::Stop;
use crate::shared::lock;

/// Closes the connections of one case if it takes too long: whoever waits on them goes on. A transport that hangs
/// without a connection cannot be helped.
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

    /// Takes a server's end into its hands.
    pub(super) fn watch(&self, server: Arc<Stop>) {
        let mut watched = lock(&self.watched);
        if watched.has_hung {
            server.stop();
        }
        watched.servers.push(server);
    }

    /// What came of the case, once it is over.
    pub(super) fn judge(self, ended: Result<(), BoxError>) -> Verdict {
        drop(self.over);
        // It ended in a panic, and said so on standard error.
        let _ = self.thread.join();
        match ended {
            _ if lock(&self.watched).has_hung => {
                Verdict::Failed(format!("nothing came of it within {:?}; its connections were closed", self.patience))
            }
            Ok(()) => Verdict::Passed,
            Err(why) => Verdict::Failed(why.to_string()),
        }
    }
}
