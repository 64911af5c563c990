//! A handle on an account that stays logged in.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hub_auth_core::SealError;
use hub_auth_core::http::header::AUTHORIZATION;
use hub_auth_core::http::{HeaderMap, HeaderValue};
use hub_auth_core::session::{self as core, Ask, Bearer, Rejected};
use hub_auth_core::{Account, Challenge, Code, Failure, LoginOutcome, Secret, UnixTime};
use hub_auth_host::{StoreError, TokenStore, now};

use crate::Client;

mod codes;
mod flight;
mod lead;
mod send;
mod store;

use codes::Codes;
use flight::Shared;
use store::Kept;

pub use send::{MAX_ANSWER, SendError};

/// An account that stays logged in. Clones share the token; give one to each thread.
///
/// Whoever first needs a token logs in, and all who need one meanwhile wait for that login: there is one at a time, for
/// any number of threads. If its thread panics, the next takes over. A secret that was refused is not sent again before
/// [`Failure::retry_at`], unless it is [changed](Session::set_account).
///
/// What else holds, which refusals are remembered and how early a token is renewed: [`hub_auth_core::session`].
#[derive(Clone)]
pub struct Session(Arc<Inner>);

struct Inner {
    client: Client,
    shared: Arc<Shared>,
    codes: Mutex<Codes>,
    kept: Mutex<Option<Arc<Kept>>>,
    /// As logins have it.
    user_agent: Option<HeaderValue>,
}

/// What [`Session::login`] came to.
#[derive(Debug)]
#[must_use]
pub enum SessionLogin {
    /// The session has a token, and this is it.
    Ready(Bearer),
    /// The Hub asks for a one-time code: [answer](Session::answer), now or later.
    NeedCode(Challenge),
}

impl Session {
    /// A session of `account`. Nothing is sent until somebody asks.
    ///
    /// It has nobody to ask for a one-time code: where one is needed, logins end with
    /// [`FailureKind::SecondFactorRequired`](hub_auth_core::FailureKind::SecondFactorRequired).
    #[must_use]
    pub fn new(client: Client, account: Account) -> Session {
        let user_agent = Some(client.hub().user_agent_header().clone());
        let shared = Arc::new(Shared::new(core::Session::new(client.hub().clone(), account)));
        let codes = Mutex::new(Codes::Nobody);
        Session(Arc::new(Inner { client, shared, codes, kept: Mutex::default(), user_agent }))
    }

    /// Gets one-time codes from `ask`, for this session and its clones. It is called on the thread that logs in, as
    /// [`Client::login_with`] does, and must not ask this session for a token, which would be to wait for itself.
    #[must_use]
    pub fn ask<F>(self, ask: F) -> Session
    where
        F: FnMut(&Challenge) -> Option<Code> + Send + 'static,
    {
        *lock(&self.0.codes) = Codes::Person(Arc::new(Mutex::new(ask)));
        self.0.shared.core().code_at_hand();
        self
    }

    /// Makes one-time codes from the account's TOTP secret, for this session and its clones. No time step is used
    /// twice, so a login may wait for the next one, up to 30 seconds.
    #[cfg(feature = "totp")]
    #[cfg_attr(docsrs, doc(cfg(feature = "totp")))]
    #[must_use]
    pub fn totp(self, totp: hub_auth_core::Totp) -> Session {
        *lock(&self.0.codes) = Codes::Totp(Arc::new(totp));
        self.0.shared.core().code_at_hand();
        self
    }

    /// Keeps the token in `store`, and looks there before it logs in. Sessions that share a store, in other processes
    /// too, make one login: whoever finds it locked waits up to two minutes for the token of the other.
    ///
    /// A store that fails never fails a login; see [`store_fault`](Session::store_fault).
    #[must_use]
    pub fn store(self, store: impl TokenStore + 'static) -> Session {
        *lock(&self.0.kept) = Some(Arc::new(Kept::new(store)));
        self
    }

    /// A token that is good for at least `min_left`, or a fresh one if its whole life is shorter. Logs in if need be.
    ///
    /// A token is renewed when 60 to 90 seconds of it are left (a fifth to three tenths, if it is short-lived). If
    /// renewing fails while it is still good, it is returned all the same. Returning a good token allocates nothing.
    pub fn token(&self, min_left: Duration) -> Result<Bearer, Failure> {
        let fresh = self.0.shared.core().fresh(min_left, now()).cloned();
        fresh.map_or_else(|| self.renewed(min_left), Ok)
    }

    /// Puts `Authorization` into `headers`, in place of one that is there: [`token`](Session::token), then
    /// [`Bearer::authorize`].
    ///
    /// Only for a request to the Hub's own origin: see [`Hub::is_origin_of`](hub_auth_core::Hub::is_origin_of).
    pub fn authorize(&self, headers: &mut HeaderMap) -> Result<(), Failure> {
        let header = |bearer: &Bearer| bearer.token().header().clone();
        let fresh = self.0.shared.core().fresh(Duration::ZERO, now()).map(header);
        match fresh {
            Some(header) => drop(headers.insert(AUTHORIZATION, header)),
            None => self.renewed(Duration::ZERO)?.authorize(headers),
        }
        Ok(())
    }

    /// Reports that an API call with this token was answered by 401. What to do next is returned; if another token has
    /// taken its place, that one stays.
    #[expect(clippy::must_use_candidate, reason = "whoever does not send again needs no answer")]
    pub fn invalidate(&self, bearer: &Bearer) -> Rejected {
        self.0.shared.core().reject(bearer, now())
    }

    /// As [`token`](Session::token), but a challenge is handed back, whatever else the session has for it. Until it is
    /// answered, the session is not logged in, and who asks for a token is told that a code is missing.
    pub fn login(&self) -> Result<SessionLogin, Failure> {
        let ask = {
            let mut core = self.0.shared.core();
            core.code_at_hand();
            core.ask(Duration::ZERO, now())
        };
        self.go_on(ask, Duration::ZERO, true)
    }

    /// Answers a challenge as [`Client::answer`] does, and goes on with the token it gives. A challenge of another user
    /// or Hub than the session's is [given up](Challenge::give_up). A failure holds for all who ask, as that of any login.
    pub fn answer(&self, challenge: Challenge, code: Code) -> Result<SessionLogin, Failure> {
        let by_hand = self.0.shared.core().by_hand(&challenge);
        let Some(flight) = by_hand else { return Err(challenge.give_up()) };
        let result = match self.0.client.answer(challenge, code) {
            Ok(LoginOutcome::Done(grant)) => Ok(grant),
            Ok(LoginOutcome::NeedCode(again)) => return Ok(SessionLogin::NeedCode(again)),
            Err(failure) => Err(failure),
        };
        let ask = self.0.shared.core().settle(flight, result, now());
        if let Ask::Ready(_) = ask {
            self.save();
        }
        self.go_on(ask, Duration::ZERO, true)
    }

    /// When the token ends, on the local clock; `None` without one, or if it does not say.
    #[must_use]
    pub fn expires_at(&self) -> Option<UnixTime> {
        self.0.shared.core().expires_at()
    }

    /// Logs in with another account, or another secret, from now on. The token is kept if the user and the kind of
    /// credential are the same. What a login under way comes to is not used; the next one begins when it has ended.
    pub fn set_account(&self, account: Account) {
        self.0.shared.core().set_account(account);
    }

    /// The last fault of the store since the last login began. The token was as good without it.
    #[must_use]
    pub fn store_fault(&self) -> Option<StoreError> {
        self.kept()?.fault()
    }

    /// The session as one text, to be [restored](Session::restore) by another process; `None` if there is nothing to
    /// keep. It is a secret: it holds the token. A [store](Session::store) does this by itself.
    #[must_use]
    pub fn seal(&self) -> Option<Secret> {
        self.0.shared.core().seal(now())
    }

    /// Takes over the token of a sealed session of the same Hub and account. On an error nothing changes.
    pub fn restore(&self, sealed: &Secret) -> Result<(), SealError> {
        self.0.shared.core().restore(sealed, now())
    }

    fn renewed(&self, min_left: Duration) -> Result<Bearer, Failure> {
        let ask = self.0.shared.core().ask(min_left, now());
        match self.go_on(ask, min_left, false)? {
            SessionLogin::Ready(bearer) => Ok(bearer),
            SessionLogin::NeedCode(challenge) => Err(challenge.give_up()),
        }
    }

    fn codes(&self) -> Codes {
        lock(&self.0.codes).clone()
    }

    fn kept(&self) -> Option<Arc<Kept>> {
        lock(&self.0.kept).clone()
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not under the lock: who knows where this is printed to.
        let account = self.0.shared.core().account().clone();
        f.debug_struct("Session")
            .field("hub", &self.0.client.hub().origin())
            .field("user", &account.user())
            .field("expires_at", &self.expires_at())
            .finish_non_exhaustive()
    }
}

/// A panic elsewhere leaves nothing half done in what is kept here.
fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

const _: () = {
    const fn shared<T: Send + Sync + 'static>() {}
    shared::<Session>();
};
