//! Time left, on a clock that may step.

use std::time::Duration;

use crate::time::UnixTime;

/// What was left at the last look, less what has passed since: a clock that steps back takes nothing, and gives nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Countdown {
    left: Duration,
    seen: UnixTime,
}

impl Countdown {
    /// With `left` to go at `seen`.
    pub(super) fn new(left: Duration, seen: UnixTime) -> Countdown {
        Countdown { left, seen }
    }

    /// What is left; zero once it is over, for good.
    pub(super) fn left(&mut self, now: UnixTime) -> Duration {
        self.left = self.left.saturating_sub(now.since(self.seen));
        self.seen = now;
        self.left
    }

    pub(super) fn is_over(&mut self, now: UnixTime) -> bool {
        self.left(now).is_zero()
    }

    /// When it is over, as of the last look.
    pub(super) fn ends(&self) -> UnixTime {
        self.seen + self.left
    }
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
