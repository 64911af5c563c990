//! Counts time down on a clock that may step.

use std::time::Duration;

use crate::time::UnixTime;

/// Holds what was left at the last look, less what has passed since: a clock that steps back takes nothing and gives nothing.
pub(super) struct Countdown {
    /// In milliseconds, as [`UnixTime`]: sums of [`Duration`] would cost each ask for a token more than all else.
    left: u64,
    seen: UnixTime,
}

impl Countdown {
    /// Begins with `left` to go at `seen`.
    pub(super) fn new(left: Duration, seen: UnixTime) -> Countdown {
        Countdown { left: millis(left), seen }
    }

    /// Returns what is left, in milliseconds; zero once it is over, for good.
    #[inline]
    pub(super) fn left_millis(&mut self, now: UnixTime) -> u64 {
        let passed = now.as_millis().saturating_sub(self.seen.as_millis());
        self.left = self.left.saturating_sub(passed);
        self.seen = now;
        self.left
    }

    /// Returns what is left; zero once it is over, for good.
    pub(super) fn left(&mut self, now: UnixTime) -> Duration {
        Duration::from_millis(self.left_millis(now))
    }

    pub(super) fn is_over(&mut self, now: UnixTime) -> bool {
        self.left_millis(now) == 0
    }

    /// Returns when it is over, as of the last look.
    pub(super) fn ends(&self) -> UnixTime {
        UnixTime::from_millis(self.seen.as_millis().saturating_add(self.left))
    }
}

/// Returns whole milliseconds, saturating.
#[inline]
pub(super) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_steps_back_takes_nothing_and_gives_nothing() {
        const NOW: UnixTime = UnixTime::from_secs(1_760_000_000);
        let secs = Duration::from_secs;
        let mut countdown = Countdown::new(secs(600), NOW);
        assert_eq!(countdown.left(NOW + secs(100)), secs(500));
        assert_eq!(countdown.left(NOW), secs(500), "back by 100 s");
        assert_eq!(countdown.left(NOW + secs(100)), secs(400), "and forward again");
        assert_eq!(countdown.ends(), NOW + secs(500));
        assert!(countdown.is_over(UnixTime::MAX));
        assert!(countdown.is_over(NOW), "gone is gone");
    }
}
