//! Finds the account to log in with, in the first source that has one.

use std::env;
use std::error::Error as _;
use std::time::Duration;

use hub_auth_core::{Account, BoxError, Credential, CredentialKind, Secret};
use hub_auth_host::{DockerLogin, Found, SourceError, Sources};

use crate::args::SecretArgs;
use crate::demo;
use crate::error::CliError;
use crate::kept::Kept;
use crate::output::say;
use crate::terminal::Terminal;

/// The variables that name the user. [`Sources::environment`] reads them together with their secrets.
const USERS: [&str; 3] = ["DOCKER_USERNAME", "DOCKERHUB_USERNAME", "HUB_USERNAME"];

/// Searches the sources of an account. The first source that has one is used; a broken source ends the search.
pub(crate) struct Search<'a> {
    /// The USER of the command line.
    pub(crate) user: Option<&'a str>,
    pub(crate) secrets: &'a SecretArgs,
    pub(crate) stdin: Option<Secret>,
    /// The kept sessions of the Hub.
    pub(crate) kept: &'a [&'a Kept],
    /// How long a kept token must be good.
    pub(crate) min_left: Duration,
    /// The Hub is a simulated one, whose accounts are known.
    pub(crate) is_demo: bool,
    pub(crate) terminal: Option<&'a Terminal>,
}

impl Search<'_> {
    /// Returns the account and the name of its source. With `--docker-config`, docker's login is the only source.
    pub(crate) fn find(self) -> Result<Option<Found>, CliError> {
        let kind = self.secrets.kind;
        if self.secrets.docker_config {
            return docker(kind);
        }
        let user = self.user()?;
        let credential = credential(kind);
        let account = |secret| Account::new(&user, credential(secret));
        let is_meant = |kept: &&&Kept| {
            let account = &kept.account;
            kept.is_good_for(self.min_left)
                && account.user().eq_ignore_ascii_case(&user)
                && kind.is_none_or(|kind| account.kind() == kind)
        };
        Ok(Sources::new()
            .for_user(&user)
            .credential(credential)
            .or("standard input", || Ok(self.stdin.map(account).transpose()?))
            .environment(|name| env::var_os(name).filter(|_| !self.is_demo || self.user.is_some()))
            .or("a kept session", || Ok(self.kept.iter().find(is_meant).map(|kept| kept.account.clone())))
            .or("the simulated Hub", || {
                let secret = if self.is_demo { demo::secret(&user, kind) } else { None };
                Ok(secret.map(account).transpose()?)
            })
            .ask(|| Ok(ask(self.terminal, &user, kind)?.map(|secret| (user.clone(), secret))))
            .find()?)
    }

    /// Returns the user's name. A secret of the environment goes with the user beside it only: another user's name would send it
    /// for the wrong account. The variables are for the real Hub, so the simulated Hub has a user of its own.
    pub(crate) fn user(&self) -> Result<String, CliError> {
        if let Some(user) = self.user {
            return Ok(user.to_owned());
        }
        if self.is_demo {
            return Ok(demo::user(self.secrets.kind).to_owned());
        }
        if self.stdin.is_none() {
            let pair = Sources::new().credential(credential(self.secrets.kind)).environment(|name| env::var_os(name));
            if let Some(found) = pair.find()? {
                return Ok(found.account.user().to_owned());
            }
        }
        if let Some(user) = user_variable()? {
            return Ok(user);
        }
        if let Some(terminal) = self.terminal {
            let typed = terminal.ask("User name: ").map_err(|error| CliError::usage(error.to_string()))?;
            let user = typed.ok_or_else(|| CliError::usage("no user name: give USER or set DOCKER_USERNAME"))?;
            return Ok(check_user(user.expose())?);
        }
        let mut users: Vec<_> = self.kept.iter().map(|kept| kept.account.user()).collect();
        users.sort_unstable();
        users.dedup();
        match users.as_slice() {
            [user] => Ok((*user).to_owned()),
            [] => Err(CliError::usage("no user name and no session: give USER or set DOCKER_USERNAME")),
            users => Err(CliError::usage(format!("sessions of {} are kept: name the user", users.join(", ")))),
        }
    }
}

/// Returns the user that the environment names. An empty variable counts as unset.
pub(crate) fn user_variable() -> Result<Option<String>, CliError> {
    let set = USERS.into_iter().find_map(|name| Some((name, env::var_os(name).filter(|value| !value.is_empty())?)));
    let text = set.map(|(name, value)| value.into_string().map_err(|_| format!("{name} is not UTF-8")));
    text.transpose().map_err(CliError::usage)
}

/// Refuses a bad user name before the program asks for a secret.
pub(crate) fn check_user(user: &str) -> Result<String, hub_auth_core::InvalidInput> {
    Account::without_secret(user, CredentialKind::Password, hub_auth_core::Route::UsersLogin)?;
    Ok(user.to_owned())
}

fn ask(terminal: Option<&Terminal>, user: &str, kind: Option<CredentialKind>) -> Result<Option<Secret>, BoxError> {
    let what = match kind {
        Some(CredentialKind::PersonalToken) => "Personal access token",
        Some(CredentialKind::OrganizationToken) => "Organization access token",
        _ => "Password or access token",
    };
    let prompt = format!("{what} of {user} (not shown): ");
    Ok(terminal.map(|terminal| terminal.ask_hidden(&prompt)).transpose()?.flatten())
}

/// Returns the account that `docker login` stored; with `--kind bearer`, the access token of a login by browser.
pub(crate) fn docker(kind: Option<CredentialKind>) -> Result<Option<Found>, CliError> {
    let docker = DockerLogin::from_env();
    if let Some(warning) = docker.warning() {
        say!("hub-auth: warning: {warning}; looking on");
    }
    let sources = Sources::new().credential(credential(kind));
    let sources = match kind {
        Some(CredentialKind::AccessToken) => sources.docker_access_token(&docker),
        _ => sources.docker_login(&docker),
    };
    Ok(sources.find()?)
}

/// Returns the function that makes a credential of this kind. Without a kind, the prefix of the secret decides.
pub(crate) fn credential(kind: Option<CredentialKind>) -> fn(Secret) -> Credential {
    match kind {
        None => Credential::detect,
        Some(CredentialKind::Password) => Credential::password,
        Some(CredentialKind::PersonalToken) => Credential::personal_token,
        Some(CredentialKind::OrganizationToken) => Credential::organization_token,
        Some(CredentialKind::AccessToken) => Credential::access_token,
    }
}

impl From<SourceError> for CliError {
    fn from(error: SourceError) -> CliError {
        let cause = error.source().map_or_else(|| error.to_string(), ToString::to_string);
        CliError::usage(format!("{}: {cause}", error.origin()))
    }
}
