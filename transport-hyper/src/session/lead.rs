//! Leading: one login for all who wait.

use std::time::Duration;

use hub_auth_core::session::{Ask, Flight};
use hub_auth_core::{Challenge, Failure, Grant, LoginOutcome, Step};

use super::Session;
use crate::clock::now;

/// The right to log in for all. Dropped before it has landed, it hands over to whoever asks next.
pub(super) struct Lead<'a> {
    session: &'a Session,
    flight: Option<Flight>,
}

/// What a leader does next.
#[expect(clippy::large_enum_variant, reason = "it comes once a login")]
pub(super) enum Landed {
    Ask(Ask),
    NeedCode(Challenge),
}

impl<'a> Lead<'a> {
    pub(super) fn new(session: &'a Session, flight: Flight) -> Lead<'a> {
        Lead { session, flight: Some(flight) }
    }

    /// Logs in, unless another process has done so meanwhile.
    pub(super) async fn log_in(self, step: Step, min_left: Duration, by_hand: bool) -> Landed {
        let session = self.session;
        let mut store_lock = session.store_lock().await;
        if let Some(bearer) = session.look(min_left).await {
            return Landed::Ask(Ask::Ready(bearer));
        }
        let mut budget = session.0.client.budget();
        let result = match session.0.client.run_within(step, &budget).await {
            Ok(LoginOutcome::NeedCode(challenge)) if by_hand => return self.hand_out(challenge, min_left),
            Ok(LoginOutcome::NeedCode(challenge)) => {
                session.answer_for_all(challenge, &mut budget, &mut store_lock).await
            }
            Ok(LoginOutcome::Done(grant)) => Ok(grant),
            Err(failure) => Err(failure),
        };
        let ask = self.land(result);
        if let Ask::Ready(_) = ask {
            session.keep().await;
        }
        // Until here, so that the next one finds what was kept.
        drop(store_lock);
        Landed::Ask(ask)
    }

    fn land(mut self, result: Result<Grant, Failure>) -> Ask {
        let flight = self.flight();
        self.session.core().settle(flight, result, now())
    }

    /// Gives the challenge to the leader; the others are told that a code is missing.
    fn hand_out(mut self, challenge: Challenge, min_left: Duration) -> Landed {
        let flight = self.flight();
        let mut core = self.session.core();
        match core.hand_out(flight, challenge, now()) {
            Some(challenge) => Landed::NeedCode(challenge),
            None => Landed::Ask(core.ask(min_left, now())),
        }
    }

    #[expect(clippy::expect_used, reason = "whoever lands is consumed by it")]
    fn flight(&mut self) -> Flight {
        self.flight.take().expect("a lead lands once")
    }
}

impl Drop for Lead<'_> {
    fn drop(&mut self) {
        if let Some(flight) = self.flight.take() {
            self.session.core().abandon(flight);
        }
        self.session.0.landed.notify_waiters();
    }
}
