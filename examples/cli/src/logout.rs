//! `hub-auth logout`: removes kept sessions.

use hub_auth_host::{StoreKey, TokenStore};
use serde::Serialize;

use crate::args::LogoutArgs;
use crate::error::CliError;
use crate::output::{self, detail, say};
use crate::{account, kept};

/// The sessions that were removed, in JSON.
#[derive(Serialize)]
struct Removed<'a> {
    user: Option<&'a str>,
    hub: Option<&'a str>,
    /// The kinds of credential whose sessions were removed.
    forgotten: Vec<&'a str>,
}

pub(crate) fn run(args: &LogoutArgs) -> Result<(), CliError> {
    let hub = args.hub.as_ref().map(|hub| hub.to_string().trim_end_matches('/').to_owned());
    let hub = hub.as_deref();
    let user =
        if args.all { None } else { args.user.clone().map_or_else(account::user_variable, |user| Ok(Some(user)))? };
    let user = user.as_deref();
    if user.is_none() && !args.all {
        return Err(CliError::usage("give USER, or --all"));
    }
    let Some(store) = kept::store() else { return Ok(()) };
    let is_meant = |key: &StoreKey| {
        user.is_none_or(|user| key.user().eq_ignore_ascii_case(user))
            && hub.is_none_or(|hub| key.url().strip_prefix(hub).is_some_and(|path| path.starts_with("/v2/")))
    };
    let keys: Vec<_> = store.keys()?.into_iter().filter(is_meant).collect();
    keys.iter().try_for_each(|key| store.forget(key))?;
    if args.output.json {
        let forgotten = keys.iter().map(StoreKey::kind).collect();
        return output::json(&Removed { user, hub, forgotten }).map_err(CliError::Output);
    }
    let whose = user.unwrap_or("anyone");
    let at = hub.map_or_else(String::new, |hub| format!(" at {hub}"));
    if keys.is_empty() {
        say!("Nothing is kept of {whose}{at}.");
        return Ok(());
    }
    say!("Removed:");
    for key in &keys {
        detail(key.kind(), &format!("{} at {}", key.user(), key.url()));
    }
    say!("Docker Hub does not know of this: a copy of a token stays good until it ends.");
    Ok(())
}
