//! The clock that waits are measured on.

use std::time::Duration;

use hub_auth_core::UnixTime;

/// The machine's clock; or a test's, on which a sleep is over at once.
#[derive(Clone, Default)]
pub(crate) enum Clock {
    #[default]
    System,
    /// This many milliseconds ahead of the machine's.
    #[cfg(test)]
    Ahead(std::sync::Arc<std::sync::atomic::AtomicU64>),
}

impl Clock {
    pub(crate) fn now(&self) -> UnixTime {
        let now = hub_auth_host::now();
        match self {
            Clock::System => now,
            #[cfg(test)]
            Clock::Ahead(millis) => now + Duration::from_millis(millis.load(std::sync::atomic::Ordering::SeqCst)),
        }
    }

    pub(crate) fn sleep(&self, time: Duration) {
        match self {
            Clock::System => std::thread::sleep(time),
            #[cfg(test)]
            Clock::Ahead(millis) => {
                let time = time.as_millis().try_into().unwrap_or(0);
                millis.fetch_add(time, std::sync::atomic::Ordering::SeqCst);
            }
        }
    }
}
