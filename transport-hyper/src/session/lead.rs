//! Leading: one login for all who wait.

use std::time::Duration;

use hub_auth_core::session::Flight;
use hub_auth_core::{Challenge, Failure, Grant, Login, Step};
use hub_auth_host::now;

use super::{Session, SessionLogin};

/// A login in flight. Dropped before it has landed, it hands over to whoever asks next.
pub(super) struct Lead<'a> {
    session: &'a Session,
    flight: Option<Flight>,
    accounts: u64,
}

/// Where a login ended.
pub(super) enum Landed {
    Here(Result<SessionLogin, Failure>),
    /// It was for an account that is no longer the session's.
    Elsewhere,
}

impl<'a> Lead<'a> {
    /// `accounts` as it was when the flight began.
    pub(super) fn new(session: &'a Session, flight: Flight, accounts: u64) -> Lead<'a> {
        Lead { session, flight: Some(flight), accounts }
    }

    /// Logs in, unless another process has done so meanwhile.
    pub(super) async fn log_in(self, step: Step, min_left: Duration, by_hand: bool) -> Landed {
        let session = self.session;
        let mut store_lock = session.store_lock().await;
        if let Some(bearer) = session.look(min_left).await {
            return Landed::Here(Ok(SessionLogin::Ready(bearer)));
        }
        let result = match session.0.client.run(step).await {
            Ok(Login::NeedCode(challenge)) if by_hand => return self.hand_out(challenge),
            Ok(Login::NeedCode(challenge)) => session.answer_for_all(challenge, &mut store_lock).await,
            Ok(Login::Done(grant)) => Ok(grant),
            Err(failure) => Err(failure),
        };
        let landed = self.land(result, min_left);
        if let Landed::Here(Ok(_)) = landed {
            session.keep().await;
        }
        // Until here, so that the next one finds what was kept.
        drop(store_lock);
        landed
    }

    /// Gives the challenge to the leader; the others are told that a code is missing.
    fn hand_out(mut self, challenge: Challenge) -> Landed {
        let mut state = self.session.state();
        match self.flight.take_if(|_| state.accounts == self.accounts) {
            Some(flight) => {
                state.core.hand_out(flight, &challenge, now());
                Landed::Here(Ok(SessionLogin::NeedCode(challenge)))
            }
            None => Landed::Elsewhere,
        }
    }

    fn land(mut self, result: Result<Grant, Failure>, min_left: Duration) -> Landed {
        let mut state = self.session.state();
        match self.flight.take_if(|_| state.accounts == self.accounts) {
            Some(flight) => Landed::Here(state.settle(flight, result, min_left, now()).map(SessionLogin::Ready)),
            None => Landed::Elsewhere,
        }
    }
}

impl Drop for Lead<'_> {
    fn drop(&mut self) {
        if let Some(flight) = self.flight.take() {
            self.session.state().core.abandon(flight);
        }
        self.session.0.landed.notify_waiters();
    }
}
