//! `hub-auth login`: logs in, keeps the session, and reports it.

use std::sync::Arc;

use hub_auth_core::{CredentialKind, UnixTime};
use hub_auth_testkit::Loopback;
use serde::Serialize;

use crate::args::{LoginArgs, LogoutArgs, OutputArgs};
use crate::caller::{Caller, LoggedIn};
use crate::client::Client;
use crate::error::CliError;
use crate::output::{self, GREEN, detail, moment, say};
use crate::{kept, logout};

/// The report in JSON.
#[derive(Serialize)]
struct Success<'a> {
    user: &'a str,
    name_mismatch: bool,
    kind: &'a str,
    route: &'a str,
    /// Unix seconds.
    expires_at: Option<u64>,
    /// Nothing was sent: an earlier login had kept the session.
    from_store: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'a str>,
}

pub(crate) fn run(args: &LoginArgs) -> Result<(), CliError> {
    if args.forget {
        let hub =
            Some(args.caller.reach.hub.clone().unwrap_or_else(|| http::Uri::from_static("https://hub.docker.com")));
        let (user, output) = (args.user.clone(), OutputArgs { json: args.output.json });
        return logout::run(&LogoutArgs { user, all: false, hub, output });
    }
    let sim = args.sim.map(|scenario| Loopback::start(scenario.hub())).transpose();
    let sim = sim.map_err(|error| CliError::machine("the simulated Hub cannot be started", error))?.map(Arc::new);
    let client = Client::new(&args.caller.reach, sim.as_deref().map(Loopback::url))?;
    if sim.is_some() {
        say!("The simulated Hub is at {}.", client.hub().origin());
    }
    let caller = Caller {
        // A simulated Hub ends with the program, and its sessions with it.
        store: if args.no_store || sim.is_some() { None } else { kept::store() },
        sim,
        asks: !args.caller.secrets.no_prompt,
        anyway: args.anyway,
        ..Caller::unattended(args.user.as_deref(), &args.caller)
    };
    report(&caller.log_in(&client)?, &client, args)
}

fn report(logged_in: &LoggedIn<'_>, client: &Client, args: &LoginArgs) -> Result<(), CliError> {
    let LoggedIn { bearer, account, from_store, .. } = logged_in;
    let claims = bearer.claims();
    let user = claims.user.as_deref().unwrap_or(account.user());
    let name_mismatch = !user.eq_ignore_ascii_case(account.user());
    let token = args.print_token.then(|| bearer.token().expose());
    if args.output.json {
        let expires_at = claims.expires_at.map(UnixTime::as_secs);
        let (kind, route, from_store) = (account.kind().as_str(), bearer.route().as_str(), *from_store);
        let success = Success { user, name_mismatch, kind, route, expires_at, from_store, token };
        return output::json(&success).map_err(CliError::Output);
    }
    let origin = client.hub().origin();
    if *from_store {
        say!("{GREEN}Logged in{GREEN:#} to {origin} as {user}, by a session of an earlier login; nothing was sent.");
        detail("note", "to log in anew, use --anyway");
    } else {
        say!("{GREEN}Logged in{GREEN:#} to {origin} as {user}.");
    }
    if name_mismatch {
        detail("note", "that is the user the token names, not the name given");
    }
    detail("account", &format!("from {}", output::printable(&logged_in.origin)));
    detail("kind", &format!("{}, by {}", account.kind(), bearer.route()));
    detail("expires", &claims.expires_at.map_or_else(|| "the token does not say".to_owned(), moment));
    let store = kept::store().filter(|_| !args.no_store && args.sim.is_none());
    match store {
        _ if account.kind() == CredentialKind::AccessToken => detail("kept", "not at all: its source keeps it"),
        Some(store) => detail("kept in", &store.folder().display().to_string()),
        None if args.no_store || args.sim.is_some() => detail("kept", "not at all"),
        None => detail("kept", "not at all: neither XDG_CACHE_HOME nor HOME is an absolute path"),
    }
    token.map_or(Ok(()), |token| output::line(token.as_bytes()).map_err(CliError::Output))
}
