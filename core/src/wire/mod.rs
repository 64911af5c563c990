//! What travels: one file per endpoint, the answer's JSON, the ladder that reads it, and how long to wait.

pub(crate) mod answer;
pub(crate) mod auth_token;
pub(crate) mod base64url;
pub(crate) mod bytes;
pub(crate) mod echo;
pub(crate) mod http_date;
pub(crate) mod json;
pub(crate) mod ladder;
pub(crate) mod rate_limit;
pub(crate) mod request;
pub(crate) mod retry_after;
pub(crate) mod trace;
pub(crate) mod two_factor;
pub(crate) mod users_login;
pub(crate) mod words;

/// The endpoints of a login.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Route {
    /// `POST /v2/users/login`: user name and password (or personal token).
    UsersLogin,
    /// `POST /v2/users/2fa-login`: the one-time code.
    TwoFactor,
    /// `POST /v2/auth/token`: user or organization name and access token.
    AuthToken,
}

impl Route {
    /// The path below the Hub's base.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Route::UsersLogin => users_login::PATH,
            Route::TwoFactor => two_factor::PATH,
            Route::AuthToken => auth_token::PATH,
        }
    }

    /// The stable name: `users/login`, `users/2fa-login` or `auth/token`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Route::UsersLogin => "users/login",
            Route::TwoFactor => "users/2fa-login",
            Route::AuthToken => "auth/token",
        }
    }
}

impl std::fmt::Display for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
