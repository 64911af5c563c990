//! What a login came to, whether the token is new or was kept.

use hub_auth_core::session::Bearer;
use hub_auth_core::{Account, CredentialKind, Grant, Route, Token, UnixTime};

#[derive(Debug)]
pub(crate) struct LoggedIn {
    pub(crate) user: Box<str>,
    /// The token names another user than was given.
    pub(crate) name_mismatch: bool,
    pub(crate) kind: CredentialKind,
    pub(crate) route: Route,
    /// As the token says, on the issuer's clock.
    pub(crate) expires_at: Option<UnixTime>,
    pub(crate) token: Token,
}

impl LoggedIn {
    pub(crate) fn once(grant: &Grant) -> LoggedIn {
        LoggedIn {
            user: grant.user().into(),
            name_mismatch: grant.name_mismatch(),
            kind: grant.kind(),
            route: grant.route(),
            expires_at: grant.expires_at(),
            token: grant.token().clone(),
        }
    }

    pub(crate) fn by_session(bearer: &Bearer, account: &Account) -> LoggedIn {
        let claims = bearer.claims();
        let user = claims.user.clone().unwrap_or_else(|| account.user().into());
        LoggedIn {
            name_mismatch: !user.eq_ignore_ascii_case(account.user()),
            user,
            kind: account.kind(),
            route: bearer.route(),
            expires_at: claims.expires_at,
            token: bearer.token().clone(),
        }
    }
}
