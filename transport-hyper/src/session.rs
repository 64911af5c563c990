//! An account that stays logged in, shared by all tasks of a program.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};
use hub_auth_core::SealError;
use hub_auth_core::session::{self as core, Ask, Bearer, FlightId, Rejected};
use hub_auth_core::{Account, Challenge, Code, Failure, LoginOutcome, Secret, UnixTime};
use hub_auth_host::{StoreError, TokenStore};
use tokio::sync::Notify;

use crate::Client;
use crate::clock::now;

mod codes;
mod lead;
mod send;
mod store;
#[cfg(test)]
mod tests;

use codes::Codes;
use lead::{Landed, Lead};
pub use send::SendError;

/// An account that stays logged in. Clones share its token; keep one for the life of the program.
///
/// Whoever asks gets the token there is, if it is good for long enough. If not, one caller logs in for all and the
/// others wait for it. That login is part of the caller's future and no task: where that future is dropped, the next
/// caller takes over. A future that is kept and not polled holds the others up.
///
/// A second factor is answered by a [person](Session::ask) or, with the feature `totp`, from a TOTP secret. With
/// neither, a login that needs one ends at once with
/// [`FailureKind::SecondFactorRequired`](hub_auth_core::FailureKind::SecondFactorRequired), and can be made by hand:
/// [`login`](Session::login), then [`answer`](Session::answer).
///
/// What else holds, which refusals are remembered and how early a token is renewed: [`hub_auth_core::session`].
#[derive(Clone)]
pub struct Session(Arc<Inner>);

struct Inner {
    client: Client,
    /// Held for its own pure calls only.
    core: Mutex<core::Session>,
    /// Told when a flight ends.
    landed: Notify,
    codes: Mutex<Codes>,
    store: Mutex<Option<Arc<dyn TokenStore>>>,
    store_fault: Mutex<Option<StoreError>>,
    /// Held while something is sealed and saved, so that the later is not replaced by the earlier.
    saving: Mutex<()>,
    /// As logins have it.
    user_agent: Option<HeaderValue>,
}

/// What [`Session::login`] came to.
#[derive(Debug)]
#[must_use = "a second factor may be asked for"]
pub enum SessionLogin {
    /// Logged in, with this token.
    Ready(Bearer),
    /// A one-time code is asked for: [answer](Session::answer), now or later.
    NeedCode(Challenge),
}

impl Session {
    /// A session of `account`. Nothing is sent until somebody asks.
    #[must_use]
    pub fn new(client: Client, account: Account) -> Session {
        let user_agent = Some(client.hub().user_agent_header().clone());
        let core = Mutex::new(core::Session::new(client.hub().clone(), account));
        Session(Arc::new(Inner {
            client,
            core,
            landed: Notify::new(),
            codes: Mutex::default(),
            store: Mutex::default(),
            store_fault: Mutex::default(),
            saving: Mutex::default(),
            user_agent,
        }))
    }

    /// Gets one-time codes from a person, for this session and its clones. `provider` is called again if a code did not
    /// do ([`Challenge::previous_failure`] says so); `None` from its future means that there is nobody to ask, and ends the login.
    ///
    /// The future does not borrow from the challenge: take what it needs before the `async move`.
    ///
    /// ```
    /// # async fn prompt(user: String) -> Option<hub_auth_hyper::Code> { None }
    /// # fn with(session: hub_auth_hyper::Session) -> hub_auth_hyper::Session {
    /// session.ask(|challenge| prompt(challenge.user().to_owned()))
    /// # }
    /// ```
    #[must_use]
    pub fn ask<F, A>(self, provider: F) -> Session
    where
        F: FnMut(&Challenge) -> A + Send + 'static,
        A: Future<Output = Option<Code>> + Send + 'static,
    {
        *lock(&self.0.codes) = Codes::of_person(provider);
        self.core().code_at_hand();
        self
    }

    /// Makes one-time codes from the account's TOTP secret, for this session and its clones. No time step is used
    /// twice, so a login may wait for the next one, up to 30 seconds.
    #[cfg(feature = "totp")]
    #[cfg_attr(docsrs, doc(cfg(feature = "totp")))]
    #[must_use]
    pub fn totp(self, totp: hub_auth_core::Totp) -> Session {
        *lock(&self.0.codes) = Codes::Totp(Arc::new(totp));
        self.core().code_at_hand();
        self
    }

    /// Keeps the token in `store`, and looks there before logging in. One login at a time is made by all who share it,
    /// but for those where a person types the code.
    ///
    /// A store that fails never fails a login: see [`store_fault`](Session::store_fault). Its calls may block; they are
    /// made on tokio's threads for that, which a runtime waits for when it is dropped.
    #[must_use]
    pub fn store(self, store: impl TokenStore + 'static) -> Session {
        *lock(&self.0.store) = Some(Arc::new(store));
        self
    }

    /// A token good for at least `min_left`, or for as long as a fresh one is. Logs in if there is none.
    pub async fn token(&self, min_left: Duration) -> Result<Bearer, Failure> {
        let fresh = self.core().fresh(min_left, now()).cloned();
        match fresh {
            Some(bearer) => Ok(bearer),
            None => Box::pin(self.renewed(min_left)).await,
        }
    }

    /// Puts `Authorization` into `headers`, with a token as of [`token`](Session::token). While that is good, and with
    /// room in the map, this allocates nothing.
    ///
    /// Only for a request to the Hub's own origin ([`Hub::is_origin_of`](hub_auth_core::Hub::is_origin_of));
    /// [`send`](Session::send) sees to that.
    pub async fn authorize(&self, headers: &mut HeaderMap) -> Result<(), Failure> {
        let fresh = self.core().fresh(Duration::ZERO, now()).map(|bearer| bearer.token().header().clone());
        match fresh {
            Some(header) => drop(headers.insert(AUTHORIZATION, header)),
            None => Box::pin(self.renewed(Duration::ZERO)).await?.authorize(headers),
        }
        Ok(())
    }

    /// Reports that an API call with this token was answered by 401, and says what to do about it.
    #[expect(clippy::must_use_candidate, reason = "whoever does not send again needs no answer")]
    pub fn invalidate(&self, bearer: &Bearer) -> Rejected {
        self.core().reject(bearer, now())
    }

    /// When the token ends, on the local clock; `None` without a token or if it does not say.
    #[must_use]
    pub fn expires_at(&self) -> Option<UnixTime> {
        self.core().expires_at()
    }

    /// Logs in with another account from now on, or with a new secret of the same one. What a login that is under way
    /// brings is discarded.
    pub fn set_account(&self, account: Account) {
        self.core().set_account(account);
    }

    /// As [`token`](Session::token), but without asking for a code: where one is needed, the challenge is handed back,
    /// to be [answered](Session::answer) whenever the person has typed it. Until then the session is not logged in, and
    /// who asks for a token is told that a code is missing.
    pub async fn login(&self) -> Result<SessionLogin, Failure> {
        let ask = {
            let mut core = self.core();
            core.code_at_hand();
            core.ask(Duration::ZERO, now())
        };
        self.go_on(ask, Duration::ZERO, true).await
    }

    /// Answers a challenge of this session, which goes on with the token that gives. The challenge comes back, with
    /// [the reason](Challenge::previous_failure), if another code may be tried. One of another user or Hub is [given
    /// up](Challenge::give_up). A failure holds for all who ask, as that of any login.
    pub async fn answer(&self, challenge: Challenge, code: Code) -> Result<SessionLogin, Failure> {
        let by_hand = self.core().by_hand(&challenge);
        let Some(flight) = by_hand else { return Err(challenge.give_up()) };
        let result = match self.0.client.answer(challenge, code).await {
            Ok(LoginOutcome::Done(grant)) => Ok(grant),
            Ok(LoginOutcome::NeedCode(challenge)) => return Ok(SessionLogin::NeedCode(challenge)),
            Err(failure) => Err(failure),
        };
        let ask = self.core().settle(flight, result, now());
        if let Ask::Ready(_) = ask {
            self.keep().await;
        }
        self.go_on(ask, Duration::ZERO, true).await
    }

    /// The last fault of the store since the last login began. The token was as good without it.
    #[must_use]
    pub fn store_fault(&self) -> Option<StoreError> {
        lock(&self.0.store_fault).clone()
    }

    /// The session as one text, to be [restored](Session::restore) by another process; `None` if there is nothing to
    /// keep. It is a secret: it holds the token, never the password.
    #[must_use]
    pub fn seal(&self) -> Option<Secret> {
        self.core().seal(now())
    }

    /// Takes over the token of a session that was [sealed](Session::seal), of the same Hub and account. On an error
    /// nothing changes.
    pub fn restore(&self, sealed: &Secret) -> Result<(), SealError> {
        self.core().restore(sealed, now())
    }

    /// Boxed by its callers, so that the future of a good token is small.
    async fn renewed(&self, min_left: Duration) -> Result<Bearer, Failure> {
        let ask = self.core().ask(min_left, now());
        match self.go_on(ask, min_left, false).await? {
            SessionLogin::Ready(bearer) => Ok(bearer),
            SessionLogin::NeedCode(challenge) => Err(challenge.give_up()),
        }
    }

    /// Goes on from what the session has said; `by_hand` takes a challenge for an answer.
    async fn go_on(&self, mut ask: Ask, min_left: Duration, by_hand: bool) -> Result<SessionLogin, Failure> {
        loop {
            ask = match ask {
                Ask::Ready(bearer) => return Ok(SessionLogin::Ready(bearer)),
                Ask::Refused(failure) => return Err(failure),
                Ask::Follow(id) => {
                    self.landed(id).await;
                    self.core().ask_after(id, min_left, now())
                }
                Ask::Lead(flight, step) => {
                    let lead = Lead::new(self, flight);
                    // Boxed, since this future is small without it.
                    match Box::pin(lead.log_in(step, min_left, by_hand)).await {
                        Landed::Ask(ask) => ask,
                        Landed::NeedCode(challenge) => return Ok(SessionLogin::NeedCode(challenge)),
                    }
                }
            }
        }
    }

    /// Waits until this flight has ended.
    async fn landed(&self, id: FlightId) {
        loop {
            // Made before the look, so that no ending is missed.
            let landed = self.0.landed.notified();
            if self.core().in_flight() != Some(id) {
                return;
            }
            landed.await;
        }
    }

    #[inline]
    fn core(&self) -> MutexGuard<'_, core::Session> {
        lock(&self.0.core)
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let account = self.core().account().clone();
        f.debug_struct("Session")
            .field("hub", &self.0.client.hub().origin())
            .field("user", &account.user())
            .field("expires_at", &self.expires_at())
            .finish_non_exhaustive()
    }
}

/// A panic elsewhere leaves nothing half done in what is kept here.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
