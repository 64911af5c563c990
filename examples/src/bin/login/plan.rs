//! `--plan`: the first request of a login with its secret redacted, and why it goes there. Nothing is sent.

use std::fmt;

use hub_auth_core::http::header::CONTENT_LENGTH;
use hub_auth_core::{Account, Credential, CredentialKind, Hub, InvalidInput, MAX_REPLY, Request, Route, Step};

/// What a login would send first.
pub(crate) struct Plan {
    pub(crate) request: Request,
    kind: CredentialKind,
    route: Route,
    sends: u8,
}

impl Plan {
    /// Has the core make the request of `account`, with a stand-in for the secret.
    pub(crate) fn new(hub: &Hub, account: &Account) -> Result<Plan, InvalidInput> {
        let (kind, route) = (account.kind(), account.route());
        let credential = match kind {
            CredentialKind::PersonalToken => Credential::personal_token("[redacted]").via(route),
            CredentialKind::OrganizationToken => Credential::organization_token("[redacted]"),
            _ => Credential::password("[redacted]"),
        };
        let Step::Send(exchange) = hub.login(&Account::new(account.user(), credential)?) else {
            unreachable!("a login begins with a request")
        };
        let (mut request, _) = exchange.send();
        // The length would be that of the stand-in.
        request.headers_mut().remove(CONTENT_LENGTH);
        Ok(Plan { request, kind, route, sends: hub.policy().sends().get() })
    }

    pub(crate) fn body(&self) -> String {
        String::from_utf8_lossy(self.request.body().as_ref()).into_owned()
    }

    /// Says why the request goes to this route.
    pub(crate) fn reason(&self) -> &'static str {
        match (self.kind, self.route) {
            (CredentialKind::OrganizationToken, _) => "an organization token is taken by this route only",
            (CredentialKind::PersonalToken, Route::AuthToken) => "a personal token is exchanged here for ten minutes",
            (CredentialKind::PersonalToken, _) => "a personal token in place of a password lives longer here, as asked",
            _ => "a password goes to the one route that can ask for a second factor",
        }
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} {}", self.request.method(), self.request.uri())?;
        for (name, value) in self.request.headers() {
            writeln!(f, "{name}: {}", String::from_utf8_lossy(value.as_bytes()))?;
        }
        writeln!(f, "content-length: exact\n\n{}\n\nwhy there: {}", self.body(), self.reason())?;
        if self.route == Route::UsersLogin {
            let path = Route::TwoFactor.path();
            writeln!(f, "then, if a second factor is asked for: POST {path} with the one-time code")?;
        }
        let sends = self.sends;
        writeln!(
            f,
            "limits: each request sent at most {sends} times, answers up to {MAX_REPLY} bytes, no redirect followed"
        )
    }
}
