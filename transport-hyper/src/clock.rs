//! The clock that tokens and waits are measured on: the machine's; or a test's.

use std::time::Duration;

use hub_auth_core::UnixTime;
use tokio::time::Sleep;

#[inline]
pub(crate) fn now() -> UnixTime {
    #[cfg(test)]
    if let Some(now) = still::now() {
        return now;
    }
    hub_auth_host::now()
}

pub(crate) fn sleep(time: Duration) -> Sleep {
    #[cfg(test)]
    let time = still::pass(time);
    tokio::time::sleep(time)
}

/// A clock that moves by sleeps alone, which are over at once: however slow the machine, a test sees the same times.
#[cfg(test)]
pub(crate) mod still {
    use std::cell::{Cell, RefCell};

    use super::*;

    thread_local! {
        static NOW: Cell<Option<UnixTime>> = const { Cell::new(None) };
        static WAITS: RefCell<Vec<Duration>> = const { RefCell::new(Vec::new()) };
    }

    /// From here on time stands still on this thread. It is the start of a time step of TOTP.
    pub(crate) fn start() -> UnixTime {
        let now = UnixTime::from_secs(hub_auth_host::now().as_secs() / 30 * 30);
        NOW.set(Some(now));
        now
    }

    /// The sleeps since the last look.
    pub(crate) fn waits() -> Vec<Duration> {
        WAITS.take()
    }

    pub(super) fn now() -> Option<UnixTime> {
        NOW.get()
    }

    /// What is left to be slept.
    pub(super) fn pass(time: Duration) -> Duration {
        let Some(now) = NOW.get() else { return time };
        NOW.set(Some(now + time));
        WAITS.with_borrow_mut(|waits| waits.push(time));
        Duration::ZERO
    }
}
