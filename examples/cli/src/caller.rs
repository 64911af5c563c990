//! Opens a session with a good token, for the commands that need one.

use std::sync::Arc;
use std::time::Duration;

use hub_auth_core::session::Bearer;
use hub_auth_core::{Account, CredentialKind};
use hub_auth_host::{DockerLogin, FileStore};

use hub_auth_testkit::Loopback;

use crate::account::Search;
use crate::args::{CallerArgs, SecretArgs};
use crate::client::{Client, SecondFactor, Session};
use crate::codes::{self, Codes};
use crate::error::CliError;
use crate::kept::{self, Kept};
use crate::progress;
use crate::secret::Input;
use crate::terminal::Terminal;

/// Describes who logs in and how, as the command line says.
pub(crate) struct Caller<'a> {
    pub(crate) user: Option<&'a str>,
    pub(crate) args: &'a CallerArgs,
    /// The store of kept sessions; `None` keeps and reads none.
    pub(crate) store: Option<FileStore>,
    pub(crate) sim: Option<Arc<Loopback>>,
    /// The program may ask a person.
    pub(crate) asks: bool,
    /// A login is sent even if a kept token is good or an earlier login was refused.
    pub(crate) anyway: bool,
    /// The time for which the token must be good.
    pub(crate) min_left: Duration,
}

pub(crate) struct LoggedIn<'c> {
    pub(crate) session: Session<'c>,
    pub(crate) bearer: Bearer,
    pub(crate) account: Account,
    /// The source of the account.
    pub(crate) origin: String,
    /// The token was kept by an earlier login, and nothing was sent.
    pub(crate) from_store: bool,
}

impl<'a> Caller<'a> {
    /// Describes a caller that asks nobody and uses kept sessions.
    pub(crate) fn unattended(user: Option<&'a str>, args: &'a CallerArgs) -> Caller<'a> {
        let store = kept::store();
        Caller { user, args, store, sim: None, asks: false, anyway: false, min_left: Duration::ZERO }
    }

    /// Finds the account and returns a token: a kept one if it is good, else that of a login.
    pub(crate) fn log_in(self, client: &Client) -> Result<LoggedIn<'_>, CliError> {
        let Caller { user, args, store, sim, asks, anyway, min_left } = self;
        let CallerArgs { secrets, codes, .. } = args;
        let terminal = if asks { Terminal::open(secrets.secret_stdin || codes.totp_stdin) } else { None };
        // A mistake that needs no person is refused before a person is asked.
        let input = Input::read(secrets.secret_stdin, codes.totp_stdin)?;
        let totp = codes::totp(codes, input.totp.as_ref(), sim.is_none() || user.is_some())?;
        let kept = match &store {
            Some(store) if !anyway => Kept::all(store),
            _ => Ok(Vec::new()),
        };
        let (kept, fault) = kept.map_or_else(|fault| (Vec::new(), Some(fault)), |kept| (kept, None));
        let kept: Vec<_> = kept.iter().filter(|kept| kept.is_at(client.hub())).collect();
        let search = Search {
            user,
            secrets,
            stdin: input.secret,
            kept: &kept,
            min_left,
            is_demo: sim.is_some(),
            terminal: terminal.as_ref(),
        };
        // A broken store stops no login. It may be the reason why no account was found, so then it is reported.
        let found = search.find().and_then(|found| found.ok_or_else(|| nothing_in(secrets)));
        let found = found.inspect_err(|_| fault.iter().for_each(kept::warn))?;
        let (account, origin) = (found.account, found.origin);
        log::info!("logging in to {} as {}, kind {}", client.hub().origin(), account.user(), account.kind());
        let second_factor = match totp {
            Some(totp) => SecondFactor::Totp(totp),
            None => SecondFactor::Codes(Codes::new(codes.code.clone(), terminal, sim)),
        };
        let session = client.session(&account, second_factor, store);
        let result = if anyway { session.token_anew() } else { session.token(min_left) };
        progress::clear();
        if let Some(fault) = session.store_fault() {
            kept::warn(&fault);
        }
        let bearer = result.map_err(|failure| CliError::from(failure).of_account_from(&origin))?;
        let is_kept =
            |kept: &&Kept| kept.bearer.as_ref().is_some_and(|kept| kept.token().expose() == bearer.token().expose());
        let from_store = kept.iter().any(is_kept);
        Ok(LoggedIn { session, bearer, account, origin, from_store })
    }
}

/// Returns the error for the case that no source has an account.
pub(crate) fn nothing_in(secrets: &SecretArgs) -> CliError {
    CliError::usage(if secrets.docker_config && secrets.kind == Some(CredentialKind::AccessToken) {
        "docker login by browser has stored no token that is still good: run docker login".to_owned()
    } else if secrets.docker_config {
        format!(
            "docker login stored nothing for the Hub: no entry {} in config.json (in $DOCKER_CONFIG, else ~/.docker), \
             in the credential helper it names, or in DOCKER_AUTH_CONFIG",
            DockerLogin::KEY
        )
    } else {
        "no secret and no good session: run hub-auth login at a terminal, use --secret-stdin or --docker-config, or set \
         DOCKER_PASSWORD"
            .to_owned()
    })
}
