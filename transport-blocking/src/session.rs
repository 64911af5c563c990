//! Keeps an account logged in.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::ThreadId;
use std::time::Duration;

use hub_auth_core::http::HeaderMap;
use hub_auth_core::session::{self as core, Bearer, Codes, Next, Rejected, Want};
use hub_auth_core::{Account, Challenge, Code, Failure, SealError, Secret, UnixTime};
use hub_auth_host::{StoreError, TokenStore, now};

use crate::Client;

mod drive;

use drive::Drive;

/// Keeps an account logged in. Clones share the token; give one to each thread.
///
/// The first caller that needs a token logs in, and the others wait for that login: there is one login at a time for any
/// number of threads. If the thread that logs in panics, the next caller logs in. A refused secret is not sent again before
/// [`Failure::retry_at`], unless it is [changed](Session::set_account).
///
/// ```
/// use std::sync::Arc;
///
/// use hub_auth_blocking::{Account, Client, Code, Credential, Options, Session};
/// use hub_auth_testkit::{Loopback, SimHub, demo};
///
/// let server = Arc::new(Loopback::start(SimHub::demo())?); // in real life: `Client::docker_hub()?`
/// let client = Client::new(Options::new().base(server.url()).user_agent("my-tool/1.2"))?;
///
/// let account = Account::new(demo::USER, Credential::password(demo::PASSWORD))?;
/// let codes = Arc::clone(&server);
/// let session = Session::new(client, account).ask(move |challenge| {
///     let typed = codes.code(challenge.user())?; // in real life: ask the person
///     Code::new(&typed).ok()
/// });
///
/// for _ in 0..10 {
///     assert_eq!(session.get("/v2/user")?.status(), 200);
/// }
/// assert_eq!(server.requests().len(), 12, "two of them are the login");
/// assert_eq!(server.connections(), 1, "all of them share a connection");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// [`hub_auth_core::session`] lists the rules: which refusals are remembered, and how early a token is renewed.
#[derive(Clone)]
pub struct Session(Arc<Inner>);

struct Inner {
    client: Client,
    core: Mutex<core::Session>,
    ask: Mutex<Option<Arc<Mutex<Ask>>>>,
    /// The thread that asks a person.
    asking: Mutex<Option<ThreadId>>,
    store: Mutex<Option<Arc<dyn TokenStore>>>,
    store_fault: Mutex<Option<StoreError>>,
}

type Ask = dyn FnMut(&Challenge) -> Option<Code> + Send;

/// Tells how [`Session::login`] ended.
#[derive(Debug)]
#[must_use]
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
            ask: Mutex::default(),
            asking: Mutex::default(),
            store: Mutex::default(),
            store_fault: Mutex::default(),
        }))
    }

    /// Gets one-time codes from `ask`, for this session and its clones. Calls `ask` on the thread that logs in. If `ask` asks
    /// this session for a token, it gets a failure: the token waits for the code.
    #[must_use]
    pub fn ask<F>(self, ask: F) -> Session
    where
        F: FnMut(&Challenge) -> Option<Code> + Send + 'static,
    {
        let ask: Arc<Mutex<Ask>> = Arc::new(Mutex::new(ask));
        let replaced = lock(&self.0.ask).replace(ask);
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
    /// A store that fails never fails a login; see [`store_fault`](Session::store_fault).
    #[must_use]
    pub fn store(self, store: impl TokenStore + 'static) -> Session {
        let replaced = lock(&self.0.store).replace(Arc::new(store));
        drop(replaced);
        self
    }

    /// Returns a token that is good for at least `min_left`. If a new token lives shorter than that, returns a new token. Logs
    /// in if necessary.
    ///
    /// A token is renewed when 60 to 90 seconds of it are left (a fifth to three tenths, if it is short-lived). If
    /// renewing fails while it is still good, it is returned all the same. Returning a good token allocates nothing.
    pub fn token(&self, min_left: Duration) -> Result<Bearer, Failure> {
        self.meet(Want::token(min_left))
    }

    /// Logs in even if the token is good or an earlier refusal says to wait, and returns the new token. For a person who
    /// insists: each try may count at the Hub. A TOTP time step is not used again.
    pub fn token_anew(&self) -> Result<Bearer, Failure> {
        self.meet(Want::default().anew())
    }

    fn meet(&self, want: Want) -> Result<Bearer, Failure> {
        match self.log_in(want)? {
            SessionLogin::Ready(bearer) => Ok(bearer),
            SessionLogin::NeedCode(challenge) => Err(challenge.give_up()),
        }
    }

    /// Puts `Authorization` into `headers`, in place of one that is there, and returns the [`token`](Session::token): hand it
    /// to [`invalidate`](Session::invalidate) if the call is answered by 401.
    ///
    /// Only for a request to the Hub's own origin: see [`Hub::is_origin_of`](hub_auth_core::Hub::is_origin_of).
    pub fn authorize(&self, headers: &mut HeaderMap) -> Result<Bearer, Failure> {
        let bearer = self.token(Duration::ZERO)?;
        bearer.authorize(headers);
        Ok(bearer)
    }

    /// Reports that an API call with this token was answered by 401, and returns what to do next. If another token has taken
    /// its place, that one stays. [`call`](Session::call) does this for you.
    #[expect(clippy::must_use_candidate, reason = "a caller that does not send again needs no answer")]
    pub fn invalidate(&self, bearer: &Bearer) -> Rejected {
        self.core().reject(bearer, now())
    }

    /// Logs in as [`token`](Session::token) does, but returns a challenge instead of asking for a code. Until it is answered,
    /// the session is not logged in, and [`token`](Session::token) fails with
    /// [`FailureKind::SecondFactorRequired`](hub_auth_core::FailureKind::SecondFactorRequired).
    pub fn login(&self) -> Result<SessionLogin, Failure> {
        self.log_in(Want::default().by_hand())
    }

    /// Answers a challenge as [`Client::answer`] does, and goes on with the token that it gives. A challenge of another user
    /// or Hub than the session's is [given up](Challenge::give_up). A failure counts for all callers, as that of any login.
    pub fn answer(&self, challenge: Challenge, code: Code) -> Result<SessionLogin, Failure> {
        let next = self.core().answer(challenge, code, now());
        Drive::new(self).run(next)
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

    /// Returns the last error of the store since the last login began. The token is good all the same.
    #[must_use]
    pub fn store_fault(&self) -> Option<StoreError> {
        lock(&self.0.store_fault).clone()
    }

    /// Returns the session as one text, to be [restored](Session::restore) by another process; `None` if there is nothing to
    /// keep. The text is a secret: it holds the token. With a [store](Session::store) this is not needed.
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

    /// Locks the session's state for one call of the core. No caller's code runs under this lock, and nothing waits.
    pub(crate) fn core(&self) -> MutexGuard<'_, core::Session> {
        lock(&self.0.core)
    }

    fn log_in(&self, want: Want) -> Result<SessionLogin, Failure> {
        let next = self.core().start(want, now());
        match next {
            Next::Ready(bearer) => Ok(SessionLogin::Ready(bearer)),
            next => Drive::new(self).run(next),
        }
    }

    fn set_fault(&self, fault: Option<StoreError>) {
        let replaced = std::mem::replace(&mut *lock(&self.0.store_fault), fault);
        drop(replaced);
    }
}

/// Locks a mutex. No panic leaves its value half changed, so a poisoned one is used as well.
fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Unlocks before writing: the formatter may be the caller's code.
        let account = self.core().account().clone();
        let expires_at = self.expires_at();
        f.debug_struct("Session")
            .field("hub", &self.0.client.hub().origin())
            .field("user", &account.user())
            .field("expires_at", &expires_at)
            .finish_non_exhaustive()
    }
}

const _: () = {
    const fn shared<T: Send + Sync + 'static>() {}
    shared::<Session>();
};
