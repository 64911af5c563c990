//! What the threads of a session share: its state, and who flies.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hub_auth_core::session::{Ask, BadSession, Bearer, Flight, Rejected, Session};
use hub_auth_core::{Account, Challenge, Failure, Grant, Hub, Secret, Step, Token, UnixTime};

use super::lock;
use crate::clock::Clock;

pub(super) struct Shared {
    state: Mutex<State>,
    /// Told whenever a flight ends.
    landed: Condvar,
}

pub(super) struct State {
    pub(super) core: Session,
    /// Counts the accounts, so that what came of a login with an earlier one is not held against a later one.
    pub(super) accounts: u64,
    /// The last token that was rejected, which a store may still have.
    rejected: Option<Token>,
}

/// What a caller is to do.
#[expect(clippy::large_enum_variant, reason = "a lead is rare; boxing the step would cost every login an allocation")]
pub(super) enum Turn<'a> {
    Ready(Bearer),
    Lead(Lead<'a>, Step),
}

/// The right to log in for all. Dropped without landing, it is the next caller's.
pub(super) struct Lead<'a> {
    shared: &'a Shared,
    flight: Option<Flight>,
    accounts: u64,
}

impl Shared {
    pub(super) fn new(hub: Hub, account: Account) -> Shared {
        let state = State { core: Session::new(hub, account), accounts: 0, rejected: None };
        Shared { state: Mutex::new(state), landed: Condvar::new() }
    }

    /// Held for calls of the core only: nobody's code runs under it, and nothing waits.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// A token, or the lead; waits for the login of another thread.
    pub(super) fn turn(&self, min_left: Duration, clock: &Clock) -> Result<Turn<'_>, Failure> {
        let mut state = self.state();
        let mut ask = state.core.ask(min_left, clock.now());
        loop {
            ask = match ask {
                Ask::Ready(bearer) => return Ok(Turn::Ready(bearer)),
                Ask::Refused(failure) => return Err(failure),
                Ask::Lead(flight, step) => {
                    let lead = Lead { shared: self, flight: Some(flight), accounts: state.accounts };
                    return Ok(Turn::Lead(lead, step));
                }
                Ask::Follow(id) => {
                    let flies = |state: &mut State| state.core.in_flight() == Some(id);
                    state = self.landed.wait_while(state, flies).unwrap_or_else(PoisonError::into_inner);
                    state.core.ask_after(id, min_left, clock.now())
                }
            };
        }
    }
}

impl State {
    pub(super) fn set_account(&mut self, account: Account) {
        if self.core.set_account(account) {
            self.accounts += 1;
        }
    }

    /// Where it stands, if this challenge is of its account.
    pub(super) fn accounts_of(&self, challenge: &Challenge) -> Option<u64> {
        self.core.is_own(challenge).then_some(self.accounts)
    }

    pub(super) fn reject(&mut self, bearer: &Bearer, now: UnixTime) -> Rejected {
        let mut answer = self.core.reject(bearer, now);
        if answer == Rejected::Outdated {
            // Unless it is the same one, come back from a store.
            let current = self.core.ready(Duration::ZERO, now);
            let same = current.filter(|current| current.token().header() == bearer.token().header());
            answer = same.map_or(answer, |same| self.core.reject(&same, now));
        }
        if answer == Rejected::Dropped {
            self.rejected = Some(bearer.token().clone());
        }
        answer
    }

    /// Takes over what a store has kept, and returns its token if that is good for `min_left` and news.
    pub(super) fn take_over(
        &mut self,
        sealed: &Secret,
        min_left: Duration,
        now: UnixTime,
    ) -> Result<Option<Bearer>, BadSession> {
        let own = self.core.ready(Duration::ZERO, now);
        let known = [own.as_ref().map(Bearer::token), self.rejected.as_ref()];
        let is_known = |token: &Token| known.iter().flatten().any(|known| known.header() == token.header());
        let mut kept = Session::new(self.core.hub().clone(), self.core.account().clone());
        kept.restore(sealed, now)?;
        // Whatever its token is good for: no code twice.
        self.core.restore_step(sealed)?;
        if kept.ready(min_left, now).is_some_and(|bearer| !is_known(bearer.token())) {
            self.core.restore(sealed, now)?;
            return Ok(self.core.ready(min_left, now));
        }
        Ok(None)
    }
}

impl Lead<'_> {
    /// Ends the flight. What comes of it for the leader is returned; `None` if the account was changed meanwhile, and
    /// it has to ask again.
    pub(super) fn land(
        mut self,
        result: Result<Grant, Failure>,
        min_left: Duration,
        now: UnixTime,
    ) -> Option<Result<Bearer, Failure>> {
        let mut state = self.shared.state();
        if state.accounts != self.accounts {
            return None;
        }
        let flight = self.flight.take()?;
        Some(match result.and_then(|grant| state.core.adopt(&grant)) {
            Ok(bearer) => {
                // As good as settled: its token is adopted.
                state.core.abandon(flight);
                Ok(bearer)
            }
            Err(failure) => {
                state.core.settle(flight, Err(failure.clone()), now);
                state.core.ready(min_left, now).ok_or(failure)
            }
        })
    }
}

impl Lead<'_> {
    /// Gives the challenge to the leader; the others are told that a code is missing. `None` as for `land`.
    pub(super) fn hand_out(mut self, challenge: Challenge, now: UnixTime) -> Option<Challenge> {
        let mut state = self.shared.state();
        if state.accounts != self.accounts {
            return None;
        }
        state.core.hand_out(self.flight.take()?, &challenge, now);
        Some(challenge)
    }
}

impl Drop for Lead<'_> {
    fn drop(&mut self) {
        if let Some(flight) = self.flight.take() {
            self.shared.state().core.abandon(flight);
        }
        self.shared.landed.notify_all();
    }
}
