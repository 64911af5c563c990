//! Keeps the token in use, and decides what becomes of it when an API call rejects it.

use std::time::Duration;

use super::bearer::{Bearer, Rejected};
use super::countdown::Countdown;
use super::lifetime::Lifetime;
use super::state::Session;
use crate::time::UnixTime;

/// Bounds the age of a token that a server whose clock is behind may reject.
const NEW: Duration = Duration::from_secs(5);
/// Delays the second use of such a token.
const DOUBT: Duration = Duration::from_secs(1);
/// Keeps a token that replaced a rejected one. A resource that answers 401 to any token would make each call log in.
const TRIED: Duration = Duration::from_secs(60);

/// Holds the token in use.
pub(super) struct Current {
    pub(super) bearer: Bearer,
    pub(super) life: Lifetime,
    received_at: UnixTime,
    /// The token was rejected while new, and is used once more when this is over.
    doubt: Option<Countdown>,
    /// The token replaced a rejected one, and is not dropped before this is over.
    tried: Option<Countdown>,
}

impl Current {
    pub(super) fn new(bearer: Bearer, life: Lifetime, received_at: UnixTime, replaces_rejected: bool) -> Current {
        let tried = replaces_rejected.then(|| Countdown::new(TRIED, received_at));
        Current { bearer, life, received_at, doubt: None, tried }
    }
}

impl Session {
    /// Takes the news that an API call with this token was answered by 401. Returns what to do next.
    pub fn reject(&mut self, bearer: &Bearer, now: UnixTime) -> Rejected {
        let Some(current) = self.current.as_mut().filter(|current| current.bearer.is(bearer)) else {
            return Rejected::Outdated;
        };
        if current.doubt.is_none() && now.since(current.received_at) < NEW {
            current.doubt = Some(Countdown::new(DOUBT, now));
        }
        let wait = current.doubt.as_mut().map_or(Duration::ZERO, |doubt| doubt.left(now));
        if !wait.is_zero() {
            return Rejected::TooNew(wait);
        }
        if current.tried.as_mut().is_some_and(|tried| !tried.is_over(now)) {
            return Rejected::Kept;
        }
        (self.current, self.rejected, self.is_replacing) = (None, Some(bearer.clone()), true);
        Rejected::Dropped
    }
}
