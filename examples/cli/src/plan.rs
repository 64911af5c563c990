//! `hub-auth plan`: shows the request that a login would send first, with its secret redacted, and sends nothing.

use std::fmt::{self, Write as _};
use std::io::{self, Write as _};
use std::time::Duration;

use hub_auth_core::http::header::CONTENT_LENGTH;
use hub_auth_core::{Account, Credential, CredentialKind, MAX_REPLY, Route, Step};
use serde::Serialize;

use crate::account::{self, Search};
use crate::args::PlanArgs;
use crate::client::Client;
use crate::error::CliError;
use crate::secret::Input;
use crate::{caller, output};

const REDACTED: &str = "[redacted]";

#[derive(Serialize)]
struct Planned<'a> {
    plan: &'a Plan,
}

#[derive(Serialize)]
struct Plan {
    method: String,
    url: String,
    headers: serde_json::Map<String, serde_json::Value>,
    body: String,
    kind: &'static str,
    route: &'static str,
    reason: &'static str,
}

pub(crate) fn run(args: &PlanArgs) -> Result<(), CliError> {
    let client = Client::new(&args.reach, None)?;
    let (user, secrets) = (args.user.as_deref(), &args.secrets);
    let stdin = Input::read(secrets.secret_stdin, false)?.secret;
    let search = Search { user, secrets, stdin, kept: &[], min_left: Duration::ZERO, is_demo: false, terminal: None };
    let named = if secrets.docker_config { None } else { Some(search.user()?) };
    let account = match (search.find()?, named) {
        (Some(found), _) => found.account,
        // The program never shows the secret, so it does not ask for one.
        (None, Some(user)) => Account::new(&user, account::credential(secrets.kind)(REDACTED.into()))?,
        (None, None) => return Err(caller::nothing_in(secrets)),
    };
    let plan = plan(&client, &account)?;
    if args.output.json {
        return output::json(&Planned { plan: &plan }).map_err(CliError::Output);
    }
    let sends = client.hub().policy().sends();
    let mut text = plan.to_string();
    let _ = write!(
        text,
        "limits: each request sent at most {sends} times, answers up to {MAX_REPLY} bytes, no redirect followed"
    );
    write!(io::stdout(), "{}", output::wrap(&text, 2)).map_err(CliError::Output)
}

/// Lets the core make the request of `account`, with a stand-in for the secret.
fn plan(client: &Client, account: &Account) -> Result<Plan, CliError> {
    let (credential, reason) = match account.kind() {
        CredentialKind::OrganizationToken => {
            (Credential::organization_token(REDACTED), "an organization token is taken by this route only")
        }
        CredentialKind::PersonalToken => {
            (Credential::personal_token(REDACTED), "a personal token is exchanged here for ten minutes")
        }
        CredentialKind::Password => {
            (Credential::password(REDACTED), "a password goes to the one route that can ask for a second factor")
        }
        CredentialKind::AccessToken => {
            return Err(CliError::usage("a token of a login elsewhere is used as it is: nothing is sent"));
        }
    };
    let Step::Send(exchange) = client.hub().login(&Account::new(account.user(), credential)?) else {
        unreachable!("a login begins with a request")
    };
    let (mut request, _) = exchange.send();
    // This length is that of the stand-in.
    request.headers_mut().remove(CONTENT_LENGTH);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok(Plan {
        method: request.method().to_string(),
        url: request.uri().to_string(),
        headers: request
            .headers()
            .iter()
            .map(|(name, value)| (name.to_string(), text(value.as_bytes()).into()))
            .collect(),
        body: text(request.body().as_ref()),
        kind: account.kind().as_str(),
        route: account.route().as_str(),
        reason,
    })
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Plan { method, url, headers, body, reason, .. } = self;
        writeln!(f, "{method} {url}")?;
        for (name, value) in headers {
            writeln!(f, "{name}: {}", value.as_str().unwrap_or_default())?;
        }
        writeln!(f, "content-length: exact\n\n{body}\n\nwhy there: {reason}")?;
        if self.route == Route::UsersLogin.as_str() {
            let path = Route::TwoFactor.path();
            writeln!(f, "then, if a second factor is asked for: POST {path} with the one-time code")?;
        }
        Ok(())
    }
}
