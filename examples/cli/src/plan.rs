//! `hub-auth plan`: the request that a login would send first, with its secret redacted. Nothing is sent.

use std::io::{self, Write};

use hub_auth_core::{Account, Plan};
use serde::Serialize;

use crate::account::{self, Who};
use crate::args::PlanArgs;
use crate::client::Client;
use crate::error::CliError;
use crate::output;
use crate::secret::Input;

#[derive(Serialize)]
struct Planned<'a> {
    plan: Request<'a>,
}

#[derive(Serialize)]
struct Request<'a> {
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
    let plan = client.hub().plan(&account);
    let written = if args.output.json { json(&plan, &account) } else { write!(io::stdout(), "{}", text(&plan)) };
    written.map_err(CliError::Output)
}

fn text(plan: &Plan) -> String {
    output::wrap(plan.to_string().trim_end(), 2)
}

fn json(plan: &Plan, account: &Account) -> io::Result<()> {
    let headers = plan.headers().iter();
    output::json(&Planned {
        plan: Request {
            method: plan.method().as_str(),
            url: plan.uri().to_string(),
            headers: headers
                .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into()))
                .collect(),
            body: plan.body(),
            kind: account.kind().as_str(),
            route: account.route().as_str(),
            reason: plan.reason(),
        },
    })
}
