//! `hub-auth login`.

mod sim;

use std::sync::Arc;
use std::time::Duration;

use hub_auth_core::session::Bearer;
use hub_auth_core::{Account, CredentialKind, FailureKind};
use hub_auth_host::{FileStore, TokenStore};
use serde::Serialize;

use crate::account::{self, Who};
use crate::args::LoginArgs;
use crate::client::{Client, SecondFactor};
use crate::codes::{self, Codes};
use crate::error::CliError;
use crate::kept::{self, Kept};
use crate::output::{self, GREEN, detail, moment, say};
use crate::secret::Input;
use crate::{logout, progress};

pub(crate) use sim::Sim;

/// Success in JSON.
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

/// A token, and how it was come by.
struct LoggedIn {
    bearer: Bearer,
    /// The user's name as it was given.
    given: String,
    kind: CredentialKind,
    from_store: bool,
}

pub(crate) fn run(args: &LoginArgs) -> Result<(), CliError> {
    let sim = args.sim.map(|scenario| Sim::start(scenario.hub())).transpose()?.map(Arc::new);
    // What can be refused without a person is refused before one is asked.
    let client = Client::new(&args.reach, sim.as_deref().map(Sim::url))?;
    let secrets = &args.who.secrets;
    let terminal = account::terminal(secrets, args.codes.totp_stdin);
    let input = Input::read(secrets.secret_stdin, args.codes.totp_stdin)?;
    let use_variables = sim.is_none() || args.who.user.is_some();
    let totp = codes::totp(&args.codes, input.totp.as_ref(), use_variables)?;
    let who = Who::find(&args.who, input.secret, sim.as_deref(), terminal.as_ref())?;
    let base = client.base(&args.reach);
    if args.forget {
        return logout::forget(Some(&who.user), Some(&base), args.output.json);
    }
    // A simulated Hub ends with the program, and its sessions with it.
    let store = if args.no_store || sim.is_some() { None } else { kept::store() };
    let earlier = match &store {
        Some(store) if !args.anyway => earlier(store, &base, &who),
        _ => None,
    };
    if let Some(earlier) = earlier.as_ref().filter(|_| who.account.is_none()) {
        return report(earlier, &client, store.as_ref(), args);
    }
    let account = who.account(terminal.as_ref())?;
    if let (Some(store), true) = (&store, args.anyway) {
        store.forget(&hub_auth_host::StoreKey::new(client.hub(), &account)).unwrap_or_else(|fault| kept::warn(&fault));
    }
    if sim.is_some() {
        say!("The simulated Hub is at {}; logging in as {}.", client.hub().origin(), account.user());
    }
    let codes = Codes::new(args.codes.code.clone(), terminal, sim.clone());
    let second_factor = totp.map_or(SecondFactor::Codes(codes), SecondFactor::Totp);
    let bearer = log_in(&client, &account, second_factor, store.as_ref())?;
    let from_store = earlier.is_some_and(|earlier| earlier.bearer.token().expose() == bearer.token().expose());
    let logged_in = LoggedIn { bearer, given: account.user().to_owned(), kind: account.kind(), from_store };
    report(&logged_in, &client, store.as_ref(), args)
}

/// The good token that an earlier login of the same user, and kind if that is known, has kept.
fn earlier(store: &FileStore, base: &str, who: &Who) -> Option<LoggedIn> {
    let kind = who.account.as_ref().map(Account::kind).or(who.kind);
    let found = Kept::find(store, base, Some(&who.user), kind).unwrap_or_default();
    found.into_iter().find_map(|kept| {
        let bearer = kept.good_for(Duration::ZERO)?.clone();
        Some(LoggedIn { bearer, given: who.user.clone(), kind: kept.account.kind(), from_store: true })
    })
}

fn log_in(
    client: &Client,
    account: &Account,
    second_factor: SecondFactor,
    store: Option<&FileStore>,
) -> Result<Bearer, CliError> {
    log::info!("logging in to {} as {}, kind {}", client.hub().origin(), account.user(), account.kind());
    let session = client.session(account, second_factor, store.cloned());
    let result = session.token(Duration::ZERO);
    progress::clear();
    if let Some(fault) = session.store_fault() {
        kept::warn(&fault);
    }
    result.map_err(|failure| {
        if failure.kind() == FailureKind::LockedOut {
            say!("To send this login all the same, use --anyway.");
        }
        failure.into()
    })
}

fn report(logged_in: &LoggedIn, client: &Client, store: Option<&FileStore>, args: &LoginArgs) -> Result<(), CliError> {
    let LoggedIn { bearer, given, kind, from_store } = logged_in;
    let claims = bearer.claims();
    let user = claims.user.as_deref().unwrap_or(given);
    let name_mismatch = !user.eq_ignore_ascii_case(given);
    let token = args.print_token.then(|| bearer.token().expose());
    if args.output.json {
        let expires_at = claims.expires_at.map(hub_auth_core::UnixTime::as_secs);
        let (kind, route, from_store) = (kind.as_str(), bearer.route().as_str(), *from_store);
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
    detail("kind", &format!("{kind}, by {}", bearer.route()));
    detail("expires", &claims.expires_at.map_or_else(|| "the token does not say".to_owned(), moment));
    match store {
        Some(store) => detail("kept in", &store.folder().display().to_string()),
        None if args.no_store || args.sim.is_some() => detail("kept", "not at all"),
        None => detail("kept", "not at all: neither XDG_CACHE_HOME nor HOME is an absolute path"),
    }
    token.map_or(Ok(()), |token| output::line(token.as_bytes()).map_err(CliError::Output))
}
