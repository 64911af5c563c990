//! Holds the result of a login.

use std::sync::Arc;

use crate::account::{Account, Identity};
use crate::claims::UnverifiedClaims;
use crate::credential::CredentialKind;
use crate::route::Route;
use crate::time::UnixTime;
use crate::token::Token;

/// Holds the token of a login that succeeded, and the facts of its answer.
#[derive(Debug)]
pub struct Grant {
    pub(crate) identity: Arc<Identity>,
    pub(crate) route: Route,
    pub(crate) token: Token,
    pub(crate) claims: UnverifiedClaims,
    pub(crate) trace_id: Option<Box<str>>,
    pub(crate) received_at: UnixTime,
    pub(crate) server_time: Option<UnixTime>,
}

impl Grant {
    /// Makes the grant of an account that has its token already. The token is taken as received when it was issued, so that its
    /// life is counted from there.
    pub(crate) fn of_token(account: &Account, token: Token) -> Grant {
        let claims = UnverifiedClaims::of(token.expose());
        Grant {
            identity: account.identity().clone(),
            route: account.route(),
            token,
            trace_id: None,
            received_at: claims.issued_at.unwrap_or_default(),
            server_time: None,
            claims,
        }
    }

    /// Returns the bearer token.
    pub fn token(&self) -> &Token {
        &self.token
    }

    /// Returns the user who is logged in: the one that the token names, else the name given.
    pub fn user(&self) -> &str {
        self.claims.user.as_deref().unwrap_or(&self.identity.user)
    }

    /// Returns whether the token names another user than the one given, as a personal token may and an e-mail address does.
    pub fn name_mismatch(&self) -> bool {
        self.claims.user.as_deref().is_some_and(|user| !user.eq_ignore_ascii_case(&self.identity.user))
    }

    /// Returns the kind of the credential.
    pub fn kind(&self) -> CredentialKind {
        self.identity.kind
    }

    /// Returns the route that gave the token.
    pub fn route(&self) -> Route {
        self.route
    }

    /// Returns the token's `exp`, on the issuer's clock. `None` if the token does not say; no expiry is assumed.
    pub fn expires_at(&self) -> Option<UnixTime> {
        self.claims.expires_at
    }

    /// Returns the claims of the token, unverified.
    pub fn claims(&self) -> &UnverifiedClaims {
        &self.claims
    }

    /// Returns `x-trace-id`, else `cf-ray`.
    pub fn trace_id(&self) -> Option<&str> {
        self.trace_id.as_deref()
    }

    /// Returns when the answer came, on the local clock (the `now` given with it).
    pub fn received_at(&self) -> UnixTime {
        self.received_at
    }

    /// Returns the answer's own `Date`: the issuer's clock at [`Grant::received_at`].
    pub fn server_time(&self) -> Option<UnixTime> {
        self.server_time
    }
}
