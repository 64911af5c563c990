//! The clock that waits are measured on.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hub_auth_core::UnixTime;

use crate::stop::Stop;

/// The machine's clock; or a test's.
#[derive(Clone)]
pub(crate) enum Clock {
    /// Whose sleeps end when the client is shut down.
    System(Arc<Stop>),
    #[cfg(test)]
    Still(Arc<Still>),
}

impl Clock {
    #[inline]
    pub(crate) fn now(&self) -> UnixTime {
        match self {
            Clock::System(_) => hub_auth_host::now(),
            #[cfg(test)]
            Clock::Still(still) => still.time + still.slept(),
        }
    }

    /// The time that nobody sets back.
    pub(crate) fn monotonic(&self) -> Instant {
        match self {
            Clock::System(_) => Instant::now(),
            #[cfg(test)]
            Clock::Still(still) => still.instant + still.slept(),
        }
    }

    /// Sleeps; not to the end, if the client is shut down.
    pub(crate) fn sleep(&self, time: Duration) {
        match self {
            Clock::System(stop) => stop.sleep(time),
            #[cfg(test)]
            Clock::Still(still) => still.sleep(time),
        }
    }
}

/// A clock that moves by sleeps alone, which are over at once: however slow the machine, a test sees the same times.
#[cfg(test)]
pub(crate) struct Still {
    time: UnixTime,
    instant: Instant,
    slept: std::sync::Mutex<Duration>,
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
impl Still {
    pub(crate) fn start() -> Arc<Still> {
        Arc::new(Still { time: hub_auth_host::now(), instant: Instant::now(), slept: std::sync::Mutex::default() })
    }

    /// How much was slept in all.
    pub(crate) fn slept(&self) -> Duration {
        *self.slept.lock().unwrap()
    }

    fn sleep(&self, time: Duration) {
        *self.slept.lock().unwrap() += time;
    }
}
