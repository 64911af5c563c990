//! Hands out tokens of a session.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use http::header::AUTHORIZATION;

use crate::claims::UnverifiedClaims;
use crate::route::Route;
use crate::token::Token;

/// Holds a token of a session: use it, and hand it back if the Hub rejects it. Clones share one allocation.
#[derive(Clone, Debug)]
pub struct Bearer(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    token: Token,
    route: Route,
    claims: UnverifiedClaims,
}

impl Bearer {
    pub(super) fn new(token: Token, route: Route, claims: UnverifiedClaims) -> Bearer {
        Bearer(Arc::new(Inner { token, route, claims }))
    }

    /// Returns the token.
    #[inline]
    pub fn token(&self) -> &Token {
        &self.0.token
    }

    /// Returns the route that gave the token, to this process or to the one that kept it.
    pub fn route(&self) -> Route {
        self.0.route
    }

    /// Returns what the token says of itself; unverified.
    pub fn claims(&self) -> &UnverifiedClaims {
        &self.0.claims
    }

    /// Puts `Authorization` into `headers`, in place of one that is there. With room in the map it allocates nothing.
    ///
    /// Only for a request to the Hub's own origin: see [`Hub::is_origin_of`](crate::Hub::is_origin_of).
    pub fn authorize(&self, headers: &mut HeaderMap) {
        headers.insert(AUTHORIZATION, self.token().header().clone());
    }

    /// Returns whether both are the same token, wherever each came from: from a login or from a store.
    pub(super) fn is(&self, other: &Bearer) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.token().header() == other.token().header()
    }
}

/// Says what to do about a token that an API call rejected with 401.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rejected {
    /// The session has dropped the token: ask again, which logs in.
    Dropped,
    /// Another token has taken its place already: ask again, which hands that one out.
    Outdated,
    /// The token is only seconds old, and a server whose clock is behind may not take it yet (docker/hub-feedback#647): use the
    /// same one once more after this wait.
    TooNew(Duration),
    /// The token replaced a rejected one less than a minute ago. Another login would change
    /// nothing, so it stays: take the 401 for the answer.
    Kept,
}
