//! The token in use, and what becomes of it when an API call rejects it.

use std::time::Duration;

use super::bearer::{Bearer, Rejected};
use super::countdown::Countdown;
use super::lifetime::Lifetime;
use super::state::Session;
use crate::time::UnixTime;

/// A token younger than this may be rejected by a server whose clock is behind.
const NEW: Duration = Duration::from_secs(5);
/// Such a token is used once more after this.
const DOUBT: Duration = Duration::from_secs(1);
/// A login that followed a rejection is not followed by another before this: where a resource answers 401 to any token,
/// each call would log in.
const TRIED: Duration = Duration::from_secs(60);

/// The token in use.
pub(super) struct Current {
    pub(super) bearer: Bearer,
    pub(super) life: Lifetime,
    received_at: UnixTime,
    /// It was rejected while new, and is used once more when this is over.
    doubt: Option<Countdown>,
    /// It was won because another was rejected, and is not dropped before this is over.
    tried: Option<Countdown>,
}

impl Current {
    pub(super) fn new(bearer: Bearer, life: Lifetime, received_at: UnixTime) -> Current {
        Current { bearer, life, received_at, doubt: None, tried: None }
    }

    /// As the answer to the rejection of another.
    pub(super) fn in_place_of_rejected(self) -> Current {
        let tried = Some(Countdown::new(TRIED, self.received_at));
        Current { tried, ..self }
    }

    /// What to do about a 401; the session drops it if that says so.
    fn reject(&mut self, now: UnixTime) -> Rejected {
        if self.doubt.is_none() && now.since(self.received_at) < NEW {
            self.doubt = Some(Countdown::new(DOUBT, now));
        }
        match self.doubt.as_mut().map_or(Duration::ZERO, |doubt| doubt.left(now)) {
            Duration::ZERO if self.tried.as_mut().is_some_and(|tried| !tried.is_over(now)) => Rejected::Kept,
            Duration::ZERO => Rejected::Dropped,
            wait => Rejected::TooNew(wait),
        }
    }
}

impl Session {
    /// An API call with this token was answered by 401.
    pub fn reject(&mut self, bearer: &Bearer, now: UnixTime) -> Rejected {
        let Some(current) = self.current.as_mut().filter(|current| current.bearer.is(bearer)) else {
            return Rejected::Outdated;
        };
        let rejected = current.reject(now);
        if rejected == Rejected::Dropped {
            self.current = None;
            (self.rejected, self.is_replacing) = (Some(bearer.clone()), true);
        }
        rejected
    }
}
