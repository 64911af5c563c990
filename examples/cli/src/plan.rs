//! `hub-auth plan`: the request that a login would send first, with its secret redacted. Nothing is sent.

use std::fmt;
use std::io::{self, Write};

use hub_auth_core::http::header::CONTENT_LENGTH;
use hub_auth_core::{Account, Credential, CredentialKind, Hub, InvalidInput, MAX_REPLY, Request, Route, Step};
use serde::Serialize;

use crate::account::{self, Who};
use crate::args::PlanArgs;
use crate::client::Client;
use crate::error::CliError;
use crate::output;
use crate::secret::Input;

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
    let terminal = account::terminal(&args.who.secrets, false);
    let input = Input::read(args.who.secrets.secret_stdin, false)?;
    let who = Who::find(&args.who, input.secret, None, terminal.as_ref())?;
    // The secret would not be shown, so none is asked for.
    let account = match who.account {
        Some(account) => account,
        None => Account::new(&who.user, account::credential(who.kind, "[redacted]".into()))?,
    };
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
