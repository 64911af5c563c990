//! Who logs in: the user and the secret, from wherever they come.

use hub_auth_core::{Account, Credential, CredentialKind, Secret};

use crate::args::Args;
use crate::prompt::Terminal;
use crate::secret::{self, Origin};
use crate::sim::Sim;
use crate::trouble::Trouble;

/// The account to log in with. Asks for what is missing, if there is a terminal.
pub(crate) fn account(args: &Args, sim: Option<&Sim>, terminal: Option<&Terminal>) -> Result<Account, Trouble> {
    let user = user(args, sim, terminal)?;
    // A bad name is told before anyone types a secret.
    Account::new(&user, Credential::password("-"))?;
    let (secret, origin) = secret(&user, args, sim, terminal)?;
    Account::new(&user, credential(args.kind, secret)).map_err(|bad| Trouble::usage(format!("{bad} ({origin})")))
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

fn secret(
    user: &str,
    args: &Args,
    sim: Option<&Sim>,
    terminal: Option<&Terminal>,
) -> Result<(Secret, Origin), Trouble> {
    if args.secret_stdin {
        return Ok((secret::from_stdin()?, Origin::Stdin));
    }
    // A variable is meant for the Hub: the simulated one gets it only with a user named for it.
    if sim.is_none() || args.user.is_some() {
        if let Some(secret) = secret::from_variable("DOCKER_PASSWORD")? {
            return Ok((Secret::from(secret.as_str()), Origin::Variable));
        }
    }
    if let Some(secret) = sim.and_then(|_| Sim::secret(user, args.kind)) {
        return Ok((secret, Origin::Demo));
    }
    if args.plan {
        // It would not be shown anyway.
        return Ok((Secret::from("-"), Origin::Prompt));
    }
    let what = match args.kind {
        Some(CredentialKind::PersonalToken) => "Personal access token",
        Some(CredentialKind::OrganizationToken) => "Organization access token",
        _ => "Password or access token",
    };
    let prompt = format!("{what} of {user} (not shown): ");
    let typed = terminal.and_then(|terminal| terminal.ask_hidden(&prompt).transpose()).transpose()?;
    let missing = || Trouble::usage("no password or token: use --secret-stdin or set DOCKER_PASSWORD");
    typed.map(|secret| (secret, Origin::Prompt)).ok_or_else(missing)
}

fn credential(kind: Option<CredentialKind>, secret: Secret) -> Credential {
    match kind {
        None => Credential::detect(secret),
        Some(CredentialKind::Password) => Credential::password(secret),
        Some(CredentialKind::PersonalToken) => Credential::personal_token(secret),
        Some(CredentialKind::OrganizationToken) => Credential::organization_token(secret),
    }
}
