//! Who logs in for all, and who waits for it.

use std::sync::Arc;
use std::time::Duration;

use super::drive::{Lead, StoreLock};
use super::state::Session;
use super::steps::{Load, Next, Park, Want};
use crate::time::UnixTime;

/// Names a login. A later one is greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct FlightId(u64);

impl Session {
    /// Asks for a token.
    pub fn start(&mut self, want: Want, now: UnixTime) -> Next {
        if let Some(bearer) = self.fresh(want.min_left, now).filter(|_| !want.is_anew) {
            return Next::Ready(bearer.clone());
        }
        if let Some(token) = self.account.token() {
            return self.given(token, want.min_left, now);
        }
        if want.is_by_hand {
            self.holds.code_at_hand();
        }
        let usable = self.ready_for(want, now);
        let held = self.held(want, now);
        let is_paused = self.renewal_paused.as_mut().is_some_and(|pause| !pause.is_over(now));
        match (usable, self.in_flight(), held) {
            (Some(bearer), flight, held) if is_paused || flight.is_some() || held.is_some() => Next::Ready(bearer),
            (None, Some(followed), _) => Next::Park(Park { followed, want }),
            (None, None, Some(failure)) => Next::Refused(failure),
            _ => {
                let lead = self.lead(want);
                self.flight = Some((lead.flight, Arc::downgrade(&lead.alive)));
                Next::Load(Load { lead, end: None })
            }
        }
    }

    pub(super) fn follow(&mut self, Park { followed, want }: Park, now: UnixTime) -> Next {
        match &self.failed {
            Some((failed, failure)) if *failed >= followed => {
                let failure = failure.clone();
                self.ready_for(want, now).map_or(Next::Refused(failure), Next::Ready)
            }
            _ => match self.start(want, now) {
                // The flight that was followed first: its failure is an answer still.
                Next::Park(_) => Next::Park(Park { followed, want }),
                next => next,
            },
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

    /// The login in flight for all, while its leader is there.
    pub(super) fn in_flight(&self) -> Option<FlightId> {
        self.flight.as_ref().filter(|(_, alive)| alive.strong_count() > 0).map(|(id, _)| *id)
    }

    /// Whether this is the login in flight for all.
    pub(super) fn leads(&self, lead: &Lead) -> bool {
        self.in_flight() == Some(lead.flight)
    }

    /// The login in flight for all, if this is it, is over.
    pub(super) fn land(&mut self, lead: &Lead) {
        self.flight.take_if(|(flight, _)| *flight == lead.flight);
    }
}
