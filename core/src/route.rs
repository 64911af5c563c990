//! Names the endpoints of a login.

use std::fmt;

/// Names an endpoint of a login.
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
    /// Returns the path below the Hub's base URL.
    pub const fn path(self) -> &'static str {
        match self {
            Route::UsersLogin => "/v2/users/login",
            Route::TwoFactor => "/v2/users/2fa-login",
            Route::AuthToken => "/v2/auth/token",
        }
    }

    /// Returns the stable name: `users/login`, `users/2fa-login` or `auth/token`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Route::UsersLogin => "users/login",
            Route::TwoFactor => "users/2fa-login",
            Route::AuthToken => "auth/token",
        }
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
