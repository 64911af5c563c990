//! Which account: the user and the secret, from wherever they come.

use hub_auth_core::{Account, Credential, CredentialKind, Field, Secret};

use crate::args::{SecretArgs, WhoArgs};
use crate::docker;
use crate::error::CliError;
use crate::login::Sim;
use crate::secret::{self, Origin};
use crate::terminal::Terminal;

/// A user, and the account if its secret is at hand.
#[derive(Debug)]
pub(crate) struct Who {
    pub(crate) user: String,
    pub(crate) kind: Option<CredentialKind>,
    pub(crate) account: Option<Account>,
}

impl Who {
    /// What is known without a prompt for the secret, which a kept session does not need. Asks for the user's name if
    /// there is a terminal.
    pub(crate) fn find(
        args: &WhoArgs,
        given: Option<Secret>,
        sim: Option<&Sim>,
        terminal: Option<&Terminal>,
    ) -> Result<Who, CliError> {
        let kind = args.secrets.kind;
        if args.secrets.docker_config {
            return Who::of_docker(kind);
        }
        let user = user(args, sim, terminal)?;
        check_name(&user)?;
        Who::with_secret_at_hand(user, kind, given, sim, args.user.is_some())
    }

    /// The account that `docker login` stored.
    pub(crate) fn of_docker(kind: Option<CredentialKind>) -> Result<Who, CliError> {
        let (user, secret) = docker::stored()?;
        let account = Some(account(&user, kind, secret, Origin::Docker)?);
        Ok(Who { user, kind, account })
    }

    /// The account of `user` if its secret needs no prompt: it was given, or stands in the environment, or is the
    /// simulated Hub's. A variable is meant for the Hub: the simulated one gets it only if the user was named.
    pub(crate) fn with_secret_at_hand(
        user: String,
        kind: Option<CredentialKind>,
        given: Option<Secret>,
        sim: Option<&Sim>,
        named: bool,
    ) -> Result<Who, CliError> {
        let secret = if let Some(secret) = given {
            Some((secret, Origin::Stdin))
        } else {
            let variable = if sim.is_none() || named { secret::from_variable("DOCKER_PASSWORD")? } else { None };
            let variable = variable.map(|secret| (Secret::from(secret.as_str()), Origin::Variable));
            variable.or_else(|| Some((sim?.secret(&user, kind)?, Origin::Demo)))
        };
        let account = secret.map(|(secret, origin)| account(&user, kind, secret, origin)).transpose()?;
        Ok(Who { user, kind, account })
    }

    /// The account to log in with. Asks for the secret if it is missing and there is a terminal.
    pub(crate) fn account(self, terminal: Option<&Terminal>) -> Result<Account, CliError> {
        if let Some(account) = self.account {
            return Ok(account);
        }
        let what = match self.kind {
            Some(CredentialKind::PersonalToken) => "Personal access token",
            Some(CredentialKind::OrganizationToken) => "Organization access token",
            _ => "Password or access token",
        };
        let prompt = format!("{what} of {} (not shown): ", self.user);
        let typed = terminal.and_then(|terminal| terminal.ask_hidden(&prompt).transpose()).transpose()?;
        let missing =
            || CliError::usage("no password or token: use --secret-stdin or --docker-config, or set DOCKER_PASSWORD");
        account(&self.user, self.kind, typed.ok_or_else(missing)?, Origin::Prompt)
    }
}

/// The terminal, unless `--no-prompt` forbids to ask.
pub(crate) fn terminal(secrets: &SecretArgs, totp_stdin: bool) -> Option<Terminal> {
    if secrets.no_prompt { None } else { Terminal::open(secrets.secret_stdin || totp_stdin) }
}

fn user(args: &WhoArgs, sim: Option<&Sim>, terminal: Option<&Terminal>) -> Result<String, CliError> {
    let missing = || CliError::usage("no user name: give USER or set DOCKER_USERNAME");
    let user = if let Some(user) = &args.user {
        user.clone()
    } else if let Some(sim) = sim {
        sim.user(args.secrets.kind).to_owned()
    } else if let Some(user) = secret::from_variable("DOCKER_USERNAME")? {
        user.to_string()
    } else {
        let typed = terminal.and_then(|terminal| terminal.ask("User name: ").transpose()).transpose()?;
        typed.map(|user| user.expose().to_owned()).ok_or_else(missing)?
    };
    Ok(user)
}

/// Tells of a bad name before anyone types a secret. Without a secret the name is what an account is refused for first.
fn check_name(user: &str) -> Result<(), CliError> {
    match Account::new(user, Credential::password("")) {
        Err(bad) if bad.field == Field::User => Err(bad.into()),
        _ => Ok(()),
    }
}

/// A secret of this kind; without one its prefix tells.
pub(crate) fn credential(kind: Option<CredentialKind>, secret: Secret) -> Credential {
    match kind {
        None => Credential::detect(secret),
        Some(CredentialKind::Password) => Credential::password(secret),
        Some(CredentialKind::PersonalToken) => Credential::personal_token(secret),
        Some(CredentialKind::OrganizationToken) => Credential::organization_token(secret),
        Some(CredentialKind::AccessToken) => Credential::access_token(secret),
    }
}

fn account(user: &str, kind: Option<CredentialKind>, secret: Secret, origin: Origin) -> Result<Account, CliError> {
    Account::new(user, credential(kind, secret)).map_err(|bad| CliError::usage(format!("{origin}: {bad}")))
}
