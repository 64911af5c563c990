//! The session of a command that asks nobody: of an account whose secret is at hand, or of a kept token alone.

use std::time::Duration;

use hub_auth_core::Secret;
use hub_auth_core::session::Bearer;

use crate::account::Who;
use crate::args::{CodeArgs, ReachArgs, SecretArgs};
use crate::client::{Client, SecondFactor, Session};
use crate::codes::{self, Codes};
use crate::error::CliError;
use crate::kept::{self, Kept};
use crate::progress;
use crate::secret::{self, Input};

/// Finds the session and logs in if need be. A kept token alone is taken if it is good for at least `min_left`.
pub(crate) fn session<'c>(
    client: &'c Client,
    user: Option<&str>,
    (secrets, code_args, reach): (&SecretArgs, &CodeArgs, &ReachArgs),
    min_left: Duration,
) -> Result<(Session<'c>, Bearer), CliError> {
    let input = Input::read(secrets.secret_stdin, code_args.totp_stdin)?;
    let totp = codes::totp(code_args, input.totp.as_ref(), true)?;
    let store = kept::store();
    let found = match &store {
        Some(store) => Kept::find(store, &client.base(reach), None, secrets.kind)?,
        None => Vec::new(),
    };
    let who = who(user, secrets, input.secret, &found)?;
    let account = match who.account {
        Some(account) => account,
        None => kept(&found, &who.user, min_left)?.account.clone(),
    };
    let codes = Codes::new(code_args.code.clone(), None, None);
    let second_factor = totp.map_or(SecondFactor::Codes(codes), SecondFactor::Totp);
    let session = client.session(&account, second_factor, store);
    let result = session.token(min_left);
    progress::clear();
    if let Some(fault) = session.store_fault() {
        kept::warn(&fault);
    }
    Ok((session, result?))
}

fn kept<'k>(found: &'k [Kept], user: &str, min_left: Duration) -> Result<&'k Kept, CliError> {
    let mut kept = found.iter().filter(|kept| kept.key.user().eq_ignore_ascii_case(user));
    kept.find(|kept| kept.good_for(min_left).is_some()).ok_or_else(|| {
        CliError::usage("no good session is kept and no secret is at hand: run hub-auth login, or use --secret-stdin")
    })
}

/// The account: that of the user named, of `DOCKER_USERNAME`, or of the one user whose session is kept.
fn who(user: Option<&str>, secrets: &SecretArgs, given: Option<Secret>, found: &[Kept]) -> Result<Who, CliError> {
    if secrets.docker_config {
        return Who::of_docker(secrets.kind);
    }
    let mut users: Vec<_> = found.iter().map(|kept| kept.key.user()).collect();
    users.sort_unstable();
    users.dedup();
    let user = match (user, secret::from_variable("DOCKER_USERNAME")?, users.as_slice()) {
        (Some(user), ..) => user.to_owned(),
        (_, Some(user), _) => user.to_string(),
        (.., [user]) => (*user).to_owned(),
        (.., []) => return Err(CliError::usage("no session is kept: run hub-auth login, or name the user")),
        (.., users) => {
            return Err(CliError::usage(format!("sessions of {} are kept: name the user", users.join(", "))));
        }
    };
    Who::with_secret_at_hand(user, secrets.kind, given, None, true)
}
