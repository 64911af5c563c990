//! `hub-auth plan`: the request that a login would send first, with its secret redacted. Nothing is sent.

use std::fmt;
use std::io::{self, Write};
use std::time::Duration;

use hub_auth_core::http::header::CONTENT_LENGTH;
use hub_auth_core::{Account, Credential, CredentialKind, Hub, InvalidInput, MAX_REPLY, Request, Route, Step};
use serde::Serialize;

use crate::account::{self, Search};
use crate::args::PlanArgs;
use crate::client::Client;
use crate::error::CliError;
use crate::secret::Input;
use crate::{caller, output};

#[derive(Serialize)]
struct Planned<'a> {
    plan: Shown<'a>,
}

#[derive(Serialize)]
struct Shown<'a> {
    method: &'a str,
    url: String,
    headers: serde_json::Map<String, serde_json::Value>,
    body: &'a str,
    kind: &'a str,
    route: &'a str,
    reason: &'a str,
}

pub(crate) fn run(args: &PlanArgs) -> Result<(), CliError> {
    let client = Client::new(&args.reach, None)?;
    let (user, secrets) = (args.who.user.as_deref(), &args.who.secrets);
    let stdin = Input::read(secrets.secret_stdin, false)?.secret;
    let search = Search { user, secrets, stdin, kept: &[], min_left: Duration::ZERO, sim: None, terminal: None };
    let named = if secrets.docker_config { None } else { Some(search.user()?) };
    let account = match (search.find()?, named) {
        (Some(found), _) => found.account,
        // The secret would not be shown, so none is asked for.
        (None, Some(user)) => Account::new(&user, account::credential(secrets.kind)("[redacted]".into()))?,
        (None, None) => return Err(caller::nothing_in(secrets)),
    };
    if account.kind() == CredentialKind::AccessToken {
        return Err(CliError::usage("a token of a login elsewhere is used as it is: nothing is sent"));
    }
    let plan = Plan::new(client.hub(), &account)?;
    let written = if args.output.json { json(&plan, &account) } else { write!(io::stdout(), "{}", text(&plan)) };
    written.map_err(CliError::Output)
}

fn text(plan: &Plan) -> String {
    output::wrap(plan.to_string().trim_end(), 2)
}

fn json(plan: &Plan, account: &Account) -> io::Result<()> {
    let headers = plan.request.headers().iter();
    output::json(&Planned {
        plan: Shown {
            method: plan.request.method().as_str(),
            url: plan.request.uri().to_string(),
            headers: headers
                .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into()))
                .collect(),
            body: &plan.body(),
            kind: account.kind().as_str(),
            route: account.route().as_str(),
            reason: plan.reason(),
        },
    })
}

/// What a login would send first.
struct Plan {
    request: Request,
    kind: CredentialKind,
    route: Route,
    sends: u8,
}

impl Plan {
    /// Has the core make the request of `account`, with a stand-in for the secret.
    fn new(hub: &Hub, account: &Account) -> Result<Plan, InvalidInput> {
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

    fn body(&self) -> String {
        String::from_utf8_lossy(self.request.body().as_ref()).into_owned()
    }

    /// Says why the request goes to this route.
    fn reason(&self) -> &'static str {
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
