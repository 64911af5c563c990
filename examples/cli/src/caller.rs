//! Whoever calls the Hub for a command that asks nobody: an account whose secret is at hand, or a kept token.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use hub_auth_core::session::Bearer;
use hub_auth_core::{Secret, Token};

use crate::account::Who;
use crate::args::{CodeArgs, ReachArgs, SecretArgs};
use crate::client::{Client, SecondFactor, Session};
use crate::codes::{self, Codes};
use crate::error::CliError;
use crate::kept::{self, Kept};
use crate::progress;
use crate::secret::{self, Input};

pub(crate) enum Caller<'c> {
    /// Logs in, and renews its token.
    Session(Session<'c>),
    /// A kept token. It is not renewed, for want of a secret.
    Token(&'c Client, Bearer),
}

impl<'c> Caller<'c> {
    /// Finds the caller. A kept token must be good for at least `min_left`.
    pub(crate) fn find(
        client: &'c Client,
        user: Option<&str>,
        (secrets, code_args, reach): (&SecretArgs, &CodeArgs, &ReachArgs),
        min_left: Duration,
    ) -> Result<Caller<'c>, CliError> {
        let input = Input::read(secrets.secret_stdin, code_args.totp_stdin)?;
        let totp = codes::totp(code_args, input.totp.as_ref(), true)?;
        let store = kept::store();
        let found = match &store {
            Some(store) => Kept::find(store, &client.base(reach), None, secrets.kind)?,
            None => Vec::new(),
        };
        let who = who(user, secrets, input.secret, &found)?;
        if let Some(account) = who.account {
            let codes = Codes::new(code_args.code.clone(), None, None);
            let second_factor = totp.map_or(SecondFactor::Codes(codes), SecondFactor::Totp);
            return Ok(Caller::Session(client.session(&account, second_factor, store)));
        }
        let mut kept = found.iter().filter(|kept| kept.key.user().eq_ignore_ascii_case(&who.user));
        let bearer = kept.find_map(|kept| kept.good_for(min_left)).ok_or_else(|| {
            CliError::usage("no good session is kept and no secret is at hand: run hub-auth login, or use --secret-stdin")
        })?;
        Ok(Caller::Token(client, bearer.clone()))
    }

    /// The token, good for at least `min_left`.
    pub(crate) fn token(&self, min_left: Duration) -> Result<Bearer, CliError> {
        match self {
            Caller::Token(_, bearer) => Ok(bearer.clone()),
            Caller::Session(session) => {
                let result = session.token(min_left);
                progress::clear();
                if let Some(fault) = session.store_fault() {
                    kept::warn(&fault);
                }
                Ok(result?)
            }
        }
    }

    /// Sends a request to the Hub's own origin. A session answers a 401 by one login and one replay.
    pub(crate) fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, CliError> {
        match self {
            Caller::Token(client, bearer) => client.send(request, bearer),
            Caller::Session(session) => session.send(request),
        }
    }
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
