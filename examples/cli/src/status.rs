//! `hub-auth status`: shows the kept sessions, and the source of the account that the next command would use.

use std::time::Duration;

use hub_auth_core::{Hub, Policy, UnixTime};
use hub_auth_host::Found;
use serde::Serialize;

use crate::account::{self, Search};
use crate::args::{SecretArgs, StatusArgs};
use crate::error::CliError;
use crate::kept::{self, Kept};
use crate::output::{self, moment, say};

#[derive(Serialize)]
struct Status<'a> {
    folder: Option<String>,
    sessions: Vec<Session<'a>>,
    /// The account of the next command.
    account: Option<Source>,
    /// The account of the next command with `--docker-config`.
    docker: Option<Source>,
}

#[derive(Serialize)]
struct Session<'a> {
    user: &'a str,
    hub: &'a str,
    kind: &'a str,
    /// The token can be used now.
    good: bool,
    /// Unix seconds, on the local clock.
    expires_at: Option<u64>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Source {
    Found { user: String, source: String },
    Broken { error: String },
}

pub(crate) fn run(args: &StatusArgs) -> Result<(), CliError> {
    let store = kept::store();
    let mut kept = store.as_ref().map(Kept::all).transpose()?.unwrap_or_default();
    kept.retain(|kept| args.user.as_ref().is_none_or(|user| kept.key.user().eq_ignore_ascii_case(user)));
    let folder = store.map(|store| store.folder().display().to_string());
    let account = next_account(args, &kept)?;
    let docker = Source::of(account::docker(None));
    if args.output.json {
        let sessions = kept.iter().map(Session::from).collect();
        return output::json(&Status { folder, sessions, account, docker }).map_err(CliError::Output);
    }
    let line = |text: &str| output::line(output::wrap(text, 2).trim_end().as_bytes()).map_err(CliError::Output);
    for kept in &kept {
        let Session { user, hub, kind, good, .. } = Session::from(kept);
        let state = match (good, kept.ends) {
            (true, None) => "good; the token does not say until when".to_owned(),
            (true, Some(ends)) => format!("good until {}", moment(ends)),
            (false, Some(ends)) => format!("ended at {}", moment(ends)),
            (false, None) => "without a token".to_owned(),
        };
        line(&format!("{user} at {hub}, by {kind}\n  {state}"))?;
    }
    for (name, source) in [("Next account:", account), ("With --docker-config:", docker)] {
        match source {
            Some(Source::Found { user, source }) => line(&format!("{name} {user}, from {source}"))?,
            Some(Source::Broken { error }) => line(&format!("{name} none ({error})"))?,
            None => {}
        }
    }
    match (kept.is_empty(), folder) {
        (true, _) => say!("No session is kept. To log in: hub-auth login"),
        (false, Some(folder)) => say!("Kept in {folder}."),
        (false, None) => {}
    }
    Ok(())
}

/// Returns the source of the account that a command without `--docker-config` would use.
fn next_account(args: &StatusArgs, kept: &[Kept]) -> Result<Option<Source>, CliError> {
    let hub = match &args.hub {
        Some(base) => Hub::new(base.clone(), Policy::new(0))?,
        None => Hub::docker(Policy::new(0)),
    };
    let kept: Vec<_> = kept.iter().filter(|kept| kept.is_at(&hub)).collect();
    let secrets = SecretArgs { kind: None, secret_stdin: false, docker_config: false, no_prompt: true };
    let search = Search {
        user: args.user.as_deref(),
        secrets: &secrets,
        stdin: None,
        kept: &kept,
        min_left: Duration::ZERO,
        is_demo: false,
        terminal: None,
    };
    Ok(Source::of(search.find()))
}

impl Source {
    fn of(found: Result<Option<Found>, CliError>) -> Option<Source> {
        match found.transpose()? {
            Ok(Found { account, origin, .. }) => {
                Some(Source::Found { user: account.user().to_owned(), source: output::printable(&origin) })
            }
            Err(CliError::Own { message, .. }) => Some(Source::Broken { error: output::printable(&message) }),
            Err(_) => None,
        }
    }
}

impl<'a> From<&'a Kept> for Session<'a> {
    fn from(kept: &'a Kept) -> Session<'a> {
        Session {
            user: kept.key.user(),
            hub: &kept.hub,
            kind: kept.account.kind().as_str(),
            good: kept.bearer.is_some(),
            expires_at: kept.ends.map(UnixTime::as_secs),
        }
    }
}
