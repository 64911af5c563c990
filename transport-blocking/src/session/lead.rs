//! Logging in for all.

use std::time::Duration;

use hub_auth_core::session::Bearer;
use hub_auth_core::{Challenge, Failure, Login, Secret};
use hub_auth_host::{StoreKey, StoreLock};

use super::flight::Turn;
use super::{Session, SessionLogin};

impl Session {
    /// A token; by a login if this caller is the one to lead it. `second` has what becomes of a challenge, and the
    /// store's lock, which it may give back.
    pub(super) fn lead<F>(&self, min_left: Duration, second: F) -> Result<SessionLogin, Failure>
    where
        F: Fn(Challenge, &mut Option<StoreLock>) -> Result<Login, Failure>,
    {
        let clock = self.0.client.clock();
        loop {
            let (lead, step) = match self.0.shared.turn(min_left, clock)? {
                Turn::Ready(bearer) => return Ok(SessionLogin::Ready(bearer)),
                Turn::Lead(lead, step) => (lead, step),
            };
            let mut lock = self.kept().and_then(|kept| kept.lock(&self.key()));
            if let Some(bearer) = self.take_over(min_left) {
                return Ok(SessionLogin::Ready(bearer));
            }
            let login = match self.0.client.run(step) {
                Ok(Login::NeedCode(challenge)) => second(challenge, &mut lock),
                ended => ended,
            };
            let result = match login {
                Ok(Login::Done(grant)) => Ok(grant),
                Ok(Login::NeedCode(challenge)) => match lead.hand_out(challenge, clock.now()) {
                    Some(challenge) => return Ok(SessionLogin::NeedCode(challenge)),
                    None => continue,
                },
                Err(failure) => Err(failure),
            };
            if let Some(result) = lead.land(result, min_left, clock.now()) {
                if result.is_ok() {
                    self.save();
                }
                return result.map(SessionLogin::Ready);
            }
        }
    }

    /// The token that another session has left in the store.
    fn take_over(&self, min_left: Duration) -> Option<Bearer> {
        let kept = self.kept()?;
        let sealed = kept.load(&self.key())?;
        let taken = self.0.shared.state().take_over(&sealed, min_left, self.0.client.clock().now());
        taken.unwrap_or_else(|bad| {
            kept.note(bad);
            None
        })
    }

    /// Leaves the session in the store.
    pub(super) fn save(&self) {
        let Some(kept) = self.kept() else { return };
        kept.save(|| {
            let mut state = self.0.shared.state();
            let key = StoreKey::new(self.0.client.hub(), state.core.account());
            state.core.seal(self.0.client.clock().now()).map(|sealed: Secret| (key, sealed))
        });
    }

    fn key(&self) -> StoreKey {
        StoreKey::new(self.0.client.hub(), self.0.shared.state().core.account())
    }
}
