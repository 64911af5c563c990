//! `hub-auth status`: the sessions that are kept.

use hub_auth_core::UnixTime;
use serde::Serialize;

use crate::args::StatusArgs;
use crate::error::CliError;
use crate::kept::{self, Kept};
use crate::output::{self, moment, say};

#[derive(Serialize)]
struct Status<'a> {
    folder: Option<String>,
    sessions: Vec<Session<'a>>,
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

pub(crate) fn run(args: &StatusArgs) -> Result<(), CliError> {
    let store = kept::store();
    let mut found = store.as_ref().map(Kept::all).transpose()?.unwrap_or_default();
    found.retain(|kept| args.user.as_ref().is_none_or(|user| kept.key.user().eq_ignore_ascii_case(user)));
    let folder = store.map(|store| store.folder().display().to_string());
    if args.output.json {
        let sessions = found.iter().map(Session::from).collect();
        return output::json(&Status { folder, sessions }).map_err(CliError::Output);
    }
    for kept in &found {
        let Session { user, hub, kind, good, .. } = Session::from(kept);
        let state = match (good, kept.ends) {
            (true, None) => "good; the token does not say until when".to_owned(),
            (true, Some(ends)) => format!("good until {}", moment(ends)),
            (false, Some(ends)) => format!("ended at {}", moment(ends)),
            (false, None) => "without a token".to_owned(),
        };
        let text = format!("{user} at {hub}, by {kind}\n  {state}");
        output::line(output::wrap(&text, 2).trim_end().as_bytes()).map_err(CliError::Output)?;
    }
    match (found.is_empty(), folder) {
        (true, _) => say!("No session is kept. To log in: hub-auth login"),
        (false, Some(folder)) => say!("Kept in {folder}."),
        (false, None) => {}
    }
    Ok(())
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
