//! Offers the two transports behind one set of calls.

use std::fs;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, Uri};
use hub_auth_core::session::Bearer;
use hub_auth_core::{Account, Challenge, Failure, Hub, Policy, Totp};
use hub_auth_host::{FileStore, SendError, StoreError};
use hub_auth_hyper::{BuildError, Options, Trust};
use tokio::runtime::{self, Runtime};

use crate::args::{ReachArgs, Transport};
use crate::codes::Codes;
use crate::error::CliError;
use crate::progress;

const PRODUCT: &str = concat!("hub-auth-cli/", env!("CARGO_PKG_VERSION"));
/// The libraries' own limit. A shorter `--timeout` limits connecting too.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(crate) enum Client {
    Hyper(hub_auth_hyper::Client, Runtime),
    Blocking(hub_auth_blocking::Client),
}

/// The source of one-time codes.
#[derive(Debug)]
pub(crate) enum SecondFactor {
    Codes(Codes),
    Totp(Totp),
}

#[derive(Debug)]
pub(crate) enum Session<'c> {
    Hyper(hub_auth_hyper::Session, &'c Runtime),
    Blocking(hub_auth_blocking::Session),
}

impl Client {
    /// Makes a client of the Hub at `base`, else of the one that `--hub` names, else of Docker Hub.
    pub(crate) fn new(reach: &ReachArgs, base: Option<Uri>) -> Result<Client, CliError> {
        progress::start(reach.timeout);
        let options = options(reach, base)?;
        Ok(match reach.transport {
            Transport::Hyper => {
                let runtime = runtime::Builder::new_current_thread().enable_all().build();
                let runtime = runtime.map_err(|error| CliError::machine("the runtime cannot be started", error))?;
                Client::Hyper(hub_auth_hyper::Client::new(options)?, runtime)
            }
            Transport::Blocking => Client::Blocking(hub_auth_blocking::Client::new(options)?),
        })
    }

    pub(crate) fn hub(&self) -> &Hub {
        match self {
            Client::Hyper(client, _) => client.hub(),
            Client::Blocking(client) => client.hub(),
        }
    }

    pub(crate) fn session(
        &self,
        account: &Account,
        second_factor: SecondFactor,
        store: Option<FileStore>,
    ) -> Session<'_> {
        match self {
            Client::Hyper(client, runtime) => {
                let session = hub_auth_hyper::Session::new(client.clone(), account.clone());
                let session = match second_factor {
                    SecondFactor::Codes(mut codes) => {
                        session.ask(async move |challenge: &Challenge| codes.next(challenge))
                    }
                    SecondFactor::Totp(totp) => session.totp(totp),
                };
                let session = store.into_iter().fold(session, hub_auth_hyper::Session::store);
                Session::Hyper(session, runtime)
            }
            Client::Blocking(client) => {
                let session = hub_auth_blocking::Session::new(client.clone(), account.clone());
                let session = match second_factor {
                    SecondFactor::Codes(mut codes) => session.ask(move |challenge: &Challenge| codes.next(challenge)),
                    SecondFactor::Totp(totp) => session.totp(totp),
                };
                Session::Blocking(store.into_iter().fold(session, hub_auth_blocking::Session::store))
            }
        }
    }
}

impl Session<'_> {
    /// Returns a token that is good for at least `min_left`. It may be a kept one.
    pub(crate) fn token(&self, min_left: Duration) -> Result<Bearer, Failure> {
        match self {
            Session::Hyper(session, runtime) => runtime.block_on(session.token(min_left)),
            Session::Blocking(session) => session.token(min_left),
        }
    }

    /// Logs in even if a kept token is good.
    pub(crate) fn token_anew(&self) -> Result<Bearer, Failure> {
        match self {
            Session::Hyper(session, runtime) => runtime.block_on(session.token_anew()),
            Session::Blocking(session) => session.token_anew(),
        }
    }

    /// Sends a request to the Hub's own origin. After a 401 the library logs in and sends it once more, if it has the secret.
    pub(crate) fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, CliError> {
        let sent = match self {
            Session::Hyper(session, runtime) => runtime.block_on(session.send(request)),
            Session::Blocking(session) => session.send(request),
        };
        sent.map_err(|error| match error {
            SendError::Login(failure) => failure.into(),
            SendError::Transport(broken) => broken.into(),
            other => CliError::usage(other.to_string()),
        })
    }

    pub(crate) fn store_fault(&self) -> Option<StoreError> {
        match self {
            Session::Hyper(session, _) => session.store_fault(),
            Session::Blocking(session) => session.store_fault(),
        }
    }
}

fn options(reach: &ReachArgs, base: Option<Uri>) -> Result<Options, CliError> {
    // The seed is for jitter: it must differ between processes, and need not be secret.
    let seed = RandomState::new().build_hasher().finish();
    let mut options = Options::new()
        .user_agent(PRODUCT)
        .timeout(reach.timeout)
        .connect_timeout(reach.timeout.min(CONNECT_TIMEOUT))
        .policy(Policy::new(seed).with_sends(reach.tries));
    if let Some(base) = base.or_else(|| reach.hub.clone()) {
        options = options.base(base);
    }
    if let Some(path) = &reach.ca {
        let pem = fs::read(path).map_err(|error| CliError::usage(format!("--ca: {}: {error}", path.display())))?;
        let trust = Trust::system().with_ca_pem(&pem);
        options = options.trust(trust.map_err(|bad| CliError::usage(format!("--ca: {}: {bad}", path.display())))?);
    }
    Ok(options)
}

impl From<BuildError> for CliError {
    fn from(error: BuildError) -> CliError {
        CliError::Own { kind: error.kind(), message: error.to_string(), cause: Some(error.into()) }
    }
}
