//! Logging in for all.

use std::time::Duration;

use hub_auth_core::session::{Ask, Bearer};
use hub_auth_core::{Challenge, Failure, Grant, LoginOutcome, Secret, Step};
use hub_auth_host::{StoreKey, StoreLock, now};

use super::flight::Lead;
use super::{Session, SessionLogin};
use crate::client::Budget;

/// What a leader does next.
#[expect(clippy::large_enum_variant, reason = "it comes once a login")]
enum Landed {
    Ask(Ask),
    NeedCode(Challenge),
}

impl Session {
    /// Goes on from what the session has said; `by_hand` takes a challenge for an answer.
    pub(super) fn go_on(&self, mut ask: Ask, min_left: Duration, by_hand: bool) -> Result<SessionLogin, Failure> {
        loop {
            ask = match ask {
                Ask::Ready(bearer) => return Ok(SessionLogin::Ready(bearer)),
                Ask::Refused(failure) => return Err(failure),
                Ask::Follow(id) => match self.0.shared.landed(id, self.0.client.http().stop()) {
                    Some(mut core) => core.ask_after(id, min_left, now()),
                    None => return self.log_in_alone(),
                },
                Ask::Lead(flight, step) => match self.log_in(self.0.shared.lead(flight), step, min_left, by_hand) {
                    Landed::Ask(ask) => ask,
                    Landed::NeedCode(challenge) => return Ok(SessionLogin::NeedCode(challenge)),
                },
            }
        }
    }

    /// Logs in, unless another process has done so meanwhile.
    fn log_in(&self, lead: Lead<'_>, step: Step, min_left: Duration, by_hand: bool) -> Landed {
        let mut lock = self.kept().and_then(|kept| kept.lock(&self.key()));
        if let Some(bearer) = self.take_over(min_left) {
            return Landed::Ask(Ask::Ready(bearer));
        }
        // Waiting for others is not part of it.
        let budget = self.0.client.budget();
        let result = match self.0.client.drive(step, &budget) {
            Ok(LoginOutcome::NeedCode(challenge)) if by_hand => {
                return match lead.hand_out(challenge, now()) {
                    Some(challenge) => Landed::NeedCode(challenge),
                    None => Landed::Ask(self.0.shared.core().ask(min_left, now())),
                };
            }
            Ok(LoginOutcome::NeedCode(challenge)) => self.answer_for_all(challenge, &mut lock, budget),
            Ok(LoginOutcome::Done(grant)) => Ok(grant),
            Err(failure) => Err(failure),
        };
        let ask = lead.land(result, now());
        if let Ask::Ready(_) = ask {
            self.save();
        }
        // Until here, so that the next one finds what was kept.
        drop(lock);
        Landed::Ask(ask)
    }

    /// Without waiting for the others: a client that was shut down fails before anything is sent.
    fn log_in_alone(&self) -> Result<SessionLogin, Failure> {
        let account = self.0.shared.core().account().clone();
        match self.0.client.login(&account)? {
            LoginOutcome::Done(grant) => self.0.shared.core().adopt(&grant).map(SessionLogin::Ready),
            LoginOutcome::NeedCode(challenge) => Ok(SessionLogin::NeedCode(challenge)),
        }
    }

    /// Finishes the leader's login from its challenge on.
    fn answer_for_all(
        &self,
        challenge: Challenge,
        lock: &mut Option<StoreLock>,
        budget: Budget,
    ) -> Result<Grant, Failure> {
        let codes = self.codes();
        // Nobody is kept waiting while a person types.
        if codes.are_typed() {
            lock.take();
        }
        self.0.client.ask_within(challenge, |challenge| self.code(&codes, challenge), budget)
    }

    /// The token that another session has left in the store.
    fn take_over(&self, min_left: Duration) -> Option<Bearer> {
        let kept = self.kept()?;
        let sealed = kept.load(&self.key())?;
        let taken = self.0.shared.core().take_over(&sealed, min_left, now());
        taken.unwrap_or_else(|bad| {
            kept.note(bad);
            None
        })
    }

    /// Leaves the session in the store.
    pub(super) fn save(&self) {
        let Some(kept) = self.kept() else { return };
        kept.save(|| {
            // Both at once, so that no token is left under the key of another account.
            let (account, sealed, good_until) = {
                let mut core = self.0.shared.core();
                (core.account().clone(), core.seal(now()), core.expires_at())
            };
            sealed.map(|sealed: Secret| (StoreKey::new(self.0.client.hub(), &account), sealed, good_until))
        });
    }

    fn key(&self) -> StoreKey {
        let account = self.0.shared.core().account().clone();
        StoreKey::new(self.0.client.hub(), &account)
    }
}
