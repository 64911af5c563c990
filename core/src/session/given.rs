//! An account that is a token itself: it is used as long as it is good, and there is no login for another.

use std::time::Duration;

use super::bearer::Bearer;
use super::countdown::Countdown;
use super::current::Current;
use super::lifetime::Lifetime;
use super::state::Session;
use super::steps::Next;
use crate::claims::UnverifiedClaims;
use crate::failure::Details;
use crate::kind::FailureKind;
use crate::time::UnixTime;
use crate::token::Token;

impl Session {
    /// Hands the account's own token out, unless it has ended or was rejected: then somebody has to log in again.
    pub(super) fn given(&mut self, token: Token, min_left: Duration, now: UnixTime) -> Next {
        let claims = UnverifiedClaims::of(token.expose());
        let ends = claims.expires_at;
        let bearer = Bearer::new(token, self.account.route(), claims);
        let is_rejected = self.rejected.as_ref().is_some_and(|rejected| rejected.is(&bearer));
        if self.current.is_none() && !is_rejected {
            let life = ends.map_or(Lifetime::endless(), |ends| {
                let whole = ends.since(now.shifted(self.skew));
                Lifetime::with(whole, Countdown::new(whole, now), self.hub.policy(), self.tokens)
            });
            // When it was made is not known: a 401 is never taken for one that came too early.
            self.install(Current::new(bearer, life, UnixTime::default()));
        }
        match self.ready(min_left, now) {
            Some(bearer) => Next::Ready(bearer),
            None => Next::Refused(
                Details::new(FailureKind::CredentialsRefused, self.account.route(), self.account.identity()).into(),
            ),
        }
    }
}
