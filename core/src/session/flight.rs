//! Decides who logs in for all, and who waits for that login.

use std::sync::Arc;
use std::time::Duration;

use super::state::Session;
use super::steps::{After, Load, Next, Park, Want};
use crate::account::Account;
use crate::failure::{Details, Failure};
use crate::kind::FailureKind;
use crate::time::UnixTime;

/// Names a login. A later one is greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct FlightId(u64);

/// Belongs to the caller who logs in, for all or by hand. The session sees when it is dropped.
#[derive(Debug)]
pub(super) struct Lead {
    pub(super) flight: FlightId,
    /// Dropped with the lead.
    alive: Arc<()>,
    pub(super) account: Account,
    /// The session's count of accounts when the login began.
    pub(super) accounts: u64,
    pub(super) want: Want,
    pub(super) lock: StoreLock,
}

/// Says whether the store is locked for a login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StoreLock {
    /// The store is to be locked; others had the lock for this long.
    Wanted(Duration),
    Held,
    /// The login goes on without it.
    Without,
}

impl Lead {
    pub(super) fn with(self, lock: StoreLock) -> Lead {
        Lead { lock, ..self }
    }
}

impl Session {
    /// Asks for a token.
    pub fn start(&mut self, want: Want, now: UnixTime) -> Next {
        if let Some(bearer) = self.fresh(want, now) {
            return Next::Ready(bearer);
        }
        if let Some(token) = self.account.token() {
            return self.given(token, want.min_left, now);
        }
        if want.is_by_hand {
            self.holds.code_at_hand();
        }
        let usable = self.usable(want, now);
        let held = self.held(want, now);
        let is_paused = self.renewal_paused.as_mut().is_some_and(|pause| !pause.is_over(now));
        match (usable, self.in_flight(), held) {
            (Some(bearer), flight, held) if is_paused || flight.is_some() || held.is_some() => Next::Ready(bearer),
            (None, Some(followed), _) => Next::Park(Park { followed, want }),
            (None, None, Some(failure)) => Next::Refused(failure),
            _ => {
                let lead = self.lead(want);
                self.flight = Some((lead.flight, Arc::downgrade(&lead.alive)));
                Next::Load(Load { lead, then: After::LogIn })
            }
        }
    }

    pub(super) fn lead(&mut self, want: Want) -> Lead {
        self.flights += 1;
        Lead {
            flight: FlightId(self.flights),
            alive: Arc::new(()),
            account: self.account.clone(),
            accounts: self.accounts,
            want,
            lock: StoreLock::Wanted(Duration::ZERO),
        }
    }

    /// Returns the login in flight for all, while its leader is there.
    pub(super) fn in_flight(&self) -> Option<FlightId> {
        self.flight.as_ref().filter(|(_, alive)| alive.strong_count() > 0).map(|(id, _)| *id)
    }

    /// Returns whether this is the login in flight for all.
    pub(super) fn leads(&self, lead: &Lead) -> bool {
        self.in_flight() == Some(lead.flight)
    }

    /// Ends the flight of this login, if it is the one for all.
    pub(super) fn land(&mut self, lead: &Lead) {
        self.flight.take_if(|(flight, _)| *flight == lead.flight);
    }

    /// Returns the failure to hand out before anything is sent.
    pub(super) fn held(&mut self, want: Want, now: UnixTime) -> Option<Failure> {
        if want.is_anew { None } else { self.holds.failure(&self.account, now) }
    }
}

impl Park {
    /// Looks again. Returns the same step while that login is on its way. If its leader is gone without a result, this caller
    /// leads. If it failed, this caller gets its failure, also where somebody logs in again meanwhile.
    pub fn resume(self, session: &mut Session, now: UnixTime) -> Next {
        let Park { followed, want } = self;
        match session.failed.clone() {
            Some((failed, failure)) if failed >= followed => {
                session.usable(want, now).map_or(Next::Refused(failure), Next::Ready)
            }
            _ => match session.start(want, now) {
                // The flight that was followed first: its failure is an answer still.
                Next::Park(_) => Next::Park(Park { followed, want }),
                next => next,
            },
        }
    }

    /// Refuses a token to the code provider of that login, which would wait for itself.
    pub fn refuse(self, session: &Session) -> Next {
        let Session { account, .. } = session;
        Next::Refused(Details::new(FailureKind::SecondFactorRequired, account.route(), account.identity()).into())
    }
}
