//! Holds the state that the threads of one server share.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use crate::hub::SimHub;
use hub_auth_core::UnixTime;

use crate::Recorded;
use crate::listener::Stop;

pub(crate) struct Shared {
    pub(crate) hub: Mutex<SimHub>,
    pub(crate) requests: Mutex<Vec<Recorded>>,
    /// True if the control routes are served.
    pub(crate) controls: AtomicBool,
    pub(crate) stop: Arc<Stop>,
    /// Counts the milliseconds by which the server's clock is ahead of the system's.
    offset: AtomicI64,
}

/// Locks a mutex, also after a test has panicked with its guard.
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
            controls: AtomicBool::new(false),
            stop: Arc::default(),
            offset: AtomicI64::new(0),
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
}
