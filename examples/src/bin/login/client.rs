//! The two transports behind one call.

use std::sync::{Arc, Mutex, PoisonError};

use hub_auth_core::{Account, Challenge, Grant, Hub};
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

    pub(crate) fn login(&self, account: &Account, mut codes: Codes) -> Result<Grant, Trouble> {
        Ok(match self {
            Client::Blocking(client) => client.login_with(account, |challenge| codes.next(&Question::of(challenge)))?,
            Client::Hyper(client, runtime) => {
                let codes = Arc::new(Mutex::new(codes));
                let ask = async |challenge: &Challenge| {
                    let (question, codes) = (Question::of(challenge), Arc::clone(&codes));
                    let next = move || codes.lock().unwrap_or_else(PoisonError::into_inner).next(&question);
                    // On a thread of its own, so that the connection is looked after while a person types.
                    task::spawn_blocking(next).await.ok().flatten()
                };
                runtime.block_on(client.login_with(account, ask))?
            }
        })
    }
}
