//! Keeps an account logged in. The loop over the core's steps is in `drive.rs`.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::ThreadId;
use std::time::Duration;

use http::HeaderMap;
use hub_auth_core::session::{self as core, Bearer, Rejected, Want};
use hub_auth_core::{Account, Challenge, Code, Failure, SealError, Secret, UnixTime};
use hub_auth_host::{StoreError, TokenStore, now};
use tokio::sync::Notify;

use crate::Client;
use crate::ask::Ask;

/// Keeps an account logged in. Clones share the token; give one to each task.
///
/// The first caller that needs a token logs in, and all others wait for that login. The login runs in the first caller's
/// future: if that future is dropped or panics, the next caller logs in; if it is kept and not polled, the others wait. A
/// secret that was refused is not sent again before [`Failure::retry_at`], unless it is [changed](Session::set_account).
///
/// ```
/// use hub_auth_hyper::{Account, Client, Code, Credential, Options, Session};
/// use hub_auth_testkit::{Loopback, SimHub, demo};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let server = Loopback::start(SimHub::demo())?; // in real life: `Client::docker_hub()?`
/// let client = Client::new(Options::new().base(server.url()).user_agent("my-tool/1.2"))?;
/// let account = Account::new(demo::USER, Credential::password(demo::PASSWORD))?;
/// let typed = server.code(demo::USER).unwrap_or_default(); // in real life: ask the person
/// let session = Session::new(client, account).ask(async move |_challenge| Code::new(&typed).ok());
///
/// for _ in 0..10 {
///     assert_eq!(session.get("/v2/user").await?.status(), 200);
/// }
/// assert_eq!(server.requests().len(), 12, "two of them are the login");
/// assert_eq!(server.connections(), 1, "all of them share a connection");
/// # Ok(())
/// # }
/// ```
///
/// [`hub_auth_core::session`] lists the refusals that are remembered, and says how early a token is renewed.
#[derive(Clone)]
pub struct Session(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    client: Client,
    core: Mutex<core::Session>,
    /// Notified whenever a login may have ended.
    pub(crate) ended: Notify,
    pub(crate) ask: Mutex<Option<Arc<Mutex<Ask>>>>,
    /// The thread that asks a person, or the last one that did.
    pub(crate) asking: Mutex<Option<ThreadId>>,
    pub(crate) store: Mutex<Option<Arc<dyn TokenStore>>>,
    pub(crate) store_fault: Mutex<Option<StoreError>>,
}

/// Tells how [`Session::login`] ended.
#[derive(Debug)]
#[must_use = "the Hub may ask for a one-time code"]
pub enum SessionLogin {
    /// The session's token.
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

    /// Makes one-time codes from the account's TOTP secret, for this session and its clones. No time step is used twice, so
    /// a login may wait for the next one, up to 30 seconds.
    #[cfg(feature = "totp")]
    #[cfg_attr(docsrs, doc(cfg(feature = "totp")))]
    #[must_use]
    pub fn totp(self, totp: hub_auth_core::Totp) -> Session {
        self.core().set_codes(core::Codes::Totp(Arc::new(totp)));
        self
    }

    /// Keeps the token in `store`, and reads the store before a login. Sessions that share a store, in other processes too,
    /// make one login: a session that finds the store locked waits up to two minutes for the token of the other.
    ///
    /// A store that fails never fails a login; see [`store_fault`](Session::store_fault). A store may block: it is called
    /// on tokio's threads for blocking work.
    #[must_use]
    pub fn store(self, store: impl TokenStore + 'static) -> Session {
        let replaced = lock(&self.0.store).replace(Arc::new(store));
        // Dropped after the lock: the store is the caller's.
        drop(replaced);
        self
    }

    /// Returns a token that is good for at least `min_left`. If a new token lives shorter than that, returns a new token.
    /// Logs in if no such token is at hand.
    ///
    /// A token is renewed when 60 to 90 seconds of its life are left, or a fifth to three tenths of a short life. If the
    /// renewal fails, the old token is returned while it is good. Returning a good token allocates nothing.
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

    /// Sets `Authorization` in `headers`, and returns the [`token`](Session::token): hand it to
    /// [`invalidate`](Session::invalidate) if the call is answered by 401. [`call`](Session::call) does both.
    ///
    /// Authorize only requests to the [Hub's own origin](hub_auth_core::Hub::is_origin_of).
    pub async fn authorize(&self, headers: &mut HeaderMap) -> Result<Bearer, Failure> {
        let bearer = self.token(Duration::ZERO).await?;
        bearer.authorize(headers);
        Ok(bearer)
    }

    /// Tells the session that the Hub answered a call with this token by 401, and returns what to do next. Keeps the token
    /// if it is seconds old, or if it replaced a rejected one less than a minute ago.
    ///
    /// [`call`](Session::call) does this for you.
    #[expect(clippy::must_use_candidate, reason = "a caller that does not send again needs no answer")]
    pub fn invalidate(&self, bearer: &Bearer) -> Rejected {
        self.core().reject(bearer, now())
    }

    /// Logs in as [`token`](Session::token) does, but returns a challenge instead of asking for a code. Until the challenge
    /// is answered, other callers get a failure that says that a code is missing.
    pub async fn login(&self) -> Result<SessionLogin, Failure> {
        self.log_in(Want::default().by_hand()).await
    }

    /// Answers a challenge as [`Client::answer`] does, and keeps the token. Gives up a challenge of another user or Hub than
    /// the session's. All callers get a failure of this login, as of any other.
    pub async fn answer(&self, challenge: Challenge, code: Code) -> Result<SessionLogin, Failure> {
        let next = self.core().answer(challenge, code, now());
        Box::pin(self.drive(next)).await
    }

    /// Returns the end of the token's life on the local clock; `None` without a token, or if the token does not tell.
    #[must_use]
    pub fn expires_at(&self) -> Option<UnixTime> {
        self.core().expires_at()
    }

    /// Uses another account, or another secret, for the next login. Keeps the token if the user and the kind of credential
    /// are the same. A login that is under way goes on, and its outcome is not used.
    pub fn set_account(&self, account: Account) {
        self.core().set_account(account);
    }

    /// Returns the last error of the store since the last login began. The login itself did not fail because of it.
    #[must_use]
    pub fn store_fault(&self) -> Option<StoreError> {
        lock(&self.0.store_fault).clone()
    }

    /// Returns the session as one text, which another process can [restore](Session::restore); `None` if there is nothing to
    /// keep. The text is a secret: it holds the token. A session with a [store](Session::store) does this by itself.
    #[must_use]
    pub fn seal(&self) -> Option<Secret> {
        self.core().seal(now())
    }

    /// Takes the token of a sealed session of the same Hub and account. Changes nothing on an error.
    pub fn restore(&self, sealed: &Secret) -> Result<(), SealError> {
        self.core().restore(sealed, now())
    }

    pub(crate) fn client(&self) -> &Client {
        &self.0.client
    }

    /// Locks the session's state for one call of the core. No caller's code runs under this lock, and nothing waits.
    pub(crate) fn core(&self) -> MutexGuard<'_, core::Session> {
        lock(&self.0.core)
    }
}

/// Locks a mutex also after a panic: every value here is changed in one step.
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Read before writing: the writer is a caller's code, which must not run under the lock.
        let account = self.core().account().clone();
        let expires_at = self.expires_at();
        f.debug_struct("Session")
            .field("hub", &self.0.client.hub().origin())
            .field("user", &account.user())
            .field("expires_at", &expires_at)
            .finish_non_exhaustive()
    }
}
