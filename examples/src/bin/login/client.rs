//! The two transports behind one call.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use hub_auth_core::session::Bearer;
use hub_auth_core::{
    Account, Challenge, Code, Failure, Grant, Hub, LoginOutcome, Step, Totp, TransportError, TransportErrorKind,
};
use hub_auth_host::{FileStore, StoreError, now};
use hub_auth_hyper::Options;
use tokio::runtime::{self, Runtime};
use tokio::task;

use crate::args::Transport;
use crate::codes::{Codes, Question};
use crate::trouble::Trouble;

#[derive(Debug)]
pub(crate) enum Client {
    Hyper(hub_auth_hyper::Client, Runtime),
    Blocking(hub_auth_blocking::Client),
}

/// Where one-time codes come from.
#[derive(Debug)]
pub(crate) enum Second {
    Codes(Codes),
    Totp(Totp),
}

/// A session's token, and beside it what went wrong with the store.
pub(crate) type Held = (Result<Bearer, Failure>, Option<StoreError>);

type Typing = Pin<Box<dyn Future<Output = Option<Code>> + Send>>;

impl Client {
    pub(crate) fn new(transport: Transport, options: Options) -> Result<Client, Trouble> {
        Ok(match transport {
            Transport::Hyper => {
                let runtime = runtime::Builder::new_current_thread().enable_all().build();
                let runtime = runtime.map_err(|error| Trouble::machine("starting the runtime", error))?;
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

    /// Asks for the account, and opens a connection while a person types: then each call of the login takes one round trip.
    ///
    /// What a proxy refuses meanwhile is the end of the login: asked again, it would be sent a password that it refused once
    /// more. Where no connection can be opened for another reason, the login will say so.
    pub(crate) fn warm_while(&self, ask: impl FnOnce() -> Result<Account, Trouble>) -> Result<Account, Trouble> {
        let (account, broken) = thread::scope(|scope| {
            let warm = || match self {
                Client::Hyper(client, runtime) => runtime.block_on(client.warm()).err(),
                Client::Blocking(_) => None,
            };
            // Without a thread for it the login connects itself.
            let warming = thread::Builder::new().spawn_scoped(scope, warm);
            (ask(), warming.ok().and_then(|warming| warming.join().ok()?))
        });
        let account = account?;
        if let Some(broken) = broken.filter(|broken| broken.kind == TransportErrorKind::Proxy) {
            self.broke(&account, broken)?;
        }
        Ok(account)
    }

    /// What a login comes to that breaks so: as if it had met that itself.
    fn broke(&self, account: &Account, broken: TransportError) -> Result<(), Failure> {
        let Step::Send(exchange) = self.hub().login(account) else { return Ok(()) };
        let (_, awaiting) = exchange.send();
        if let Step::Failed(failure) = awaiting.failed(broken, now()) { Err(failure) } else { Ok(()) }
    }

    /// One login, of which nothing is kept. While a code is typed, the secret is wiped already.
    pub(crate) fn login(&self, account: Account, codes: Codes) -> Result<Grant, Failure> {
        match self {
            Client::Hyper(client, runtime) => runtime.block_on(async {
                let challenge = match client.login(&account).await? {
                    LoginOutcome::Done(grant) => return Ok(grant),
                    LoginOutcome::NeedCode(challenge) => challenge,
                };
                drop(account);
                let mut ask = on_a_thread(codes);
                client.answer_with(challenge, async |challenge: &Challenge| ask(challenge).await).await
            }),
            Client::Blocking(client) => {
                let challenge = match client.login(&account)? {
                    LoginOutcome::Done(grant) => return Ok(grant),
                    LoginOutcome::NeedCode(challenge) => challenge,
                };
                drop(account);
                client.answer_with(challenge, on_the_spot(codes))
            }
        }
    }

    /// The token of a session, which may be a kept one.
    pub(crate) fn session(&self, account: &Account, second: Second, store: Option<FileStore>) -> Held {
        match self {
            Client::Hyper(client, runtime) => {
                let session = hub_auth_hyper::Session::new(client.clone(), account.clone());
                let session = match second {
                    Second::Codes(codes) => session.ask(on_a_thread(codes)),
                    Second::Totp(totp) => session.totp(totp),
                };
                let session = match store {
                    Some(store) => session.store(store),
                    None => session,
                };
                (runtime.block_on(session.token(Duration::ZERO)), session.store_fault())
            }
            Client::Blocking(client) => {
                let session = hub_auth_blocking::Session::new(client.clone(), account.clone());
                let session = match second {
                    Second::Codes(codes) => session.ask(on_the_spot(codes)),
                    Second::Totp(totp) => session.totp(totp),
                };
                let session = match store {
                    Some(store) => session.store(store),
                    None => session,
                };
                (session.token(Duration::ZERO), session.store_fault())
            }
        }
    }
}

fn on_the_spot(mut codes: Codes) -> impl FnMut(&Challenge) -> Option<Code> {
    move |challenge| codes.next(&Question::of(challenge))
}

/// On a thread of its own, so that the connection is looked after while a person types.
fn on_a_thread(codes: Codes) -> impl FnMut(&Challenge) -> Typing {
    let codes = Arc::new(Mutex::new(codes));
    move |challenge| {
        let (question, codes) = (Question::of(challenge), Arc::clone(&codes));
        let next = move || codes.lock().unwrap_or_else(PoisonError::into_inner).next(&question);
        Box::pin(async { task::spawn_blocking(next).await.ok().flatten() })
    }
}
