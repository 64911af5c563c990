//! What would be sent, without sending it.

use std::fmt;

use http::header::CONTENT_LENGTH;
use http::{HeaderMap, Method, Uri};

use crate::account::{Account, CredentialKind};
use crate::hub::Hub;
use crate::route::Route;
use crate::secret::Secret;
use crate::transport::MAX_REPLY;
use crate::wire::{auth_token, request, users_login};

/// The first request of a login, with its secret redacted, and why it goes there. Made by the code that makes the request
/// itself. Its [`Display`](fmt::Display) is for people.
#[derive(Clone, Debug)]
pub struct Plan {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Box<str>,
    route: Route,
    kind: CredentialKind,
    sends: u8,
}

impl Plan {
    pub(crate) fn new(hub: &Hub, account: &Account) -> Plan {
        let redacted = Secret::from("[redacted]");
        let body = match account.route() {
            Route::AuthToken => auth_token::body(account.user(), &redacted),
            _ => users_login::body(account.user(), &redacted),
        };
        let text = String::from_utf8_lossy(body.as_ref()).into_owned().into_boxed_str();
        let (mut head, _) = request::post(hub.uri(account.route()), hub.user_agent_header(), body).into_parts();
        // It would tell the secret's length.
        head.headers.remove(CONTENT_LENGTH);
        Plan {
            method: head.method,
            uri: head.uri,
            headers: head.headers,
            body: text,
            route: account.route(),
            kind: account.kind(),
            sends: hub.policy().sends().get(),
        }
    }

    /// The method: POST.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The absolute URL.
    #[must_use]
    pub fn uri(&self) -> &Uri {
        &self.uri
    }

    /// The headers, but for `Content-Length`, which would tell how long the secret is.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The body, with `[redacted]` in place of the secret.
    #[must_use]
    pub fn body(&self) -> &str {
        &self.body
    }

    /// Why this route.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match (self.kind, self.route) {
            (CredentialKind::Password, _) => "a password goes to the one route that can ask for a second factor",
            (CredentialKind::OrganizationToken, _) => "an organization token is taken by this route only",
            (CredentialKind::PersonalToken, Route::AuthToken) => "a personal token is exchanged here for ten minutes",
            (CredentialKind::PersonalToken, _) => "a personal token in place of a password lives longer here, as asked",
        }
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} {}", self.method, self.uri)?;
        for (name, value) in &self.headers {
            writeln!(f, "{name}: {}", String::from_utf8_lossy(value.as_bytes()))?;
        }
        writeln!(f, "content-length: exact\n\n{}\n", self.body)?;
        writeln!(f, "why there: {}", self.reason())?;
        if self.route == Route::UsersLogin {
            writeln!(
                f,
                "then, if a second factor is asked for: POST {} with the one-time code",
                Route::TwoFactor.path()
            )?;
        }
        writeln!(
            f,
            "limits: each request sent at most {} times, answers up to {MAX_REPLY} bytes, no redirect followed",
            self.sends
        )
    }
}
