//! The store of a session. What goes wrong with it is noted, and costs nobody a login.

use std::sync::Mutex;
use std::time::Duration;

use hub_auth_core::{BoxError, Secret, UnixTime};
use hub_auth_host::{StoreError, StoreKey, StoreLock, TokenStore};

use super::lock;

/// How long a login of another session is waited for. It may have to wait itself, for the next time step of a code.
const PATIENCE: Duration = Duration::from_secs(120);

pub(super) struct Kept {
    store: Box<dyn TokenStore>,
    fault: Mutex<Option<StoreError>>,
    /// Held while something is sealed and saved, so that the later is not replaced by the earlier.
    saving: Mutex<()>,
}

impl Kept {
    pub(super) fn new(store: impl TokenStore + 'static) -> Kept {
        Kept { store: Box::new(store), fault: Mutex::default(), saving: Mutex::default() }
    }

    /// Begins a login. `None` too if the others take too long: better two logins than none.
    pub(super) fn lock(&self, key: &StoreKey) -> Option<StoreLock> {
        *lock(&self.fault) = None;
        self.noting(self.store.lock(key, PATIENCE)).flatten()
    }

    pub(super) fn load(&self, key: &StoreKey) -> Option<Secret> {
        self.noting(self.store.load(key)).flatten()
    }

    pub(super) fn save(&self, seal: impl FnOnce() -> Option<(StoreKey, Secret, Option<UnixTime>)>) {
        let _saving = lock(&self.saving);
        if let Some((key, sealed, good_until)) = seal() {
            self.noting(self.store.save(&key, &sealed, good_until));
        }
    }

    /// What was kept is no good.
    pub(super) fn note(&self, error: impl Into<BoxError>) {
        *lock(&self.fault) = Some(StoreError::other(error));
    }

    pub(super) fn fault(&self) -> Option<StoreError> {
        lock(&self.fault).clone()
    }

    fn noting<T>(&self, result: Result<T, StoreError>) -> Option<T> {
        result.map_err(|error| *lock(&self.fault) = Some(error)).ok()
    }
}
