//! How long a token is good, on a clock that may be wrong and may step back.

use std::time::Duration;

use crate::grant::Grant;
use crate::policy::Policy;
use crate::time::UnixTime;

/// A token is renewed when this much of its life is left, or a fifth of it if that is less.
const RENEW: Duration = Duration::from_secs(60);
/// It is no longer used when this much is left, or a twentieth if that is less: a request takes time.
const STOP: Duration = Duration::from_secs(5);

/// The life of one token, measured on the local clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lifetime {
    /// The whole of it, when the token came. `None`: it does not say, and is used until it is rejected.
    whole: Option<Duration>,
    /// What was left at `seen`.
    left: Duration,
    /// The local time of the last look.
    seen: UnixTime,
    /// How much more of its life jitter takes for renewal.
    jitter: Duration,
}

impl Lifetime {
    /// Of a token that just came. Its expiry is on the issuer's clock, which the answer's `Date` tells; without one, the
    /// `skew` learned earlier (the issuer's clock minus ours, in milliseconds) serves.
    pub(super) fn of(grant: &Grant, skew: i64, policy: &Policy, generation: u64) -> Lifetime {
        let now = grant.received_at();
        let issuer_now = grant.server_time().unwrap_or(shift(now, skew));
        let whole = grant.expires_at().map(|expires| expires.since(issuer_now));
        Lifetime::with(whole, whole, now, policy, generation)
    }

    /// Of a token of which `left` was left at `seen`.
    pub(super) fn with(
        whole: Option<Duration>,
        left: Option<Duration>,
        seen: UnixTime,
        policy: &Policy,
        generation: u64,
    ) -> Lifetime {
        let early = whole.map_or(Duration::ZERO, |whole| RENEW.min(whole / 5));
        let jitter = policy.jitter(generation, early / 2);
        Lifetime { whole, left: left.unwrap_or(Duration::MAX), seen, jitter }
    }

    /// What is left. Time counts as it goes forward: a clock that steps back takes nothing, and gives nothing.
    pub(super) fn left(&mut self, now: UnixTime) -> Duration {
        if self.whole.is_some() {
            self.left = self.left.saturating_sub(now.since(self.seen));
        }
        self.seen = now;
        self.left
    }

    /// The whole life; `None` if the token does not say.
    pub(super) fn whole(&self) -> Option<Duration> {
        self.whole
    }

    /// When it ends, on the local clock.
    pub(super) fn ends(&self) -> Option<UnixTime> {
        self.whole.map(|_| self.seen + self.left)
    }

    /// Renew below this.
    pub(super) fn renew_below(&self) -> Duration {
        self.whole.map_or(Duration::ZERO, |whole| RENEW.min(whole / 5) + self.jitter)
    }

    /// Stop using it below this.
    pub(super) fn stop_below(&self) -> Duration {
        self.whole.map_or(Duration::ZERO, |whole| STOP.min(whole / 20))
    }

    /// What a caller who wants `min_left` needs: never more than a fresh token has, or each call would log in.
    pub(super) fn need(&self, min_left: Duration) -> Duration {
        let most = self.whole.map_or(Duration::ZERO, |whole| whole.saturating_sub(self.renew_below()));
        min_left.min(most).max(self.stop_below())
    }
}

/// `time` moved by a signed number of milliseconds, saturating.
pub(super) fn shift(time: UnixTime, millis: i64) -> UnixTime {
    UnixTime::from_millis(time.as_millis().saturating_add_signed(millis))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixTime = UnixTime::from_secs(1_760_000_000);

    fn life(whole: Option<u64>) -> Lifetime {
        let whole = whole.map(Duration::from_secs);
        Lifetime::with(whole, whole, NOW, &Policy::new(1), 1)
    }

    #[test]
    fn a_clock_that_steps_back_never_prolongs_it() {
        let mut life = life(Some(600));
        assert_eq!(life.left(NOW + Duration::from_secs(100)), Duration::from_secs(500));
        assert_eq!(life.left(NOW), Duration::from_secs(500), "back by 100 s");
        assert_eq!(life.left(NOW + Duration::from_secs(100)), Duration::from_secs(400), "and forward again");
        assert_eq!(life.left(UnixTime::MAX), Duration::ZERO);
        assert_eq!(life.left(NOW), Duration::ZERO, "gone is gone");
    }

    #[test]
    fn the_thresholds_follow_the_life() {
        for (whole, renew, stop) in [(600, 60, 5), (100, 20, 5), (20, 4, 1), (0, 0, 0)] {
            let life = life(Some(whole));
            let renew = Duration::from_secs(renew);
            assert!((renew..=renew + renew / 2).contains(&life.renew_below()), "{whole}: {life:?}");
            assert_eq!(life.stop_below(), Duration::from_secs(stop), "{whole}");
        }
    }

    #[test]
    fn a_need_above_the_whole_life_is_met_by_a_fresh_token() {
        let mut life = life(Some(600));
        assert!(life.left(NOW) >= life.need(Duration::MAX));
        assert_eq!(life.need(Duration::from_secs(100)), Duration::from_secs(100));
        assert_eq!(life.need(Duration::ZERO), Duration::from_secs(5));
    }

    #[test]
    fn a_token_without_expiry_lasts() {
        let mut life = life(None);
        assert_eq!(life.left(UnixTime::MAX), Duration::MAX);
        assert_eq!((life.ends(), life.renew_below(), life.need(Duration::MAX)), (None, Duration::ZERO, Duration::ZERO));
    }
}
