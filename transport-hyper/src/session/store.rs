//! The store: looked into before a login, written after it, never in its way.

use std::time::Duration;

use hub_auth_core::session::Bearer;
use hub_auth_host::{StoreError, StoreKey, StoreLock, TokenStore};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep};

use super::{Session, lock};
use crate::clock::now;

/// How long the logins of other processes are waited for: one of them may wait half a minute for each of three TOTP codes.
const PATIENCE: Duration = Duration::from_secs(120);
/// The pauses between two tries, doubling.
const FIRST_PAUSE: Duration = Duration::from_millis(2);
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

impl Session {
    /// The right to log in for all who share the store, which a login goes without where it cannot be had.
    pub(super) async fn store_lock(&self) -> Option<StoreLock> {
        *lock(&self.0.store_fault) = None;
        let start = Instant::now();
        let mut pause = FIRST_PAUSE;
        loop {
            let tried = self.in_store(|store, key| store.try_lock(key)).await?;
            if tried.is_some() || start.elapsed() > PATIENCE {
                return tried;
            }
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// What is in the store, if it saves a login.
    pub(super) async fn look(&self, min_left: Duration) -> Option<Bearer> {
        let sealed = self.in_store(|store, key| store.load(key)).await??;
        let taken = self.core().take_over(&sealed, min_left, now());
        taken.unwrap_or_else(|bad| {
            self.report(StoreError::other(bad));
            None
        })
    }

    /// Puts the session into the store.
    pub(super) async fn keep(&self) {
        if lock(&self.0.store).is_some() {
            let session = self.clone();
            self.in_store(move |store, _| {
                let _saving = lock(&session.0.saving);
                // Both at once, so that no token is left under the key of another account.
                let (account, sealed, good_until) = {
                    let mut core = session.core();
                    (core.account().clone(), core.seal(now()), core.expires_at())
                };
                let key = StoreKey::new(session.0.client.hub(), &account);
                sealed.map_or(Ok(()), |sealed| store.save(&key, &sealed, good_until))
            })
            .await;
        }
    }

    /// Does this where it may block; `None` if there is no store or it failed.
    async fn in_store<T: Send + 'static>(
        &self,
        deed: impl FnOnce(&dyn TokenStore, &StoreKey) -> Result<T, StoreError> + Send + 'static,
    ) -> Option<T> {
        let store = lock(&self.0.store).clone()?;
        let account = self.core().account().clone();
        let key = StoreKey::new(self.0.client.hub(), &account);
        let done = spawn_blocking(move || deed(&*store, &key)).await;
        let done = done.unwrap_or_else(|_| Err(StoreError::other("the store panicked")));
        done.map_err(|fault| self.report(fault)).ok()
    }

    fn report(&self, fault: StoreError) {
        *lock(&self.0.store_fault) = Some(fault);
    }
}
