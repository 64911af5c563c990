//! Who logs in: the user and the secret, from wherever they come.

use hub_auth_core::{Account, Credential, CredentialKind, Secret};

use crate::args::Args;
use crate::docker;
use crate::prompt::Terminal;
use crate::secret::{self, Origin};
use crate::sim::Sim;
use crate::trouble::Trouble;

/// In place of a secret that is not needed.
const NONE: &str = "-";

/// Who logs in. The secret is asked for last, since a kept session does not need it.
#[derive(Debug)]
pub(crate) struct Who {
    user: String,
    kind: Option<CredentialKind>,
    /// With the secret, if it was at hand.
    account: Option<Account>,
}

impl Who {
    /// What can be known without asking for a secret. Asks for the user's name, if there is a terminal.
    pub(crate) fn find(
        args: &Args,
        given: Option<Secret>,
        sim: Option<&Sim>,
        terminal: Option<&Terminal>,
    ) -> Result<Who, Trouble> {
        let (user, secret) = if args.docker_config {
            let (user, secret) = docker::stored()?;
            (user, Some((secret, Origin::Docker)))
        } else {
            let user = user(args, sim, terminal)?;
            // A bad name is told before anyone types a secret.
            Account::new(&user, Credential::password(NONE))?;
            let secret = at_hand(&user, args, given, sim)?;
            (user, secret)
        };
        let mut who = Who { user, kind: args.kind, account: None };
        who.account = secret.map(|(secret, origin)| who.with(secret, origin)).transpose()?;
        Ok(who)
    }

    /// The accounts a kept session may be of: of any kind, if neither an option nor a secret says which. Their secrets
    /// may be placeholders.
    pub(crate) fn accounts(&self) -> Result<Vec<Account>, Trouble> {
        if let Some(account) = &self.account {
            return Ok(vec![account.clone()]);
        }
        let kinds = [CredentialKind::Password, CredentialKind::PersonalToken, CredentialKind::OrganizationToken];
        let kinds = kinds.into_iter().filter(|kind| self.kind.is_none_or(|given| given == *kind));
        kinds.map(|kind| Ok(Account::new(&self.user, credential(Some(kind), NONE.into()))?)).collect()
    }

    /// The user's name.
    pub(crate) fn user(&self) -> &str {
        &self.user
    }

    /// Whether the secret is still to be asked for.
    pub(crate) fn lacks_secret(&self) -> bool {
        self.account.is_none()
    }

    /// The account to log in with. Asks for the secret if it is missing and there is a terminal.
    pub(crate) fn account(self, plan: bool, terminal: Option<&Terminal>) -> Result<Account, Trouble> {
        if let Some(account) = self.account {
            return Ok(account);
        }
        if plan {
            // It would not be shown anyway.
            return self.with(Secret::from(NONE), Origin::Prompt);
        }
        let what = match self.kind {
            Some(CredentialKind::PersonalToken) => "Personal access token",
            Some(CredentialKind::OrganizationToken) => "Organization access token",
            _ => "Password or access token",
        };
        let prompt = format!("{what} of {} (not shown): ", self.user);
        let typed = terminal.and_then(|terminal| terminal.ask_hidden(&prompt).transpose()).transpose()?;
        let missing =
            || Trouble::usage("no password or token: use --secret-stdin or --docker-config, or set DOCKER_PASSWORD");
        self.with(typed.ok_or_else(missing)?, Origin::Prompt)
    }

    fn with(&self, secret: Secret, origin: Origin) -> Result<Account, Trouble> {
        let account = Account::new(&self.user, credential(self.kind, secret));
        account.map_err(|bad| Trouble::usage(format!("{bad} ({origin})")))
    }
}

fn user(args: &Args, sim: Option<&Sim>, terminal: Option<&Terminal>) -> Result<String, Trouble> {
    if let Some(user) = &args.user {
        return Ok(user.clone());
    }
    if let Some(sim) = sim {
        return Ok(sim.user(args.kind).to_owned());
    }
    if let Some(user) = secret::from_variable("DOCKER_USERNAME")? {
        return Ok(user.to_string());
    }
    let typed = terminal.and_then(|terminal| terminal.ask("User name: ").transpose()).transpose()?;
    let missing = || Trouble::usage("no user name: give USER or set DOCKER_USERNAME");
    typed.map(|user| user.expose().to_owned()).ok_or_else(missing)
}

/// The secret, if nobody has to be asked for it.
fn at_hand(
    user: &str,
    args: &Args,
    given: Option<Secret>,
    sim: Option<&Sim>,
) -> Result<Option<(Secret, Origin)>, Trouble> {
    if let Some(secret) = given {
        return Ok(Some((secret, Origin::Stdin)));
    }
    if variables_count(args, sim) {
        if let Some(secret) = secret::from_variable("DOCKER_PASSWORD")? {
            return Ok(Some((Secret::from(secret.as_str()), Origin::Variable)));
        }
    }
    Ok(sim.and_then(|_| Sim::secret(user, args.kind)).map(|secret| (secret, Origin::Demo)))
}

/// A variable is meant for the Hub: the simulated one gets it only with a user named for it.
pub(crate) fn variables_count(args: &Args, sim: Option<&Sim>) -> bool {
    sim.is_none() || args.user.is_some()
}

fn credential(kind: Option<CredentialKind>, secret: Secret) -> Credential {
    match kind {
        None => Credential::detect(secret),
        Some(CredentialKind::Password) => Credential::password(secret),
        Some(CredentialKind::PersonalToken) => Credential::personal_token(secret),
        Some(CredentialKind::OrganizationToken) => Credential::organization_token(secret),
    }
}
