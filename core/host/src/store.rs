//! Where a session outlives its process.

use std::fmt;
use std::time::{Duration, Instant};

use hub_auth_core::Secret;

mod error;
#[cfg(feature = "file-store")]
mod file;
mod key;
mod memory;

pub use error::{Refusal, StoreError};
#[cfg(feature = "file-store")]
pub use file::FileStore;
pub use key::StoreKey;
pub use memory::MemoryStore;

/// Keeps sealed sessions, one for each [`StoreKey`].
///
/// What is kept is a secret: [`Session::seal`](hub_auth_core::session::Session::seal) puts the token in it. A store that
/// fails never fails a login: whoever uses one goes on as if nothing were kept, and reports the fault beside the token.
pub trait TokenStore: Send + Sync {
    /// What was last saved, whole; `None` if there is nothing. Any error means: go on as with nothing.
    fn load(&self, key: &StoreKey) -> Result<Option<Secret>, StoreError>;

    /// Puts `sealed` in place of what is there, all of it or nothing.
    fn save(&self, key: &StoreKey, sealed: &Secret) -> Result<(), StoreError>;

    /// Removes what is there; no error if there is nothing.
    fn forget(&self, key: &StoreKey) -> Result<(), StoreError>;

    /// The right to log in for all who share the store, if nobody has it now. It ends when the lock is dropped, or its
    /// process with it. Look into the store again once you have it: another may have logged in meanwhile. Not to be held
    /// while a person types.
    ///
    /// A store that is shared by nobody needs none, as is the default.
    fn try_lock(&self, key: &StoreKey) -> Result<Option<StoreLock>, StoreError> {
        let _ = key;
        Ok(Some(StoreLock::new(())))
    }

    /// Waits for [`try_lock`](TokenStore::try_lock), at most for `patience`; `None` if others had it all the time. It blocks
    /// the thread, and looks again every 2 to 50 milliseconds.
    fn lock(&self, key: &StoreKey, patience: Duration) -> Result<Option<StoreLock>, StoreError> {
        wait_for(patience, || self.try_lock(key))
    }
}

/// Tries until there is something, at growing intervals.
fn wait_for<T>(
    patience: Duration,
    mut attempt: impl FnMut() -> Result<Option<T>, StoreError>,
) -> Result<Option<T>, StoreError> {
    let start = Instant::now();
    let mut pause = Duration::from_millis(2);
    loop {
        if let Some(got) = attempt()? {
            return Ok(Some(got));
        }
        let left = patience.saturating_sub(start.elapsed());
        if left.is_zero() {
            return Ok(None);
        }
        std::thread::sleep(pause.min(left));
        pause = (pause * 2).min(Duration::from_millis(50));
    }
}

/// The right to log in for all who share a store. Dropping it gives it back.
#[must_use = "dropped at once, it excludes nobody"]
pub struct StoreLock(#[expect(dead_code, reason = "kept for its drop")] Box<dyn Send + Sync>);

impl StoreLock {
    /// Wraps whatever gives the right back when it is dropped.
    pub fn new(guard: impl Send + Sync + 'static) -> StoreLock {
        StoreLock(Box::new(guard))
    }
}

impl fmt::Debug for StoreLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoreLock")
    }
}
