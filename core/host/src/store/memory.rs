//! Keeps sessions in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hub_auth_core::{Secret, UnixTime};

use super::{StoreError, StoreKey, StoreLock, TokenStore};

/// Keeps sealed sessions in memory, for the sessions of one process and for tests. Clones share their values.
#[derive(Clone, Default)]
pub struct MemoryStore(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    values: BTreeMap<StoreKey, Secret>,
    locked: BTreeSet<StoreKey>,
}

impl MemoryStore {
    /// Returns an empty store.
    #[must_use]
    pub fn new() -> MemoryStore {
        MemoryStore::default()
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // Nothing panics while it holds this lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TokenStore for MemoryStore {
    fn load(&self, key: &StoreKey) -> Result<Option<Secret>, StoreError> {
        Ok(self.inner().values.get(key).map(|sealed| Secret::from(sealed.expose())))
    }

    fn save(&self, key: &StoreKey, sealed: &Secret, _: Option<UnixTime>) -> Result<(), StoreError> {
        self.inner().values.insert(key.clone(), Secret::from(sealed.expose()));
        Ok(())
    }

    fn forget(&self, key: &StoreKey) -> Result<(), StoreError> {
        self.inner().values.remove(key);
        Ok(())
    }

    fn try_lock(&self, key: &StoreKey) -> Result<Option<StoreLock>, StoreError> {
        let is_new = self.inner().locked.insert(key.clone());
        Ok(is_new.then(|| StoreLock::new(Locked(self.clone(), key.clone()))))
    }
}

struct Locked(MemoryStore, StoreKey);

impl Drop for Locked {
    fn drop(&mut self) {
        self.0.inner().locked.remove(&self.1);
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").field("values", &self.inner().values.len()).finish()
    }
}
