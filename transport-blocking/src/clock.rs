//! The clock that waits are measured on.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hub_auth_core::UnixTime;

use crate::stop::Stop;

/// The machine's clock; or a test's, on which a sleep is over at once.
#[derive(Clone)]
pub(crate) enum Clock {
    /// Whose sleeps end when the client is shut down.
    System(Arc<Stop>),
    /// This many milliseconds ahead of the machine's.
    #[cfg(test)]
    Ahead(Arc<std::sync::atomic::AtomicU64>),
}

impl Clock {
    #[inline]
    pub(crate) fn now(&self) -> UnixTime {
        let now = hub_auth_host::now();
        match self {
            Clock::System(_) => now,
            #[cfg(test)]
            Clock::Ahead(_) => now + self.ahead(),
        }
    }

    /// The time that nobody sets back.
    pub(crate) fn monotonic(&self) -> Instant {
        Instant::now() + self.ahead()
    }

    /// Sleeps; not to the end, if the client is shut down.
    pub(crate) fn sleep(&self, time: Duration) {
        match self {
            Clock::System(stop) => stop.sleep(time),
            #[cfg(test)]
            Clock::Ahead(millis) => {
                let time = time.as_millis().try_into().unwrap_or(0);
                millis.fetch_add(time, std::sync::atomic::Ordering::SeqCst);
            }
        }
    }

    fn ahead(&self) -> Duration {
        match self {
            Clock::System(_) => Duration::ZERO,
            #[cfg(test)]
            Clock::Ahead(millis) => Duration::from_millis(millis.load(std::sync::atomic::Ordering::SeqCst)),
        }
    }
}
