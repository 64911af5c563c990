//! Connections kept for the next request.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::connection::Connection;

/// How many are kept: the calls of a session run side by side. A 2FA login leaves its connection here while the code is
/// asked for.
const MOST: usize = 64;
/// How long one is good for; servers close theirs after about as long.
const LONGEST: Duration = Duration::from_secs(60);

/// A small set of open connections that nobody uses, the one used last at the back.
#[derive(Default)]
pub(crate) struct Idle(Mutex<VecDeque<(Connection, Instant)>>);

impl Idle {
    /// The one used last, of those that still can be.
    pub(crate) fn take(&self) -> Option<Connection> {
        loop {
            let mut newest = self.pop()?;
            if newest.is_usable() {
                return Some(newest);
            }
        }
    }

    /// Keeps this one, and closes those that are too old or, the oldest, one too many.
    pub(crate) fn put(&self, connection: Connection) {
        let now = Instant::now();
        let mut kept = self.kept();
        let old = kept.partition_point(|(_, since)| now.duration_since(*since) >= LONGEST);
        let surplus = old.max((kept.len() + 1).saturating_sub(MOST));
        let closed = (surplus > 0).then(|| kept.drain(..surplus).collect::<Vec<_>>());
        kept.push_back((connection, now));
        drop(kept);
        drop(closed);
    }

    fn pop(&self) -> Option<Connection> {
        let mut kept = self.kept();
        let (connection, since) = kept.pop_back()?;
        if since.elapsed() < LONGEST {
            return Some(connection);
        }
        // All others are older.
        let closed = std::mem::take(&mut *kept);
        drop(kept);
        drop(closed);
        None
    }

    fn kept(&self) -> MutexGuard<'_, VecDeque<(Connection, Instant)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use tokio::io::{AsyncReadExt, DuplexStream};
    use tokio::time::advance;

    use super::*;
    use crate::connection::tests::pair;

    /// Whether the client has closed this connection. Looks at what there is, and waits for nothing.
    async fn is_closed(server: &mut DuplexStream) -> bool {
        tokio::select! {
            biased;
            read = server.read_u8() => read.unwrap_err().kind() == ErrorKind::UnexpectedEof,
            () = std::future::ready(()) => false,
        }
    }

    async fn keep(idle: &Idle) -> DuplexStream {
        let (connection, server) = pair(100).await;
        idle.put(connection);
        server
    }

    #[tokio::test]
    async fn one_too_many_closes_the_oldest() {
        let idle = Idle::default();
        let mut servers = Vec::new();
        for _ in 0..MOST {
            servers.push(keep(&idle).await);
        }
        assert!(!is_closed(&mut servers[0]).await);
        servers.push(keep(&idle).await);
        assert!(is_closed(&mut servers[0]).await);
        assert!(!is_closed(&mut servers[1]).await);
        assert_eq!(idle.kept().len(), MOST);
    }

    #[tokio::test(start_paused = true)]
    async fn none_is_kept_for_longer_than_a_minute() {
        let idle = Idle::default();
        let mut old = keep(&idle).await;
        advance(LONGEST / 2).await;
        let mut young = keep(&idle).await;
        advance(LONGEST / 2).await;
        // Closed when the next one comes.
        let mut youngest = keep(&idle).await;
        assert!(is_closed(&mut old).await && !is_closed(&mut young).await);

        // Or when one is wanted: the youngest goes out.
        advance(LONGEST / 2).await;
        assert!(idle.take().is_some());
        assert!(is_closed(&mut youngest).await && !is_closed(&mut young).await);
        assert!(idle.take().is_none());
        assert!(is_closed(&mut young).await);
    }

    #[tokio::test]
    async fn what_the_server_has_closed_is_passed_over() {
        let idle = Idle::default();
        let mut first = keep(&idle).await;
        let (second, third) = (keep(&idle).await, keep(&idle).await);
        drop((second, third));
        let taken = idle.take();
        assert!(taken.is_some() && !is_closed(&mut first).await);
        assert!(idle.take().is_none());
    }
}
