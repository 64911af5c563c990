//! What the threads of one server share.

use std::collections::BTreeMap;
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use hub_auth_core::UnixTime;
use hub_auth_core::sim::SimHub;

use crate::Recorded;

pub(crate) struct Shared {
    pub(crate) hub: Mutex<SimHub>,
    pub(crate) requests: Mutex<Vec<Recorded>>,
    pub(crate) accepted: AtomicUsize,
    pub(crate) deaf: AtomicBool,
    /// Milliseconds that the server's clock is ahead of the system's.
    offset: AtomicI64,
    sockets: Mutex<BTreeMap<usize, TcpStream>>,
    stopped: Mutex<bool>,
    stop: Condvar,
}

/// A mutex whose holder panicked still holds what a test wants to see.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn system_now() -> i64 {
    i64::try_from(UnixTime::from(SystemTime::now()).as_millis()).unwrap_or(i64::MAX)
}

impl Shared {
    pub(crate) fn new(hub: SimHub) -> Shared {
        Shared {
            hub: Mutex::new(hub),
            requests: Mutex::default(),
            accepted: AtomicUsize::new(0),
            deaf: AtomicBool::new(false),
            offset: AtomicI64::new(0),
            sockets: Mutex::default(),
            stopped: Mutex::new(false),
            stop: Condvar::new(),
        }
    }

    pub(crate) fn now(&self) -> UnixTime {
        let millis = system_now().saturating_add(self.offset.load(Ordering::SeqCst));
        UnixTime::from_millis(u64::try_from(millis).unwrap_or(0))
    }

    pub(crate) fn set_now(&self, now: UnixTime) {
        let millis = i64::try_from(now.as_millis()).unwrap_or(i64::MAX);
        self.offset.store(millis.saturating_sub(system_now()), Ordering::SeqCst);
    }

    pub(crate) fn advance(&self, by: Duration) {
        let millis = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        let ahead = |offset: i64| Some(offset.saturating_add(millis));
        // The closure never refuses.
        let _ = self.offset.fetch_update(Ordering::SeqCst, Ordering::SeqCst, ahead);
    }

    /// Keeps a handle to this socket, for [`Shared::stop`], until the guard is dropped.
    pub(crate) fn open(self: &Arc<Shared>, number: usize, socket: TcpStream) -> Open {
        lock(&self.sockets).insert(number, socket);
        Open { shared: Arc::clone(self), number }
    }

    /// Ends every pause, and every read and write of the connections open now.
    pub(crate) fn stop(&self) {
        *lock(&self.stopped) = true;
        self.stop.notify_all();
        for socket in lock(&self.sockets).values() {
            // An error says that it is closed already.
            let _ = socket.shutdown(Shutdown::Both);
        }
    }

    pub(crate) fn is_stopped(&self) -> bool {
        *lock(&self.stopped)
    }

    /// Pauses, and says whether the server is still running.
    pub(crate) fn pause(&self, time: Duration) -> bool {
        let stopped = lock(&self.stopped);
        let waited = self.stop.wait_timeout_while(stopped, time, |stopped| !*stopped);
        let (stopped, _) = waited.unwrap_or_else(PoisonError::into_inner);
        !*stopped
    }
}

/// A connection that [`Shared::stop`] can end.
pub(crate) struct Open {
    shared: Arc<Shared>,
    number: usize,
}

impl Drop for Open {
    fn drop(&mut self) {
        lock(&self.shared.sockets).remove(&self.number);
    }
}
