//! The time that a login may take.

use std::time::{Duration, Instant};

use crate::clock::Clock;
use crate::deadline::LONGEST;

/// Runs from the start, but not while a person is asked.
pub(crate) struct Budget<'a> {
    clock: &'a Clock,
    end: Instant,
}

impl<'a> Budget<'a> {
    pub(crate) fn new(time: Duration, clock: &'a Clock) -> Budget<'a> {
        Budget { clock, end: clock.monotonic() + time.min(LONGEST) }
    }

    pub(crate) fn left(&self) -> Duration {
        self.end.saturating_duration_since(self.clock.monotonic())
    }

    /// Whether so long a wait leaves any of it.
    pub(crate) fn allows(&self, wait: Duration) -> bool {
        self.left() > wait
    }

    /// Does what takes none of it.
    pub(crate) fn aside<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let since = self.clock.monotonic();
        let done = work();
        self.end += self.clock.monotonic().saturating_duration_since(since);
        done
    }
}
