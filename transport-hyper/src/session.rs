//! An account that stays logged in: a loop over the core's steps.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::thread::{self, ThreadId};
use std::time::Duration;

use http::{HeaderMap, Response};
use hub_auth_core::session::{self as core, Bearer, Codes, NeedCode, Next, Park, Rejected, Want};
use hub_auth_core::{Account, Challenge, Code, Failure, SealError, Secret, UnixTime};
use hub_auth_host::{StoreError, StoreKey, StoreLock, TokenStore, now};
use tokio::runtime::Handle;
use tokio::sync::{Notify, oneshot};
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use crate::Client;

/// An account that stays logged in. Clones share the token; give one to each task.
///
/// The first caller that needs a token logs in, and all who need one meanwhile wait for that login: there is one at a time
/// for any number of tasks. The login is part of the caller's future: if that is dropped or panics, the next caller takes
/// over; if it is kept and not polled, the others wait. A secret that was refused is not sent again before
/// [`Failure::retry_at`], unless it is [changed](Session::set_account).
///
/// The rules, which refusals are remembered and how early a token is renewed: [`hub_auth_core::session`].
#[derive(Clone)]
pub struct Session(Arc<Inner>);

struct Inner {
    client: Client,
    core: Mutex<core::Session>,
    /// Notified whenever a login may have ended.
    ended: Notify,
    ask: Mutex<Option<Arc<Mutex<Ask>>>>,
    /// The thread that asks a person, or the last one that did.
    asking: Mutex<Option<ThreadId>>,
    store: Mutex<Option<Arc<dyn TokenStore>>>,
    store_fault: Mutex<Option<StoreError>>,
}

/// Asks a person on a thread of its own, unless the caller who needs the code has gone.
type Ask = dyn FnMut(&Challenge, &Handle, &mut oneshot::Sender<Answered>) -> Option<Code> + Send;
type Answered = (NeedCode, Option<Code>);

/// The outcome of [`Session::login`].
#[derive(Debug)]
#[must_use = "the Hub may ask for a one-time code"]
pub enum SessionLogin {
    /// The session has a token, and this is it.
    Ready(Bearer),
    /// The Hub asks for a one-time code: [answer](Session::answer), now or later.
    NeedCode(Challenge),
}

impl Session {
    /// Makes a session of `account`. Sends nothing until a token is needed.
    ///
    /// Without [`ask`](Session::ask) or `totp`, a login that needs a one-time code ends with
    /// [`FailureKind::SecondFactorRequired`](hub_auth_core::FailureKind::SecondFactorRequired).
    #[must_use]
    pub fn new(client: Client, account: Account) -> Session {
        let core = Mutex::new(core::Session::new(client.hub().clone(), account));
        Session(Arc::new(Inner {
            client,
            core,
            ended: Notify::new(),
            ask: Mutex::default(),
            asking: Mutex::default(),
            store: Mutex::default(),
            store_fault: Mutex::default(),
        }))
    }

    /// Gets one-time codes from `ask`, for this session and its clones: a closure as [`Client::login_with`] takes.
    ///
    /// It runs on a thread of its own, so it may block, as a prompt on a terminal does. It gets no token
    /// of this session, since the token waits for the code. It must not wait for a task that asks for one.
    #[must_use]
    pub fn ask<F>(self, mut ask: F) -> Session
    where
        F: AsyncFnMut(&Challenge) -> Option<Code> + Send + 'static,
    {
        let ask = move |challenge: &Challenge, runtime: &Handle, caller: &mut oneshot::Sender<Answered>| {
            let mut asking = pin!(ask(challenge));
            runtime.block_on(std::future::poll_fn(|cx| match caller.poll_closed(cx) {
                Poll::Ready(()) => Poll::Ready(None),
                Poll::Pending => asking.as_mut().poll(cx),
            }))
        };
        let replaced = lock(&self.0.ask).replace(Arc::new(Mutex::new(ask)));
        drop(replaced);
        self.core().set_codes(Codes::Person);
        self
    }

    /// Makes one-time codes from the account's TOTP secret, for this session and its clones. No time step is used twice, so
    /// a login may wait for the next one, up to 30 seconds.
    #[cfg(feature = "totp")]
    #[cfg_attr(docsrs, doc(cfg(feature = "totp")))]
    #[must_use]
    pub fn totp(self, totp: hub_auth_core::Totp) -> Session {
        self.core().set_codes(Codes::Totp(Arc::new(totp)));
        self
    }

    /// Keeps the token in `store`, and looks there before a login. Sessions that share a store, in other processes too, make
    /// one login: a session that finds the store locked waits up to two minutes for the token of the other.
    ///
    /// A store that fails never fails a login; see [`store_fault`](Session::store_fault). Its calls may block; they are
    /// made on tokio's threads for blocking work.
    #[must_use]
    pub fn store(self, store: impl TokenStore + 'static) -> Session {
        let replaced = lock(&self.0.store).replace(Arc::new(store));
        drop(replaced);
        self
    }

    /// Returns a token that is good for at least `min_left`, or a fresh one if its whole life is shorter. Logs in if need be.
    ///
    /// A token is renewed when 60 to 90 seconds of it are left (a fifth to three tenths, if it is short-lived). If
    /// renewing fails while it is still good, it is returned all the same. Returning a good token allocates nothing.
    pub async fn token(&self, min_left: Duration) -> Result<Bearer, Failure> {
        self.meet(Want::token(min_left)).await
    }

    /// Logs in even if the token is good or an earlier refusal says to wait, and returns the new token. For a person who
    /// insists: each try may count at the Hub. A TOTP time step is not used again.
    pub async fn token_anew(&self) -> Result<Bearer, Failure> {
        self.meet(Want::default().anew()).await
    }

    async fn meet(&self, want: Want) -> Result<Bearer, Failure> {
        match self.log_in(want).await? {
            SessionLogin::Ready(bearer) => Ok(bearer),
            SessionLogin::NeedCode(challenge) => Err(challenge.give_up()),
        }
    }

    /// Puts `Authorization` into `headers`, in place of one that is there, and returns the [`token`](Session::token): hand it
    /// to [`invalidate`](Session::invalidate) if the call is answered by 401. [`call`](Session::call) does both.
    ///
    /// Only for a request to the Hub's own origin: see [`Hub::is_origin_of`](hub_auth_core::Hub::is_origin_of).
    pub async fn authorize(&self, headers: &mut HeaderMap) -> Result<Bearer, Failure> {
        let bearer = self.token(Duration::ZERO).await?;
        bearer.authorize(headers);
        Ok(bearer)
    }

    /// Reports that an API call with this token was answered by 401, and returns what to do next. If another token has taken
    /// its place, that one stays. [`call`](Session::call) does this for you.
    #[expect(clippy::must_use_candidate, reason = "whoever does not send again needs no answer")]
    pub fn invalidate(&self, bearer: &Bearer) -> Rejected {
        self.core().reject(bearer, now())
    }

    /// Logs in as [`token`](Session::token) does, but returns a challenge instead of asking for a code. Until it is answered,
    /// the session is not logged in, and whoever asks for a token is told that a code is missing.
    pub async fn login(&self) -> Result<SessionLogin, Failure> {
        self.log_in(Want::default().by_hand()).await
    }

    /// Answers a challenge as [`Client::answer`] does, and goes on with the token that it gives. A challenge of another user
    /// or Hub than the session's is [given up](Challenge::give_up). A failure holds for all who ask, as that of any login.
    pub async fn answer(&self, challenge: Challenge, code: Code) -> Result<SessionLogin, Failure> {
        let next = self.core().answer(challenge, code, now());
        Box::pin(self.drive(next)).await
    }

    /// Returns when the token expires, on the local clock; `None` without one, or if it does not say.
    #[must_use]
    pub fn expires_at(&self) -> Option<UnixTime> {
        self.core().expires_at()
    }

    /// Logs in with another account, or another secret, from now on. Keeps the token if the user and the kind of credential
    /// are the same. A login under way goes on, and its outcome is not used.
    pub fn set_account(&self, account: Account) {
        self.core().set_account(account);
    }

    /// Returns the last fault of the store since the last login began. The token was as good without it.
    #[must_use]
    pub fn store_fault(&self) -> Option<StoreError> {
        lock(&self.0.store_fault).clone()
    }

    /// Returns the session as one text, to be [restored](Session::restore) by another process; `None` if there is nothing to
    /// keep. The text is a secret: it holds the token. A [store](Session::store) does this by itself.
    #[must_use]
    pub fn seal(&self) -> Option<Secret> {
        self.core().seal(now())
    }

    /// Takes over the token of a sealed session of the same Hub and account. On an error nothing changes.
    pub fn restore(&self, sealed: &Secret) -> Result<(), SealError> {
        self.core().restore(sealed, now())
    }

    pub(crate) fn client(&self) -> &Client {
        &self.0.client
    }

    /// Locks the session's state for one call of the core: no caller's code runs meanwhile, and nothing waits.
    pub(crate) fn core(&self) -> MutexGuard<'_, core::Session> {
        lock(&self.0.core)
    }

    async fn log_in(&self, want: Want) -> Result<SessionLogin, Failure> {
        let next = self.core().start(want, now());
        match next {
            Next::Ready(bearer) => Ok(SessionLogin::Ready(bearer)),
            // Boxed, so that the future of a good token is small.
            next => Box::pin(self.drive(next)).await,
        }
    }

    async fn drive(&self, mut next: Next) -> Result<SessionLogin, Failure> {
        // Dropped last, so that the callers it wakes find this one gone.
        let wake = Wake(self.clone());
        let mut locked = Held(None);
        let client = &self.0.client;
        let mut budget = client.budget();
        loop {
            next = match next {
                Next::Ready(bearer) => return Ok(SessionLogin::Ready(bearer)),
                Next::Refused(failure) => return Err(failure),
                Next::HandOut(challenge) => return Ok(SessionLogin::NeedCode(challenge)),
                Next::Park(park) => {
                    let next = self.park(park).await;
                    budget = client.budget();
                    next
                }
                Next::Lock(lock) => match self.in_store(lock.account(), |store, key| store.try_lock(key)).await {
                    None => lock.got(),
                    Some(Ok(Some(store_lock))) => {
                        locked = Held(Some(store_lock));
                        self.set_fault(None);
                        lock.got()
                    }
                    Some(Ok(None)) => lock.held(now()),
                    Some(Err(error)) => {
                        self.set_fault(Some(error));
                        lock.failed(&self.core(), now())
                    }
                },
                Next::Load(load) => {
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
                Next::Send(unsent) => {
                    let (request, sent) = unsent.send();
                    match client.attempt(request, sent.route(), sent.attempt(), &budget).await {
                        Ok((head, body)) => {
                            sent.reply(Response::from_parts(head, body.as_ref()), &mut self.core(), now())
                        }
                        Err(error) => sent.failed(error, &mut self.core(), now()),
                    }
                }
                Next::Wait(wait) => {
                    let delay = wait.delay(now());
                    let is_over = if let Some(route) = wait.route() {
                        client.wait(route, delay, &budget).await
                    } else {
                        budget.aside(sleep(delay)).await;
                        true
                    };
                    let mut core = self.core();
                    if is_over { wait.resume(&mut core, now()) } else { wait.give_up(&mut core, now()) }
                }
                Next::NeedCode(need) => {
                    let (need, code) = budget.aside(self.code(need)).await;
                    match code {
                        Some(code) => need.answer(code, &mut self.core(), now()),
                        None => need.nobody(&mut self.core(), now()),
                    }
                }
                Next::Save(save) => {
                    wake.now();
                    let sealed = save.sealed(&mut self.core(), now());
                    if let Some(sealed) = sealed {
                        let put = move |store: &dyn TokenStore, key: &StoreKey| {
                            store.save(key, &sealed.text, sealed.good_until)
                        };
                        let saved = self.in_store(save.account(), put).await;
                        saved.and_then(|saved| self.noted(saved));
                    }
                    save.done(&mut self.core(), now())
                }
                Next::Unlock(unlock) => {
                    let freed = locked.0.take();
                    // A panic of the store ends its lock as well.
                    let _ = spawn_blocking(move || drop(freed)).await;
                    unlock.done(&mut self.core(), now())
                }
            }
        }
    }
}

impl Session {
    /// Waits until another caller's login has ended.
    async fn park(&self, mut park: Park) -> Next {
        if *lock(&self.0.asking) == Some(thread::current().id()) {
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

    /// Asks a person for a one-time code, on a thread of its own.
    #[expect(clippy::expect_used, reason = "the thread answers even if the closure panics")]
    async fn code(&self, need: NeedCode) -> Answered {
        let Some(ask) = lock(&self.0.ask).clone() else { return (need, None) };
        let (mut caller, answer) = oneshot::channel();
        let (runtime, wake) = (Handle::current(), Wake(self.clone()));
        thread::spawn(move || {
            // Dropped last: if the caller has gone, the login ends here.
            let wake = wake;
            let asking = AssertUnwindSafe(|| {
                let mut ask = lock(&ask);
                *lock(&wake.0.0.asking) = Some(thread::current().id());
                ask(need.challenge(), &runtime, &mut caller)
            });
            let code = catch_unwind(asking).unwrap_or(None);
            drop(caller.send((need, code)));
        });
        answer.await.expect("an answer")
    }

    /// Calls the store where it may block. Returns `None` without a store.
    async fn in_store<T: Send + 'static>(
        &self,
        account: &Account,
        work: impl FnOnce(&dyn TokenStore, &StoreKey) -> Result<T, StoreError> + Send + 'static,
    ) -> Option<Result<T, StoreError>> {
        let store = lock(&self.0.store).clone()?;
        let key = StoreKey::new(self.0.client.hub(), account);
        let done = spawn_blocking(move || work(&*store, &key)).await;
        Some(done.unwrap_or_else(|_| Err(StoreError::other("the store panicked"))))
    }

    fn noted<T>(&self, result: Result<T, StoreError>) -> Option<T> {
        result.map_err(|error| self.set_fault(Some(error))).ok()
    }

    fn set_fault(&self, fault: Option<StoreError>) {
        let replaced = std::mem::replace(&mut *lock(&self.0.store_fault), fault);
        drop(replaced);
    }
}

/// Wakes the callers that wait for a login.
struct Wake(Session);

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

/// The store's lock. To release it may block, so that is done on a thread for blocking work, also for a caller who has gone.
struct Held(Option<StoreLock>);

impl Drop for Held {
    fn drop(&mut self) {
        if let (Some(held), Ok(runtime)) = (self.0.take(), Handle::try_current()) {
            drop(runtime.spawn_blocking(move || drop(held)));
        }
    }
}

/// Locks what no panic leaves half done.
fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not under the lock, since a writer is a caller's code.
        let account = self.core().account().clone();
        let expires_at = self.expires_at();
        f.debug_struct("Session")
            .field("hub", &self.0.client.hub().origin())
            .field("user", &account.user())
            .field("expires_at", &expires_at)
            .finish_non_exhaustive()
    }
}
