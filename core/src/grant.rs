//! What a login yields.

use std::sync::Arc;

use crate::account::{Account, CredentialKind, Identity};
use crate::claims::UnverifiedClaims;
use crate::route::Route;
use crate::secret::Secret;
use crate::time::UnixTime;
use crate::token::Token;
use crate::wire::rate_limit::RateLimit;

/// A login that succeeded: the token and what is known of it.
#[derive(Debug)]
pub struct Grant {
    pub(crate) identity: Arc<Identity>,
    pub(crate) route: Route,
    pub(crate) token: Token,
    pub(crate) refresh_token: Option<Secret>,
    pub(crate) claims: UnverifiedClaims,
    pub(crate) rate_limit: RateLimit,
    pub(crate) trace_id: Option<Box<str>>,
    pub(crate) received_at: UnixTime,
    pub(crate) server_time: Option<UnixTime>,
}

impl Grant {
    /// Makes the grant of an account that has its token already. The token is taken as received when it was issued, so that its
    /// life is counted from there.
    pub(crate) fn of_token(account: &Account, token: Token) -> Grant {
        let claims = UnverifiedClaims::read(token.expose(), |_| true);
        Grant {
            identity: account.identity().clone(),
            route: account.route(),
            token,
            refresh_token: None,
            rate_limit: RateLimit::default(),
            trace_id: None,
            received_at: claims.issued_at.unwrap_or_default(),
            server_time: None,
            claims,
        }
    }

    /// The bearer token.
    #[must_use]
    pub fn token(&self) -> &Token {
        &self.token
    }

    /// Who is logged in: the user the token names, else the name given.
    #[must_use]
    pub fn user(&self) -> &str {
        self.claims.user.as_deref().unwrap_or(&self.identity.user)
    }

    /// Whether the token names another user than was given (as a personal token may, and an e-mail address does).
    #[must_use]
    pub fn name_mismatch(&self) -> bool {
        self.claims.user.as_deref().is_some_and(|user| !user.eq_ignore_ascii_case(&self.identity.user))
    }

    /// What the credential was.
    #[must_use]
    pub fn kind(&self) -> CredentialKind {
        self.identity.kind
    }

    /// The route that gave the token.
    #[must_use]
    pub fn route(&self) -> Route {
        self.route
    }

    /// The token's `exp`, on the issuer's clock. `None` if it does not say: no expiry is invented.
    #[must_use]
    pub fn expires_at(&self) -> Option<UnixTime> {
        self.claims.expires_at
    }

    /// What the token says of itself; unverified.
    #[must_use]
    pub fn claims(&self) -> &UnverifiedClaims {
        &self.claims
    }

    /// A refresh token, if the answer had one. No public route takes it.
    #[must_use]
    pub fn refresh_token(&self) -> Option<&Secret> {
        self.refresh_token.as_ref()
    }

    /// The Hub's rate-limit figures.
    #[must_use]
    pub fn rate_limit(&self) -> RateLimit {
        self.rate_limit
    }

    /// `x-trace-id`, else `cf-ray`.
    #[must_use]
    pub fn trace_id(&self) -> Option<&str> {
        self.trace_id.as_deref()
    }

    /// When the answer came, on the local clock (the `now` given with it).
    #[must_use]
    pub fn received_at(&self) -> UnixTime {
        self.received_at
    }

    /// The answer's own `Date`: the issuer's clock at [`Grant::received_at`].
    #[must_use]
    pub fn server_time(&self) -> Option<UnixTime> {
        self.server_time
    }
}
