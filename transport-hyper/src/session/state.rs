//! The pure session, and what an adapter has to remember beside it.

use std::time::Duration;

use http::Response;
use hub_auth_core::session::{Ask, BadSession, Bearer, Flight, Rejected, Session};
use hub_auth_core::{Account, Failure, Grant, Hub, Secret, Step, Token, UnixTime};

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
        self.accounts += 1;
        self.core.set_account(account);
    }

    pub(super) fn reject(&mut self, bearer: &Bearer, now: UnixTime) -> Rejected {
        let rejected = self.core.reject(bearer, now);
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
        let failure = match result {
            Ok(grant) => {
                self.core.adopt(&grant);
                if let Some(bearer) = self.core.ready(min_left, now) {
                    self.core.abandon(flight);
                    return Ok(bearer);
                }
                self.dead_on_arrival(now)
            }
            Err(failure) => failure,
        };
        self.core.settle(flight, Err(failure.clone()), now);
        self.core.ready(min_left, now).ok_or(failure)
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
        let ours = self.core.ready(Duration::ZERO, now);
        let theirs = kept.ready(Duration::ZERO, now);
        let is_rejected = is_same(theirs.as_ref(), self.rejected.as_ref());
        let is_news = !is_rejected && !is_same(theirs.as_ref(), ours.as_ref().map(Bearer::token));
        let is_good = is_news && matches!(kept.ask(min_left, now), Ask::Ready(_));
        // Else ours is better. The same token may come with a later time step of TOTP.
        if is_good || !is_news || ours.is_none() {
            self.core.restore(sealed, now)?;
        }
        if let (true, Some(bearer)) = (is_rejected, self.core.ready(Duration::ZERO, now)) {
            // At that time nothing is too new to be dropped.
            self.core.reject(&bearer, UnixTime::MAX);
        }
        Ok(if is_good { self.core.ready(min_left, now) } else { None })
    }

    /// For a token that had expired when it came: an answer without a token that is of use.
    fn dead_on_arrival(&self, now: UnixTime) -> Failure {
        let mut step = self.core.hub().login(self.core.account());
        loop {
            step = match step {
                Step::Failed(failure) => return failure,
                Step::Send(exchange) => exchange.send().1.reply(Response::new(b""), now),
                // An empty 200 leads to neither of these.
                Step::NeedCode(challenge) => return challenge.give_up(),
                Step::Wait(pause) => pause.resume(UnixTime::MAX),
                Step::Done(_) => self.core.hub().login(self.core.account()),
            };
        }
    }
}

fn is_same(bearer: Option<&Bearer>, token: Option<&Token>) -> bool {
    bearer.zip(token).is_some_and(|(bearer, token)| bearer.token().expose() == token.expose())
}
