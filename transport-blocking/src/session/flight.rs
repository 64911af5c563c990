//! What the threads of a session share: its state, and who flies.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use hub_auth_core::session::{Ask, Flight, FlightId, Session};
use hub_auth_core::{Challenge, Failure, Grant, UnixTime};

use super::lock;
use crate::stop::Stop;

pub(super) struct Shared {
    core: Mutex<Session>,
    /// Told whenever a flight ends.
    landed: Condvar,
}

/// The right to log in for all. Dropped before it has landed, it hands over to whoever asks next.
pub(super) struct Lead<'a> {
    shared: &'a Shared,
    flight: Option<Flight>,
}

impl Shared {
    pub(super) fn new(core: Session) -> Shared {
        Shared { core: Mutex::new(core), landed: Condvar::new() }
    }

    /// Held for its own pure calls only: nobody's code runs under it, and nothing waits.
    pub(super) fn core(&self) -> MutexGuard<'_, Session> {
        lock(&self.core)
    }

    pub(super) fn lead(&self, flight: Flight) -> Lead<'_> {
        Lead { shared: self, flight: Some(flight) }
    }

    /// The session, once this flight has ended; `None` if the client is shut down.
    pub(super) fn landed(&self, id: FlightId, stop: &Stop) -> Option<MutexGuard<'_, Session>> {
        let flies = |core: &mut Session| core.in_flight() == Some(id);
        let core = self.landed.wait_while(self.core(), flies).unwrap_or_else(PoisonError::into_inner);
        (!stop.is_stopped()).then_some(core)
    }
}

impl Lead<'_> {
    /// Ends the flight, and says what the leader does next.
    pub(super) fn land(mut self, result: Result<Grant, Failure>, now: UnixTime) -> Ask {
        let flight = self.flight();
        self.shared.core().settle(flight, result, now)
    }

    /// Gives the challenge to the leader; the others are told that a code is missing. `None` if the account was changed
    /// meanwhile, and the leader asks anew.
    pub(super) fn hand_out(mut self, challenge: Challenge, now: UnixTime) -> Option<Challenge> {
        let flight = self.flight();
        self.shared.core().hand_out(flight, challenge, now)
    }

    #[expect(clippy::expect_used, reason = "whoever lands is consumed by it")]
    fn flight(&mut self) -> Flight {
        self.flight.take().expect("a lead lands once")
    }
}

impl Drop for Lead<'_> {
    fn drop(&mut self) {
        if let Some(flight) = self.flight.take() {
            self.shared.core().abandon(flight);
        }
        self.shared.landed.notify_all();
    }
}
