//! Who gets the token, who leads a login, who follows.

use std::sync::Arc;
use std::time::Duration;

use super::bearer::Bearer;
use super::countdown::Countdown;
use super::state::Session;
use crate::error::SealError;
use crate::failure::Failure;
use crate::grant::Grant;
use crate::login::{Challenge, Step};
use crate::secret::Secret;
use crate::time::UnixTime;

/// After a renewal that failed while the token is still good, the next is not tried before this.
pub(super) const RENEW_AGAIN: Duration = Duration::from_secs(10);

/// What a caller does next.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "a lead is rare; boxing its step would cost every login an allocation")]
#[must_use = "a lead that is dropped keeps all others from logging in"]
pub enum Ask {
    /// Use this token.
    Ready(Bearer),
    /// Log in for all: drive the step, then [`Session::settle`] the flight, or [`Session::abandon`] it.
    Lead(Flight, Step),
    /// Somebody else is logging in: wait until that flight ends, then [`Session::ask_after`] it.
    Follow(FlightId),
    /// No token, and this is why; nothing is sent now.
    Refused(Failure),
}

/// A login on its way: the one in flight for all, or one by hand beside it. It is ended by [`Session::settle`],
/// [`Session::hand_out`] or [`Session::abandon`], once:
///
/// ```compile_fail,E0382
/// # use hub_auth_core::session::{Flight, Session};
/// fn end(session: &mut Session, flight: Flight) {
///     session.abandon(flight);
///     session.abandon(flight);
/// }
/// ```
///
/// ```
/// # use hub_auth_core::session::{Flight, Session};
/// fn end(session: &mut Session, flight: Flight) {
///     session.abandon(flight);
/// }
/// ```
#[derive(Debug)]
#[must_use = "while it is neither settled nor abandoned, nobody else logs in"]
pub struct Flight {
    id: FlightId,
    /// The session's count of accounts when it began.
    accounts: u64,
    /// What its leader asked for.
    min_left: Duration,
    alive: Arc<()>,
}

/// Names a flight for those who follow it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FlightId(pub(super) u64);

impl Flight {
    /// Its name.
    #[must_use]
    pub fn id(&self) -> FlightId {
        self.id
    }
}

impl Session {
    /// Asks for a token good for at least `min_left`. Where the token's whole life is shorter, a fresh one is good enough.
    pub fn ask(&mut self, min_left: Duration, now: UnixTime) -> Ask {
        if let Some(bearer) = self.fresh(min_left, now) {
            return Ask::Ready(bearer.clone());
        }
        let usable = self.ready(min_left, now);
        let held = self.holds.failure(&self.account, now);
        let paused = self.renewal_paused.as_mut().is_some_and(|pause| !pause.is_over(now));
        match (usable, self.in_flight(), held) {
            (Some(bearer), flight, held) if paused || flight.is_some() || held.is_some() => Ask::Ready(bearer),
            (None, Some(flight), _) => Ask::Follow(flight),
            (None, None, Some(failure)) => Ask::Refused(failure),
            _ => {
                let flight = self.begin(min_left);
                self.flight = Some((flight.id, Arc::downgrade(&flight.alive)));
                Ask::Lead(flight, self.hub.login(&self.account))
            }
        }
    }

    /// Asks again after the flight that was followed has ended. If it failed, that failure is the answer: followers of a
    /// failed login do not try it again one after the other.
    pub fn ask_after(&mut self, followed: FlightId, min_left: Duration, now: UnixTime) -> Ask {
        match &self.failed {
            Some((failed, failure)) if *failed == followed && self.in_flight().is_none() => {
                let failure = failure.clone();
                self.ready_or(failure, min_left, now)
            }
            _ => self.ask(min_left, now),
        }
    }

    /// The flight has landed, well or not: what its leader does next. A failure with a token still good is no harm: that
    /// token is handed out. What a login with an account brings that is no longer the session's is neither used nor held
    /// against the new one, and the leader asks anew.
    pub fn settle(&mut self, flight: Flight, result: Result<Grant, Failure>, now: UnixTime) -> Ask {
        let (id, accounts, min_left) = (flight.id, flight.accounts, flight.min_left);
        let was_for_all = self.end(flight);
        if accounts != self.accounts {
            return self.ask(min_left, now);
        }
        match result.and_then(|grant| self.adopt(&grant)) {
            Ok(bearer) => Ask::Ready(bearer),
            Err(failure) => {
                self.holds.failed(&failure, &self.account.clone(), now);
                if was_for_all {
                    self.failed = Some((id, failure.clone()));
                    self.renewal_paused = Some(Countdown::new(RENEW_AGAIN, now));
                }
                self.ready_or(failure, min_left, now)
            }
        }
    }

    /// The flight has led to a challenge that the leader takes away, to be answered [by hand](Session::by_hand). Its
    /// followers are told that a code is missing, and so is everybody until there is a token or a code is [at
    /// hand](Session::code_at_hand). `None` if the account is no longer the session's: the leader asks anew.
    pub fn hand_out(&mut self, flight: Flight, challenge: Challenge, now: UnixTime) -> Option<Challenge> {
        if flight.accounts != self.accounts {
            self.abandon(flight);
            return None;
        }
        let _told = self.settle(flight, Err(challenge.unanswered()), now);
        Some(challenge)
    }

    /// Goes on by hand from this challenge, beside the login in flight if there is one: [settle](Session::settle) what
    /// comes of it. `None` for a challenge of another Hub, user or kind of credential than the session's.
    pub fn by_hand(&mut self, challenge: &Challenge) -> Option<Flight> {
        let is_own = challenge.hub().binding() == self.hub.binding()
            && challenge.user() == self.account.user()
            && challenge.kind() == self.account.kind();
        is_own.then(|| self.begin(Duration::ZERO))
    }

    /// Somebody can give a code from now on: a login that was held back for the lack of one may be led again.
    pub fn code_at_hand(&mut self) {
        self.holds.code_at_hand();
    }

    /// Takes what is of use to a leader from a sealed session; the token is returned if it saves the login.
    pub fn take_over(
        &mut self,
        sealed: &Secret,
        min_left: Duration,
        now: UnixTime,
    ) -> Result<Option<Bearer>, SealError> {
        let before = self.current.as_ref().map(|current| current.bearer.clone());
        self.restore(sealed, now)?;
        let is_theirs = |bearer: &&Bearer| !before.is_some_and(|before| before.is(bearer));
        Ok(self.fresh(min_left, now).filter(is_theirs).cloned())
    }

    /// The leader is gone without a result: whoever asks next leads. The Hub may have counted its attempt.
    pub fn abandon(&mut self, flight: Flight) {
        self.end(flight);
    }

    /// The login in flight.
    #[must_use]
    pub fn in_flight(&self) -> Option<FlightId> {
        self.flight.as_ref().filter(|(_, alive)| alive.strong_count() > 0).map(|(id, _)| *id)
    }

    fn ready_or(&mut self, failure: Failure, min_left: Duration, now: UnixTime) -> Ask {
        self.ready(min_left, now).map_or(Ask::Refused(failure), Ask::Ready)
    }

    fn begin(&mut self, min_left: Duration) -> Flight {
        self.flights += 1;
        Flight { id: FlightId(self.flights), accounts: self.accounts, min_left, alive: Arc::new(()) }
    }

    /// Says whether it was the one in flight for all.
    fn end(&mut self, Flight { id, .. }: Flight) -> bool {
        self.flight.take_if(|(flight, _)| *flight == id).is_some()
    }
}
