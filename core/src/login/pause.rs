//! A wait before the next send.

use std::fmt;
use std::time::Duration;

use super::Step;
use super::transition::{self, Flight};
use crate::failure::Failure;
use crate::route::Route;
use crate::time::UnixTime;

/// Wait, then go on. Core does not sleep: the adapter does, on a monotonic clock, for [`delay`](Pause::delay).
#[must_use = "dropping it cancels the login"]
pub struct Pause {
    pub(super) until: UnixTime,
    pub(super) why: Failure,
    pub(super) flight: Flight,
}

impl Pause {
    /// The instant to wait for, on the local clock.
    #[must_use]
    pub fn until(&self) -> UnixTime {
        self.until
    }

    /// How long that is from now; zero if it has passed.
    #[must_use]
    pub fn delay(&self, now: UnixTime) -> Duration {
        self.until.since(now)
    }

    /// Goes on. Too early, it is the same wait again; after sleeping the whole [`delay`](Pause::delay), give at least
    /// [`until`](Pause::until), so that a clock set back in between cannot prolong it.
    pub fn resume(self, now: UnixTime) -> Step {
        transition::resume(self, now)
    }

    /// Ends the login in place of the wait, with what it waits after. For a program whose own time is up.
    #[must_use]
    pub fn give_up(self) -> Failure {
        self.why
    }

    /// The endpoint the next request goes to.
    #[must_use]
    pub fn route(&self) -> Route {
        self.flight.route()
    }
}

impl fmt::Debug for Pause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pause").field("until", &self.until).field("route", &self.route()).finish_non_exhaustive()
    }
}
