//! `--cache`: the session of an earlier run.

use std::error::Error;
use std::time::Duration;

use hub_auth_core::session::Session;
use hub_auth_core::{Account, Hub};
use hub_auth_host::{FileStore, StoreError, StoreKey, TokenStore, now};

use crate::args::Args;
use crate::logged_in::LoggedIn;
use crate::output::{printable, say};

/// Where sessions are kept. What goes wrong with it is said, and fails no login.
#[derive(Debug)]
pub(crate) struct Cache {
    store: FileStore,
    /// The last fault: no need to say it twice.
    said: Option<String>,
}

impl Cache {
    /// `None` if it is not asked for, or there is no place for it.
    pub(crate) fn open(args: &Args) -> Option<Cache> {
        if !args.cache && !args.forget {
            return None;
        }
        let store = FileStore::user_cache();
        if store.is_none() {
            say!("login: warning: no place to keep the session: neither XDG_CACHE_HOME nor HOME is an absolute path");
        }
        store.map(|store| Cache { store, said: None })
    }

    pub(crate) fn store(&self) -> FileStore {
        self.store.clone()
    }

    /// The token that was kept for one of these accounts, if it is still good. Their secrets do not matter.
    pub(crate) fn look(&mut self, hub: &Hub, accounts: &[Account]) -> Option<LoggedIn> {
        accounts.iter().find_map(|account| match self.kept(hub, account) {
            Ok(kept) => kept,
            Err(fault) => {
                self.warn(&fault);
                None
            }
        })
    }

    fn kept(&self, hub: &Hub, account: &Account) -> Result<Option<LoggedIn>, StoreError> {
        let Some(sealed) = self.store.load(&StoreKey::new(hub, account))? else { return Ok(None) };
        let mut session = Session::new(hub.clone(), account.clone());
        session.restore(&sealed, now()).map_err(StoreError::other)?;
        Ok(session.ready(Duration::ZERO, now()).map(|bearer| LoggedIn::by_session(&bearer, account)))
    }

    /// Removes what is kept for these accounts, and returns those for which there was something, whole or not.
    pub(crate) fn forget<'a>(&self, hub: &Hub, accounts: &'a [Account]) -> Result<Vec<&'a Account>, StoreError> {
        let mut forgotten = Vec::new();
        for account in accounts {
            let key = StoreKey::new(hub, account);
            let nothing = matches!(self.store.load(&key), Ok(None));
            self.store.forget(&key)?;
            if !nothing {
                forgotten.push(account);
            }
        }
        Ok(forgotten)
    }

    pub(crate) fn warn(&mut self, fault: &StoreError) {
        let mut text = printable(&fault.to_string());
        if let Some(cause) = fault.source() {
            text = format!("{text}: {}", printable(&cause.to_string()));
        }
        if self.said.as_ref() != Some(&text) {
            say!("login: warning: the kept session: {text}");
            self.said = Some(text);
        }
    }
}
