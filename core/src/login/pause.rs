//! Holds the state of waiting before the next request.

use std::fmt;
use std::time::Duration;

use super::Step;
use super::transition::{self, Flight};
use crate::failure::Failure;
use crate::route::Route;
use crate::time::UnixTime;

/// Waits before the next request. Core does not sleep: the adapter does, on a monotonic clock, for [`delay`](Pause::delay).
#[must_use = "dropping it cancels the login"]
pub struct Pause {
    pub(super) until: UnixTime,
    pub(super) why: Failure,
    pub(super) flight: Flight,
}

impl Pause {
    /// Returns the instant to wait for, on the local clock.
    pub fn until(&self) -> UnixTime {
        self.until
    }

    /// Returns the time from `now` to [`until`](Pause::until), or zero if that instant has passed.
    pub fn delay(&self, now: UnixTime) -> Duration {
        self.until.since(now)
    }

    /// Returns the next step. Before [`until`](Pause::until) that is the same wait. After a sleep of the whole
    /// [`delay`](Pause::delay) pass `until` or later, because the clock may have been set back during the sleep.
    pub fn resume(self, now: UnixTime) -> Step {
        transition::resume(self, now)
    }

    /// Gives up instead of waiting and returns the failure that caused the wait.
    pub fn give_up(self) -> Failure {
        self.why
    }

    /// Returns the endpoint the next request goes to.
    pub fn route(&self) -> Route {
        self.flight.route()
    }
}

impl fmt::Debug for Pause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pause").field("until", &self.until).field("route", &self.route()).finish_non_exhaustive()
    }
}
