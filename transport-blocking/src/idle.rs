//! The connections that are kept for the next request.
//!
//! ureq has such a set as well, but none that can be looked into, or added to: [`Client::warm`](crate::Client::warm)
//! needs both.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ureq::Error;
use ureq::unversioned::transport::{Buffers, NextTimeout, Transport};

use crate::connection::Connection;
use crate::stop::{Stop, Stopped};

/// As many as a session's calls may run side by side.
const MOST: usize = 64;
const LONGEST: Duration = Duration::from_secs(60);

/// Connections that nobody uses, the one used last at the end.
#[derive(Debug)]
pub(crate) struct Idle {
    kept: Mutex<Vec<Kept>>,
    stop: Arc<Stop>,
}

#[derive(Debug)]
struct Kept {
    connection: Connection,
    since: Instant,
}

impl Idle {
    pub(crate) fn new(stop: Arc<Stop>) -> Idle {
        Idle { kept: Mutex::default(), stop }
    }

    /// The one that was used last and is still open.
    pub(crate) fn take(self: &Arc<Self>) -> Option<Lease> {
        loop {
            let newest = self.kept().pop();
            let Kept { mut connection, since } = newest?;
            if since.elapsed() >= LONGEST {
                // All others are older.
                self.clear();
                return None;
            }
            if connection.is_open() {
                return Some(self.lease(connection));
            }
        }
    }

    /// A new connection, for one request and, if that ends well, for others after it.
    pub(crate) fn lease(self: &Arc<Self>, connection: Connection) -> Lease {
        Lease { lent: Some(connection), idle: Arc::clone(self), done: false }
    }

    /// Closes them all.
    pub(crate) fn clear(&self) {
        let all = std::mem::take(&mut *self.kept());
        // Closing may take time: not under the lock.
        drop(all);
    }

    /// Keeps this one, and closes those that are too old or, the oldest, one too many.
    fn keep(&self, connection: Connection) {
        let mut kept = self.kept();
        if self.stop.is_stopped() {
            return;
        }
        let since = Instant::now();
        let old = kept.partition_point(|kept| since.duration_since(kept.since) >= LONGEST);
        let surplus = old.max((kept.len() + 1).saturating_sub(MOST));
        let closed: Vec<_> = kept.drain(..surplus).collect();
        kept.push(Kept { connection, since });
        drop(kept);
        drop(closed);
    }

    fn kept(&self) -> MutexGuard<'_, Vec<Kept>> {
        // Nothing in here panics halfway.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection in use. Dropped after a whole answer, it is kept; else it is closed.
#[derive(Debug)]
pub(crate) struct Lease {
    lent: Option<Connection>,
    idle: Arc<Idle>,
    done: bool,
}

impl Lease {
    /// For the next one: it was not used.
    pub(crate) fn give_back(mut self) {
        self.done = true;
    }

    #[expect(clippy::expect_used, reason = "only a drop takes it out")]
    fn connection(&mut self) -> &mut Connection {
        self.lent.as_mut().expect("a lease has a connection")
    }
}

impl Transport for Lease {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.connection().buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.done = false;
        self.connection().transmit_output(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.done = false;
        match self.connection().await_input(timeout) {
            // An interrupted socket seems to be at its end, and with it a body without a length.
            Ok(false) if self.idle.stop.is_stopped() => Err(Error::Other(Box::new(Stopped))),
            result => result,
        }
    }

    /// ureq asks when an answer was read to its end, and then drops it: it is told to keep no connection itself.
    fn is_open(&mut self) -> bool {
        self.done = self.connection().is_open();
        self.done
    }

    fn is_tls(&self) -> bool {
        self.lent.as_ref().is_some_and(Connection::is_tls)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let (true, Some(connection)) = (self.done, self.lent.take()) {
            self.idle.keep(connection);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream::Stream;
    use std::io::Read;
    use std::net::{TcpListener, TcpStream};

    struct Scene {
        idle: Arc<Idle>,
        listener: TcpListener,
    }

    fn scene() -> Scene {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        Scene { idle: Arc::new(Idle::new(Arc::default())), listener }
    }

    impl Scene {
        /// A connection that is kept, and its other end.
        fn kept(&self) -> TcpStream {
            let socket = TcpStream::connect(self.listener.local_addr().unwrap()).unwrap();
            self.idle.lease(Connection::new(Stream::tcp(Arc::new(socket)))).give_back();
            self.listener.accept().unwrap().0
        }
    }

    fn is_closed(mut peer: &TcpStream) -> bool {
        peer.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        peer.read(&mut [0]).unwrap() == 0
    }

    #[test]
    fn the_oldest_is_closed_when_there_are_too_many() {
        let scene = scene();
        let peers: Vec<_> = (0..=MOST).map(|_| scene.kept()).collect();
        assert!(is_closed(&peers[0]));
        assert_eq!(scene.idle.kept().len(), MOST);
    }

    #[test]
    fn what_was_idle_for_a_minute_is_closed() {
        let scene = scene();
        let age = |at: usize| {
            let mut kept = scene.idle.kept();
            kept[at].since = kept[at].since.checked_sub(LONGEST).unwrap();
        };
        let old = scene.kept();
        age(0);
        let young = scene.kept();
        assert!(is_closed(&old));
        assert!(scene.idle.take().is_some());
        assert!(is_closed(&young), "it was not given back");
        let old = scene.kept();
        age(0);
        assert!(scene.idle.take().is_none());
        assert!(is_closed(&old));
    }

    #[test]
    fn an_end_that_a_shutdown_brought_is_none_of_the_answer() {
        for stopped in [false, true] {
            let scene = scene();
            let peer = scene.kept();
            let mut lease = scene.idle.take().unwrap();
            if stopped {
                scene.idle.stop.stop();
            }
            drop(peer);
            let minute = NextTimeout { after: Duration::from_secs(60).into(), ..NextTimeout::default() };
            let read = lease.await_input(minute);
            assert!(if stopped { read.is_err() } else { !read.unwrap() });
        }
    }

    #[test]
    fn nothing_is_kept_after_the_end() {
        let scene = scene();
        scene.idle.stop.stop();
        assert!(is_closed(&scene.kept()));
    }
}
