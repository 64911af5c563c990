//! Hands out the token of an account whose credential is a token. Such a session cannot log in.

use std::time::Duration;

use super::bearer::Bearer;
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
        let life = Lifetime::of(claims.expires_at, self.skew, now, self.hub.policy(), self.tokens);
        let bearer = Bearer::new(token, self.account.route(), claims);
        let is_rejected = self.rejected.as_ref().is_some_and(|rejected| rejected.is(&bearer));
        if self.current.is_none() && !is_rejected {
            // When it was made is not known: a 401 is never taken for one that came too early.
            self.install(Current::new(bearer, life, UnixTime::default(), false));
        }
        self.ready(min_left, now).map_or_else(
            || {
                let (kind, account) = (FailureKind::CredentialsRefused, &self.account);
                Next::Refused(Details::new(kind, account.route(), account.identity()).into())
            },
            Next::Ready,
        )
    }
}
