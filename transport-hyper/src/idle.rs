//! Connections kept for the next request.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::task::yield_now;
use tokio::time::Instant;

use crate::connection::Connection;

/// How many are kept: the calls of a session run side by side. A 2FA login leaves its connection here while the code is
/// asked for.
const MOST: usize = 64;
/// How long one is good for; servers close theirs after about as long.
const LONGEST: Duration = Duration::from_secs(60);

/// A small set of open connections that nobody uses.
#[derive(Default)]
pub(crate) struct Idle(Mutex<Vec<(Connection, Instant)>>);

impl Idle {
    /// The one used last, of those that still can be.
    pub(crate) async fn take(&self) -> Option<Connection> {
        // A runtime that stood still, while a person typed on its only thread, has not looked yet whether the other
        // side has closed. Now it does, and what a connection then hands back unwritten goes out on a fresh one.
        yield_now().await;
        self.fresh().pop().map(|(connection, _)| connection)
    }

    /// Keeps this one. If that is one too many, the one unused for longest is closed.
    pub(crate) fn put(&self, connection: Connection) {
        let mut kept = self.fresh();
        if kept.len() >= MOST {
            kept.remove(0);
        }
        kept.push((connection, Instant::now()));
    }

    fn fresh(&self) -> MutexGuard<'_, Vec<(Connection, Instant)>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(connection, since)| since.elapsed() < LONGEST && connection.is_ready());
        kept
    }
}
