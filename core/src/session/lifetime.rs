//! Measures how long a token is good, on a clock that may be wrong and may step back.

use std::time::Duration;

use super::countdown::{Countdown, millis};
use crate::policy::Policy;
use crate::time::UnixTime;

/// Starts the renewal of a token when this much of its life is left, or a fifth of it if that is less.
const RENEW: Duration = Duration::from_secs(60);
/// Ends the use of a token when this much is left, or a twentieth if that is less: a request takes time.
const STOP: Duration = Duration::from_secs(5);

/// Measures the life of one token on the local clock. One that does not say when it ends is used until it is rejected.
pub(super) struct Lifetime(Option<Span>);

/// Measures a life in milliseconds.
struct Span {
    /// The whole life of the token, when it came.
    whole: u64,
    rest: Countdown,
    /// Renew below this: jitter included, so that a fleet does not renew in step.
    renew_below: u64,
    /// Stop using it below this.
    stop_below: u64,
}

/// Says how far a life has gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Fresh,
    /// The token is to be renewed, and good enough meanwhile.
    Due,
    /// The token does not live as long as the caller needs it.
    Short,
}

impl Lifetime {
    /// Begins the life of a token that came at `now` and ends on the issuer's clock, which is `skew` milliseconds ahead of
    /// ours. `draw` tells the jitter of a session's tokens apart.
    pub(super) fn of(ends: Option<UnixTime>, skew: i64, now: UnixTime, policy: &Policy, draw: u64) -> Lifetime {
        let Some(ends) = ends else { return Lifetime::endless() };
        let whole = ends.since(now.shifted(skew));
        Lifetime::with(whole, Countdown::new(whole, now), policy, draw)
    }

    /// Goes on with the life of a token of which this much is left.
    pub(super) fn with(whole: Duration, rest: Countdown, policy: &Policy, draw: u64) -> Lifetime {
        let early = RENEW.min(whole / 5);
        let renew_below = millis(early + policy.jitter(draw, early / 2));
        Lifetime(Some(Span { whole: millis(whole), rest, renew_below, stop_below: millis(STOP.min(whole / 20)) }))
    }

    /// Begins the life of a token that does not say when it ends.
    pub(super) fn endless() -> Lifetime {
        Lifetime(None)
    }

    /// Returns how far the life has gone, for a caller who needs `min_left` of it. No caller needs more than a fresh token
    /// has, or each call would log in.
    #[inline]
    pub(super) fn stage(&mut self, min_left: Duration, now: UnixTime) -> Stage {
        let Some(span) = &mut self.0 else { return Stage::Fresh };
        let left = span.rest.left_millis(now);
        let most = span.whole.saturating_sub(span.renew_below);
        if left == 0 || left < millis(min_left).min(most).max(span.stop_below) {
            Stage::Short
        } else if left < span.renew_below {
            Stage::Due
        } else {
            Stage::Fresh
        }
    }

    /// Returns what is left; the longest time there is if the token does not say.
    pub(super) fn left(&mut self, now: UnixTime) -> Duration {
        self.0.as_mut().map_or(Duration::MAX, |span| span.rest.left(now))
    }

    /// Returns the whole life; `None` if the token does not say.
    pub(super) fn whole(&self) -> Option<Duration> {
        self.0.as_ref().map(|span| Duration::from_millis(span.whole))
    }

    /// Returns when it ends, on the local clock.
    pub(super) fn ends(&self) -> Option<UnixTime> {
        self.0.as_ref().map(|span| span.rest.ends())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_life_is_fresh_then_due_then_short() {
        const NOW: UnixTime = UnixTime::from_secs(1_760_000_000);
        let secs = Duration::from_secs;
        // The latest second that is surely fresh, the first that is surely due, and the last that is not short.
        for (whole, fresh, due, last) in [(600, 510, 541, 595), (100, 70, 81, 95), (20, 14, 17, 19)] {
            for draw in 0..50 {
                let life = || Lifetime::of(Some(NOW + secs(whole)), 0, NOW, &Policy::new(1), draw);
                let stage = |need, at| life().stage(need, NOW + secs(at));
                let stages = [fresh, due, last, last + 1].map(|at| stage(Duration::ZERO, at));
                assert_eq!(stages, [Stage::Fresh, Stage::Due, Stage::Due, Stage::Short], "{whole}");
                assert_eq!(stage(Duration::MAX, 0), Stage::Fresh, "no token is better than a new one");
            }
        }
        let millis = Duration::from_millis;
        let mut without_jitter = Lifetime::of(Some(NOW + millis(5)), 0, NOW, &Policy::new(1), 1);
        assert_eq!(without_jitter.stage(Duration::ZERO, NOW + millis(4)), Stage::Fresh, "a fifth is left");
        let mut life = Lifetime::of(Some(NOW + secs(600)), 0, NOW, &Policy::new(1), 1);
        assert_eq!([500, 501].map(|at| life.stage(secs(100), NOW + secs(at))), [Stage::Fresh, Stage::Short]);
    }
}
