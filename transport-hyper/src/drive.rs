//! Drives a session: does what each step of the core says.

use http::Response;
use hub_auth_core::session::{Load, Lock, Next, Park, Save, Unsent, Wait, Want};
use hub_auth_core::{Account, Failure};
use hub_auth_host::{StoreError, StoreKey, StoreLock, TokenStore, now};
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use crate::client::Budget;
use crate::session::{Session, SessionLogin, lock};

impl Session {
    pub(crate) async fn log_in(&self, want: Want) -> Result<SessionLogin, Failure> {
        let next = self.core().start(want, now());
        match next {
            Next::Ready(bearer) => Ok(SessionLogin::Ready(bearer)),
            // Boxed, so that the future of a good token is small.
            next => Box::pin(self.drive(next)).await,
        }
    }

    /// Acts on each step until there is a token, a failure, or a challenge to hand out.
    pub(crate) async fn drive(&self, mut next: Next) -> Result<SessionLogin, Failure> {
        // Dropped last, so that the callers it wakes find this one gone.
        let wake = Wake(self.clone());
        let mut locked = Locked(None);
        let mut budget = self.client().budget();
        loop {
            next = match next {
                Next::Ready(bearer) => return Ok(SessionLogin::Ready(bearer)),
                Next::Refused(failure) => return Err(failure),
                Next::HandOut(challenge) => return Ok(SessionLogin::NeedCode(challenge)),
                Next::Park(park) => {
                    let next = self.park(park).await;
                    budget = self.client().budget();
                    next
                }
                Next::Lock(lock) => self.lock_store(lock, &mut locked).await,
                Next::Load(load) => self.load(load).await,
                Next::Send(unsent) => self.send_login(unsent, &budget).await,
                Next::Wait(wait) => self.wait(wait, &mut budget).await,
                Next::NeedCode(need) => {
                    let (need, code) = budget.aside(self.code(need)).await;
                    match code {
                        Some(code) => need.answer(code, &mut self.core(), now()),
                        None => need.nobody(&mut self.core(), now()),
                    }
                }
                Next::Save(save) => {
                    wake.now();
                    self.save(save).await
                }
                Next::Unlock(unlock) => {
                    let store_lock = locked.0.take();
                    // A panic while unlocking is the store's own, and the lock is gone after it.
                    let _ = spawn_blocking(move || drop(store_lock)).await;
                    unlock.done(&mut self.core(), now())
                }
            }
        }
    }

    /// Waits until another caller's login has ended.
    async fn park(&self, mut park: Park) -> Next {
        if self.is_asking_here() {
            return park.refuse(&self.core());
        }
        loop {
            // Made before the look, so that no ending is missed.
            let ended = self.0.ended.notified();
            let next = park.resume(&mut self.core(), now());
            park = match next {
                Next::Park(park) => park,
                next => return next,
            };
            ended.await;
        }
    }

    async fn lock_store(&self, lock: Lock, locked: &mut Locked) -> Next {
        match self.in_store(lock.account(), |store, key| store.try_lock(key)).await {
            None => lock.got(),
            Some(Ok(Some(store_lock))) => {
                *locked = Locked(Some(store_lock));
                self.set_fault(None);
                lock.got()
            }
            Some(Ok(None)) => lock.held(now()),
            Some(Err(error)) => {
                self.set_fault(Some(error));
                lock.failed(&self.core(), now())
            }
        }
    }

    async fn load(&self, load: Load) -> Next {
        let loaded = self.in_store(load.account(), |store, key| store.load(key)).await;
        let sealed = loaded.and_then(|loaded| self.noted(loaded)).flatten();
        let (next, unreadable) = {
            let mut core = self.core();
            (load.found(sealed.as_ref(), &mut core, now()), core.seal_error())
        };
        if let Some(error) = unreadable {
            self.set_fault(Some(StoreError::other(error)));
        }
        next
    }

    async fn save(&self, save: Save) -> Next {
        let sealed = save.sealed(&mut self.core(), now());
        if let Some(sealed) = sealed {
            let put = move |store: &dyn TokenStore, key: &StoreKey| store.save(key, &sealed.text, sealed.good_until);
            let saved = self.in_store(save.account(), put).await;
            saved.and_then(|saved| self.noted(saved));
        }
        save.done(&mut self.core(), now())
    }

    async fn send_login(&self, unsent: Unsent, budget: &Budget) -> Next {
        let (request, sent) = unsent.send();
        match self.client().attempt(request, sent.route(), sent.attempt(), budget).await {
            Ok((head, body)) => sent.reply(Response::from_parts(head, body.as_ref()), &mut self.core(), now()),
            Err(error) => sent.failed(error, &mut self.core(), now()),
        }
    }

    async fn wait(&self, wait: Wait, budget: &mut Budget) -> Next {
        let delay = wait.delay(now());
        let is_over = if let Some(route) = wait.route() {
            self.client().wait(route, delay, budget).await
        } else {
            budget.aside(sleep(delay)).await;
            true
        };
        let mut core = self.core();
        if is_over { wait.resume(&mut core, now()) } else { wait.give_up(&mut core, now()) }
    }

    /// Calls the store on a thread that may block. Returns `None` without a store.
    async fn in_store<T: Send + 'static>(
        &self,
        account: &Account,
        work: impl FnOnce(&dyn TokenStore, &StoreKey) -> Result<T, StoreError> + Send + 'static,
    ) -> Option<Result<T, StoreError>> {
        let store = lock(&self.0.store).clone()?;
        let key = StoreKey::new(self.client().hub(), account);
        let done = spawn_blocking(move || work(&*store, &key)).await;
        Some(done.unwrap_or_else(|_| Err(StoreError::other("the store panicked"))))
    }

    /// Keeps the error of a store for [`store_fault`](Session::store_fault).
    fn noted<T>(&self, result: Result<T, StoreError>) -> Option<T> {
        result.map_err(|error| self.set_fault(Some(error))).ok()
    }

    fn set_fault(&self, fault: Option<StoreError>) {
        let replaced = std::mem::replace(&mut *lock(&self.0.store_fault), fault);
        // Dropped here, after the lock: an error may be a caller's type.
        drop(replaced);
    }
}

/// Wakes the callers that wait for a login, at the latest when it is dropped.
pub(crate) struct Wake(pub(crate) Session);

impl Wake {
    fn now(&self) {
        self.0.0.ended.notify_waiters();
    }
}

impl Drop for Wake {
    fn drop(&mut self) {
        self.now();
    }
}

/// Holds the store's lock. Unlocking may block, so a login that is cancelled unlocks on a thread for blocking work.
struct Locked(Option<StoreLock>);

impl Drop for Locked {
    fn drop(&mut self) {
        if let (Some(store_lock), Ok(runtime)) = (self.0.take(), Handle::try_current()) {
            drop(runtime.spawn_blocking(move || drop(store_lock)));
        }
    }
}
