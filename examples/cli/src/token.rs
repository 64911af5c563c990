//! `hub-auth token`: a good token for scripts, from the store if there is one, else by a login that asks nobody.

use hub_auth_core::session::Bearer;
use hub_auth_core::{Account, Secret};

use crate::account::Who;
use crate::args::{SecretArgs, TokenArgs};
use crate::client::{Client, SecondFactor};
use crate::codes::{self, Codes};
use crate::error::CliError;
use crate::kept::{self, Kept};
use crate::output;
use crate::secret::{self, Input};

pub(crate) fn run(args: &TokenArgs) -> Result<(), CliError> {
    let client = Client::new(&args.reach, None)?;
    let store = kept::store();
    let input = Input::read(args.who.secrets.secret_stdin, args.codes.totp_stdin)?;
    let totp = codes::totp(&args.codes, input.totp.as_ref(), true)?;
    let found = match &store {
        Some(store) => Kept::find(store, &client.base(&args.reach), None, args.who.secrets.kind)?,
        None => Vec::new(),
    };
    let who = who(args.who.user.as_deref(), &args.who.secrets, input.secret, &found)?;
    let kept = found.iter().filter(|kept| kept.key.user().eq_ignore_ascii_case(&who.user));
    let is_of_kind = |kept: &&Kept| who.account.as_ref().map(Account::kind).is_none_or(|kind| kind == kept.kind);
    if let Some(bearer) = kept.filter(is_of_kind).find_map(|kept| kept.good_for(args.min_left)) {
        return print(bearer);
    }
    let account = who.account(None)?;
    let second_factor =
        totp.map_or_else(|| SecondFactor::Codes(Codes::new(args.codes.code.clone(), None, None)), SecondFactor::Totp);
    let session = client.session(&account, second_factor, store);
    let result = session.token(args.min_left);
    crate::progress::clear();
    if let Some(fault) = session.store_fault() {
        kept::warn(&fault);
    }
    print(&result?)
}

/// The account: that of the user named, of `DOCKER_USERNAME`, or of the one user whose session is kept.
pub(crate) fn who(
    user: Option<&str>,
    secrets: &SecretArgs,
    given: Option<Secret>,
    found: &[Kept],
) -> Result<Who, CliError> {
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
        (.., []) => return Err(CliError::usage("no session is kept: run hub-auth login, or give USER")),
        (.., users) => {
            return Err(CliError::usage(format!("sessions of {} are kept: give USER", users.join(", "))));
        }
    };
    Who::with_secret_at_hand(user, secrets.kind, given, None, true)
}

fn print(bearer: &Bearer) -> Result<(), CliError> {
    output::line(bearer.token().expose().as_bytes()).map_err(CliError::Output)
}
