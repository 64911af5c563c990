//! Defines stores, which keep a session beyond its process.

use std::fmt;

use hub_auth_core::{Secret, UnixTime};

#[cfg(feature = "encrypted-store")]
mod encrypted;
mod error;
#[cfg(feature = "file-store")]
mod file;
mod key;
mod memory;
#[cfg(feature = "redis-store")]
mod redis;

#[cfg(feature = "encrypted-store")]
pub use encrypted::Encrypted;
pub use error::{Refusal, StoreError};
#[cfg(feature = "file-store")]
pub use file::FileStore;
pub use key::StoreKey;
pub use memory::MemoryStore;
#[cfg(feature = "redis-store")]
pub use redis::RedisStore;

/// The largest value that is read, in bytes.
#[cfg(any(feature = "file-store", feature = "redis-store"))]
const MAX_VALUE: u64 = 1024 * 1024;

/// Keeps sealed sessions, one for each [`StoreKey`].
///
/// A sealed session is a secret: [`Session::seal`](hub_auth_core::session::Session::seal) puts the token in it. A store
/// that fails does not fail a login: the session logs in as if the store were empty, and reports the error beside the
/// token.
pub trait TokenStore: Send + Sync {
    /// Returns the value that was saved last, or `None` if there is none.
    fn load(&self, key: &StoreKey) -> Result<Option<Secret>, StoreError>;

    /// Replaces the value. After an error or a crash, the store holds either the old value or the new one.
    ///
    /// The value is of no use from `good_until` on, so a store may drop it then. `None` means that no end is known.
    fn save(&self, key: &StoreKey, sealed: &Secret, good_until: Option<UnixTime>) -> Result<(), StoreError>;

    /// Removes the value. A missing value is no error.
    fn forget(&self, key: &StoreKey) -> Result<(), StoreError>;

    /// Locks the key for one login. Returns `None` while another session or process holds the lock. An error means that
    /// the store is broken, and says nothing about the lock.
    ///
    /// The lock ends when the [`StoreLock`] is dropped, or with its process. Load again after locking, since another
    /// process may have logged in meanwhile. Release the lock while a person types.
    ///
    /// By default locks nothing, for a store that one session uses alone.
    fn try_lock(&self, key: &StoreKey) -> Result<Option<StoreLock>, StoreError> {
        let _ = key;
        Ok(Some(StoreLock::new(())))
    }
}

/// Passes each call on, for a store that is chosen at run time.
impl<S: TokenStore + ?Sized> TokenStore for Box<S> {
    fn load(&self, key: &StoreKey) -> Result<Option<Secret>, StoreError> {
        (**self).load(key)
    }

    fn save(&self, key: &StoreKey, sealed: &Secret, good_until: Option<UnixTime>) -> Result<(), StoreError> {
        (**self).save(key, sealed, good_until)
    }

    fn forget(&self, key: &StoreKey) -> Result<(), StoreError> {
        (**self).forget(key)
    }

    fn try_lock(&self, key: &StoreKey) -> Result<Option<StoreLock>, StoreError> {
        (**self).try_lock(key)
    }
}

/// Locks a key of a [`TokenStore`] until it is dropped.
#[must_use = "a lock that is dropped at once locks nobody out"]
pub struct StoreLock(#[expect(dead_code, reason = "kept for its drop")] Box<dyn Send + Sync>);

impl StoreLock {
    /// Wraps the guard of a store. Dropping the guard must release the lock.
    pub fn new(guard: impl Send + Sync + 'static) -> StoreLock {
        StoreLock(Box::new(guard))
    }
}

impl fmt::Debug for StoreLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoreLock")
    }
}
