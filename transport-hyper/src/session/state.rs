//! The pure session, and what an adapter has to remember beside it.

use std::time::Duration;

use hub_auth_core::session::{Ask, BadSession, Bearer, Flight, Rejected, Session};
use hub_auth_core::{Account, Challenge, Failure, Grant, Hub, Secret, Token, UnixTime};

pub(super) struct State {
    pub(super) core: Session,
    /// Counts the changes of account: what a login with an old one brings is not for the new one.
    pub(super) accounts: u64,
    /// The last token that was dropped: a store may still have it.
    rejected: Option<Token>,
}

impl State {
    pub(super) fn new(hub: Hub, account: Account) -> State {
        State { core: Session::new(hub, account), accounts: 0, rejected: None }
    }

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
        let mut rejected = self.core.reject(bearer, now);
        if rejected == Rejected::Outdated {
            // Unless it is the same one, come back from a store.
            let current = self.core.ready(Duration::ZERO, now).filter(|current| is(current, Some(bearer.token())));
            rejected = current.map_or(rejected, |current| self.core.reject(&current, now));
        }
        if rejected == Rejected::Dropped {
            self.rejected = Some(bearer.token().clone());
        }
        rejected
    }

    /// Ends the flight with what came of it, and says what its leader gets.
    pub(super) fn settle(
        &mut self,
        flight: Flight,
        result: Result<Grant, Failure>,
        min_left: Duration,
        now: UnixTime,
    ) -> Result<Bearer, Failure> {
        match result.and_then(|grant| self.core.adopt(&grant)) {
            Ok(bearer) => {
                // What there was to settle is adopted.
                self.core.abandon(flight);
                Ok(bearer)
            }
            Err(failure) => {
                self.core.settle(flight, Err(failure.clone()), now);
                self.core.ready(min_left, now).ok_or(failure)
            }
        }
    }

    /// Takes over a session that was kept elsewhere, where it is of use, and says whether it saves a login.
    pub(super) fn take_over(
        &mut self,
        sealed: &Secret,
        min_left: Duration,
        now: UnixTime,
    ) -> Result<Option<Bearer>, BadSession> {
        let mut kept = Session::new(self.core.hub().clone(), self.core.account().clone());
        kept.restore(sealed, now)?;
        // Whatever its token is good for: no code twice.
        self.core.restore_step(sealed)?;
        let ours = self.core.ready(Duration::ZERO, now);
        let theirs = kept.ready(Duration::ZERO, now);
        let is_theirs = |token| theirs.as_ref().is_some_and(|theirs| is(theirs, token));
        let is_rejected = is_theirs(self.rejected.as_ref());
        let is_news = !is_rejected && !is_theirs(ours.as_ref().map(Bearer::token));
        let is_good = is_news && matches!(kept.ask(min_left, now), Ask::Ready(_));
        // Else ours is better.
        if is_good || !is_news || ours.is_none() {
            self.core.restore(sealed, now)?;
        }
        if let (true, Some(bearer)) = (is_rejected, self.core.ready(Duration::ZERO, now)) {
            // At that time nothing is too new to be dropped.
            self.core.reject(&bearer, UnixTime::MAX);
        }
        Ok(if is_good { self.core.ready(min_left, now) } else { None })
    }
}

fn is(bearer: &Bearer, token: Option<&Token>) -> bool {
    token.is_some_and(|token| bearer.token().header() == token.header())
}
