//! How long a token is good, on a clock that may be wrong and may step back.

use std::time::Duration;

use super::countdown::{Countdown, millis};
use crate::grant::Grant;
use crate::policy::Policy;
use crate::time::UnixTime;

/// A token is renewed when this much of its life is left, or a fifth of it if that is less.
const RENEW: Duration = Duration::from_secs(60);
/// It is no longer used when this much is left, or a twentieth if that is less: a request takes time.
const STOP: Duration = Duration::from_secs(5);

/// The life of one token, measured on the local clock. One that does not say when it ends is used until it is rejected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lifetime(Option<Span>);

/// In milliseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Span {
    /// The whole of it, when the token came.
    whole: u64,
    rest: Countdown,
    /// Renew below this: jitter included, so that a fleet does not renew in step.
    renew_below: u64,
    /// Stop using it below this.
    stop_below: u64,
}

/// How far a life has gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Fresh,
    /// To be renewed, and good enough meanwhile.
    Due,
    /// Not good for what is asked.
    Short,
}

impl Lifetime {
    /// Of a token that just came. Its expiry is on the issuer's clock, which the answer's `Date` tells; without one, the
    /// `skew` learned earlier (the issuer's clock minus ours, in milliseconds) serves.
    pub(super) fn of(grant: &Grant, skew: i64, policy: &Policy, draw: u64) -> Lifetime {
        let now = grant.received_at();
        let issuer_now = grant.server_time().unwrap_or(shift(now, skew));
        match grant.expires_at() {
            Some(expires) => {
                let whole = expires.since(issuer_now);
                Lifetime::with(whole, Countdown::new(whole, now), policy, draw)
            }
            None => Lifetime::endless(),
        }
    }

    /// Of a token with this much left of its whole life. `draw` tells the jitter of a session's tokens apart.
    pub(super) fn with(whole: Duration, rest: Countdown, policy: &Policy, draw: u64) -> Lifetime {
        let early = RENEW.min(whole / 5);
        let renew_below = millis(early + policy.jitter(draw, early / 2));
        Lifetime(Some(Span { whole: millis(whole), rest, renew_below, stop_below: millis(STOP.min(whole / 20)) }))
    }

    /// Of a token that does not say when it ends.
    pub(super) fn endless() -> Lifetime {
        Lifetime(None)
    }

    /// Whether it is good for `min_left`. That is never more than a fresh token has, or each call would log in.
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

    /// What is left; the longest there is if the token does not say.
    pub(super) fn left(&mut self, now: UnixTime) -> Duration {
        self.0.as_mut().map_or(Duration::MAX, |span| span.rest.left(now))
    }

    /// The whole life; `None` if the token does not say.
    pub(super) fn whole(&self) -> Option<Duration> {
        self.0.as_ref().map(|span| Duration::from_millis(span.whole))
    }

    /// When it ends, on the local clock.
    pub(super) fn ends(&self) -> Option<UnixTime> {
        self.0.as_ref().map(|span| span.rest.ends())
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
    const NONE: Duration = Duration::ZERO;

    fn life(whole: u64) -> Lifetime {
        let whole = Duration::from_secs(whole);
        Lifetime::with(whole, Countdown::new(whole, NOW), &Policy::new(1), 1)
    }

    #[test]
    fn the_thresholds_follow_the_life() {
        for (whole, renew, stop) in [(600, 60, 5), (100, 20, 5), (20, 4, 1), (0, 0, 0)] {
            let Lifetime(Some(span)) = life(whole) else { panic!() };
            let renew = renew * 1000;
            assert!((renew..=renew + renew / 2).contains(&span.renew_below), "{whole}: {span:?}");
            assert_eq!(span.stop_below, stop * 1000, "{whole}");
        }
    }

    #[test]
    fn it_is_fresh_then_due_then_short() {
        for (after, stage) in [(0, Stage::Fresh), (509, Stage::Fresh), (541, Stage::Due), (596, Stage::Short)] {
            assert_eq!(life(600).stage(NONE, NOW + Duration::from_secs(after)), stage, "{after}");
        }
        assert_eq!(life(0).stage(NONE, NOW), Stage::Short);
    }

    #[test]
    fn a_need_above_the_whole_life_is_met_by_a_fresh_token() {
        assert_eq!(life(600).stage(Duration::MAX, NOW), Stage::Fresh);
        let need = Duration::from_secs(100);
        assert_eq!(life(600).stage(need, NOW + Duration::from_secs(500)), Stage::Fresh);
        assert_eq!(life(600).stage(need, NOW + Duration::from_secs(501)), Stage::Short);
    }

    #[test]
    fn a_token_without_expiry_lasts() {
        let mut life = Lifetime::endless();
        assert_eq!(life.stage(Duration::MAX, UnixTime::MAX), Stage::Fresh);
        assert_eq!((life.left(UnixTime::MAX), life.whole(), life.ends()), (Duration::MAX, None, None));
    }
}
