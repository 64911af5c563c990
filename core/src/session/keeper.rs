//! Who gets the token, who leads a login, who follows, until when.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::bearer::{Bearer, Rejected};
use super::hold::Hold;
use super::lifetime::Lifetime;
use crate::account::Account;
use crate::failure::{Details, Failure, Kind};
use crate::grant::Grant;
use crate::hub::Hub;
use crate::login::{Challenge, Step};
use crate::time::UnixTime;

/// After a renewal that failed while the token is still good, the next is not tried before this.
const RENEW_AGAIN: Duration = Duration::from_secs(10);
/// A token younger than this may be rejected by a server whose clock is behind.
const NEW: Duration = Duration::from_secs(5);
/// Such a token is used once more after this.
const DOUBT: Duration = Duration::from_secs(1);

/// An account that stays logged in: pure state behind the adapters' session handles.
pub struct Session {
    pub(super) hub: Hub,
    pub(super) account: Account,
    pub(super) current: Option<Current>,
    /// Counts the tokens, so that a late rejection of an old one cannot drop the new one.
    pub(super) generation: u64,
    /// The issuer's clock minus ours, in milliseconds; learned from token answers only.
    pub(super) skew: i64,
    /// The last TOTP time step a code was made for.
    pub(super) totp_step: Option<u64>,
    /// The login in flight.
    flight: Option<FlightId>,
    flights: u64,
    /// The last login that failed, for those who followed it.
    failed: Option<(FlightId, Failure)>,
    hold: Option<Hold>,
    /// No early renewal before this.
    renew_after: Option<UnixTime>,
}

/// The token in use.
pub(super) struct Current {
    pub(super) bearer: Bearer,
    pub(super) life: Lifetime,
    received_at: UnixTime,
    /// It was rejected while new, and is used once more until then.
    doubted_until: Option<UnixTime>,
}

/// What a caller does next.
#[derive(Debug)]
#[must_use]
pub enum Ask {
    /// Use this token.
    Ready(Bearer),
    /// Log in for all: drive the step, then [`Session::settle`] the flight, or [`Session::abandon`] it.
    Lead(Flight, Step),
    /// Somebody else is logging in: wait until that flight ends, then [`Session::ask_after`] it.
    Follow(FlightId),
    /// No token, and nothing is sent now.
    Refused(Failure),
}

/// A login in flight. It is ended by [`Session::settle`] or [`Session::abandon`], once:
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
pub struct Flight(FlightId);

/// Names a flight for those who follow it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FlightId(u64);

impl Flight {
    /// Its name.
    #[must_use]
    pub fn id(&self) -> FlightId {
        self.0
    }
}

impl Session {
    /// A session without a token; nothing is sent until somebody asks.
    #[must_use]
    pub fn new(hub: Hub, account: Account) -> Session {
        Session {
            hub,
            account,
            current: None,
            generation: 0,
            skew: 0,
            totp_step: None,
            flight: None,
            flights: 0,
            failed: None,
            hold: None,
            renew_after: None,
        }
    }

    /// Asks for a token good for at least `min_left`. Where the token's whole life is shorter, a fresh one is good enough.
    pub fn ask(&mut self, min_left: Duration, now: UnixTime) -> Ask {
        let mut usable = None;
        if let Some(current) = &mut self.current {
            let left = current.life.left(now);
            if left >= current.life.need(min_left) && !left.is_zero() {
                let renew = left < current.life.renew_below() && self.renew_after.is_none_or(|after| now >= after);
                if !renew {
                    return Ask::Ready(current.bearer.clone());
                }
                usable = Some(current.bearer.clone());
            }
        }
        let held = self.hold.as_mut().and_then(|hold| hold.failure(now));
        match (usable, self.flight, held) {
            (Some(bearer), Some(_), _) | (Some(bearer), None, Some(_)) => Ask::Ready(bearer),
            (None, Some(flight), _) => Ask::Follow(flight),
            (None, None, Some(failure)) => Ask::Refused(failure.clone()),
            (_, None, None) => self.lead(),
        }
    }

    /// Asks again after the flight that was followed has ended. If it failed, that failure is the answer: followers of a
    /// failed login do not try it again one after the other.
    pub fn ask_after(&mut self, followed: FlightId, min_left: Duration, now: UnixTime) -> Ask {
        match &self.failed {
            Some((failed, failure)) if *failed == followed && self.flight.is_none() => {
                let failure = failure.clone();
                match self.ready(min_left, now) {
                    Some(bearer) => Ask::Ready(bearer),
                    None => Ask::Refused(failure),
                }
            }
            _ => self.ask(min_left, now),
        }
    }

    /// The current token if it is good for at least `min_left`, without ever logging in.
    pub fn ready(&mut self, min_left: Duration, now: UnixTime) -> Option<Bearer> {
        let current = self.current.as_mut()?;
        let left = current.life.left(now);
        (left >= current.life.need(min_left) && !left.is_zero()).then(|| current.bearer.clone())
    }

    /// The flight has landed, well or not. A failure with a token still good is no harm: [`Session::ready`] has it.
    pub fn settle(&mut self, flight: Flight, result: Result<Grant, Failure>, now: UnixTime) {
        let id = self.end(flight);
        match result.and_then(|grant| self.adopt(&grant)) {
            Ok(_) => {}
            Err(failure) => {
                self.note(&failure, now);
                self.failed = Some((id, failure));
                self.renew_after = Some(now + RENEW_AGAIN);
            }
        }
    }

    /// The flight has led to a challenge that the leader takes away, to be answered by hand. Its followers are told that a
    /// code is missing, and so is everybody until a token is [adopted](Session::adopt) or a code is [at
    /// hand](Session::code_at_hand).
    pub fn hand_out(&mut self, flight: Flight, challenge: &Challenge, now: UnixTime) {
        self.settle(flight, Err(challenge.unanswered()), now);
    }

    /// Takes note of how a login ended that was led by hand, so that what follows from it holds for all.
    pub fn note(&mut self, failure: &Failure, now: UnixTime) {
        self.hold = Hold::after(failure, &self.account, self.salt(), now).or(self.hold.take());
    }

    /// Somebody can give a code from now on: a login that was held back for the lack of one may be led again.
    pub fn code_at_hand(&mut self) {
        self.hold = self.hold.take().filter(|hold| !hold.wants_code());
    }

    /// Whether this challenge is of the session's own account, at its Hub.
    #[must_use]
    pub fn is_own(&self, challenge: &Challenge) -> bool {
        challenge.hub().binding() == self.hub.binding()
            && challenge.user() == self.account.user()
            && challenge.kind() == self.account.kind()
    }

    /// The leader is gone without a result: whoever asks next leads. The Hub may have counted its attempt.
    pub fn abandon(&mut self, flight: Flight) {
        self.end(flight);
    }

    /// Takes a token won by other means: a challenge answered aside, say. One that has ended before it came is none, and
    /// must not cost each caller a login: [`Kind::MalformedAnswer`].
    pub fn adopt(&mut self, grant: &Grant) -> Result<Bearer, Failure> {
        self.generation += 1;
        if let Some(server) = grant.server_time() {
            let millis = |time: UnixTime| i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
            self.skew = millis(server).saturating_sub(millis(grant.received_at()));
        }
        let life = Lifetime::of(grant, self.skew, self.hub.policy(), self.generation);
        let bearer = Bearer {
            token: grant.token().clone(),
            generation: self.generation,
            route: grant.route(),
            claims: Arc::new(grant.claims().clone()),
        };
        if life.whole().is_some_and(|whole| whole.is_zero()) {
            return Err(Details::new(Kind::MalformedAnswer, grant.route(), self.account.identity()).into());
        }
        self.install(bearer.clone(), life, grant.received_at());
        self.hold = None;
        Ok(bearer)
    }

    /// An API call with this token was answered by 401.
    pub fn reject(&mut self, bearer: &Bearer, now: UnixTime) -> Rejected {
        let Some(current) = self.current.as_mut().filter(|current| current.bearer.generation == bearer.generation)
        else {
            return Rejected::Outdated;
        };
        let until = match current.doubted_until {
            Some(until) => until,
            None if now.since(current.received_at) < NEW => *current.doubted_until.insert(now + DOUBT),
            None => now,
        };
        if now < until {
            return Rejected::TooNew(until.since(now).min(DOUBT));
        }
        self.current = None;
        Rejected::Dropped
    }

    /// The next code of `totp`, for the leader's challenge; no time step twice, not by the next process either if the
    /// session is sealed in between. The issuer's clock is taken into account as far as it is known.
    #[cfg(feature = "totp")]
    pub fn next_code(&mut self, totp: &crate::Totp, now: UnixTime) -> crate::NextCode {
        let issuer_now = super::lifetime::shift(now, self.skew);
        match totp.next(self.totp_step, issuer_now) {
            crate::NextCode::Now(code, step) => {
                self.totp_step = Some(step);
                crate::NextCode::Now(code, step)
            }
            crate::NextCode::At(time) => crate::NextCode::At(now + time.since(issuer_now)),
        }
    }

    /// Logs in with another account from now on. The same one keeps its token; another secret of the same user does too,
    /// and is free of what was held against the old one. Says whether there was anything to change.
    pub fn set_account(&mut self, account: Account) -> bool {
        if account.is(&self.account) {
            return false;
        }
        if account.user() != self.account.user() || account.kind() != self.account.kind() {
            self.current = None;
        }
        let salt = self.salt();
        self.hold = self.hold.take().filter(|hold| hold.concerns(&account, salt));
        self.account = account;
        true
    }

    /// The account it logs in with.
    #[must_use]
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// The Hub it logs in to.
    #[must_use]
    pub fn hub(&self) -> &Hub {
        &self.hub
    }

    /// When the current token ends, on the local clock; `None` without a token or if it does not say.
    #[must_use]
    pub fn expires_at(&self) -> Option<UnixTime> {
        self.current.as_ref()?.life.ends()
    }

    /// The login in flight.
    #[must_use]
    pub fn in_flight(&self) -> Option<FlightId> {
        self.flight
    }

    pub(super) fn install(&mut self, bearer: Bearer, life: Lifetime, received_at: UnixTime) {
        self.current = Some(Current { bearer, life, received_at, doubted_until: None });
        self.renew_after = None;
    }

    fn lead(&mut self) -> Ask {
        self.flights += 1;
        let id = FlightId(self.flights);
        self.flight = Some(id);
        Ask::Lead(Flight(id), self.hub.login(&self.account))
    }

    fn end(&mut self, Flight(id): Flight) -> FlightId {
        self.flight = self.flight.filter(|current| *current != id);
        id
    }

    /// Whatever the policy draws from its seed: unknown to others if the seed is.
    fn salt(&self) -> u64 {
        self.hub.policy().seed
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("user", &self.account.user())
            .field("generation", &self.generation)
            .field("expires_at", &self.expires_at())
            .field("flight", &self.flight)
            .field("hold", &self.hold)
            .finish_non_exhaustive()
    }
}
