//! Holds what a session knows: its account, its token, and what it must not send.

use std::fmt;
use std::sync::Weak;
use std::time::Duration;

use http::StatusCode;

use super::bearer::Bearer;
use super::countdown::Countdown;
use super::current::Current;
use super::flight::FlightId;
use super::lifetime::{Lifetime, Stage};
use super::lockout::Holds;
use super::steps::{Codes, Want};
use crate::account::Account;
use crate::error::SealError;
use crate::failure::{Details, Failure};
use crate::grant::Grant;
use crate::hub::Hub;
use crate::kind::FailureKind;
use crate::time::UnixTime;

/// Keeps an account logged in: pure state behind the adapters' session handles.
pub struct Session {
    pub(super) hub: Hub,
    pub(super) account: Account,
    /// Counts the changes of account: what a login with an old one brings is not for the new one.
    pub(super) accounts: u64,
    pub(super) current: Option<Current>,
    /// Counts the tokens, for their jitter.
    pub(super) tokens: u64,
    /// The last token that was dropped: a store may still have it.
    pub(super) rejected: Option<Bearer>,
    /// The next token is to replace the rejected one.
    pub(super) is_replacing: bool,
    /// The issuer's clock minus ours, in milliseconds; learned from token answers only.
    pub(super) skew: i64,
    /// The last TOTP time step that this process made a code for.
    pub(super) totp_step: Option<u64>,
    /// The last TOTP time step that the store names. It replaces no own one: it may be wrong.
    pub(super) stored_step: Option<u64>,
    /// The login in flight for all, while its leader is there.
    pub(super) flight: Option<(FlightId, Weak<()>)>,
    pub(super) flights: u64,
    /// The last login that failed, for those who followed it.
    pub(super) failed: Option<(FlightId, Failure)>,
    pub(super) holds: Holds,
    /// Holds early renewals back until it is over.
    pub(super) renewal_paused: Option<Countdown>,
    /// Holds API calls back until it is over.
    pub(super) calls_held: Option<Countdown>,
    pub(super) codes: Codes,
    /// The reason why the last text from the store could not be read.
    pub(super) seal_error: Option<SealError>,
}

impl Session {
    /// Makes a session without a token. Nothing is sent until somebody asks.
    pub fn new(hub: Hub, account: Account) -> Session {
        Session {
            hub,
            account,
            accounts: 0,
            current: None,
            tokens: 0,
            rejected: None,
            is_replacing: false,
            skew: 0,
            totp_step: None,
            stored_step: None,
            flight: None,
            flights: 0,
            failed: None,
            holds: Holds::default(),
            renewal_paused: None,
            calls_held: None,
            codes: Codes::Nobody,
            seal_error: None,
        }
    }

    /// Returns the current token if it is good for at least `min_left`. Never logs in.
    pub fn ready(&mut self, min_left: Duration, now: UnixTime) -> Option<Bearer> {
        let current = self.current.as_mut()?;
        (current.life.stage(min_left, now) != Stage::Short).then(|| current.bearer.clone())
    }

    /// Returns the current token if it meets `want`, though it may be due for renewal.
    pub(super) fn usable(&mut self, want: Want, now: UnixTime) -> Option<Bearer> {
        if want.is_anew { None } else { self.ready(want.min_left, now) }
    }

    /// Returns the current token if it meets `want` and is not due for renewal.
    #[inline]
    pub(super) fn fresh(&mut self, want: Want, now: UnixTime) -> Option<Bearer> {
        let current = self.current.as_mut().filter(|_| !want.is_anew)?;
        (current.life.stage(want.min_left, now) == Stage::Fresh).then(|| current.bearer.clone())
    }

    /// Takes a token that was won by other means, such as a login of one's own. Refuses one that has ended before it came
    /// ([`FailureKind::MalformedAnswer`]), since each caller would log in for another.
    pub fn adopt(&mut self, grant: &Grant) -> Result<Bearer, Failure> {
        let received_at = grant.received_at();
        if let Some(server) = grant.server_time() {
            self.skew = server.ahead_of(received_at);
        }
        self.tokens += 1;
        let life = Lifetime::of(grant.expires_at(), self.skew, received_at, self.hub.policy(), self.tokens);
        if life.whole().is_some_and(|whole| whole.is_zero()) {
            let mut details = Details::new(FailureKind::MalformedAnswer, grant.route(), self.account.identity());
            details.status = Some(StatusCode::OK);
            return Err(details.into());
        }
        let bearer = Bearer::new(grant.token().clone(), grant.route(), grant.claims().clone());
        self.install(Current::new(bearer.clone(), life, received_at, self.is_replacing));
        self.holds.succeeded(None);
        Ok(bearer)
    }

    /// Logs in with another account from now on. The same one keeps its token; another secret of the same user does too,
    /// and is free of what was held against the old one. A login in flight goes on, for nobody. Returns whether there was
    /// anything to change.
    pub fn set_account(&mut self, account: Account) -> bool {
        if account.is(&self.account) {
            return false;
        }
        let is_same = account.user() == self.account.user() && account.kind() == self.account.kind();
        if !is_same || account.token().is_some() {
            (self.current, self.is_replacing) = (None, false);
        }
        self.holds.code_at_hand();
        self.failed = None;
        self.account = account;
        self.accounts += 1;
        true
    }

    /// Sets the source of one-time codes. Where one was missing, the next caller may log in again.
    pub fn set_codes(&mut self, codes: Codes) {
        self.codes = codes;
        self.holds.code_at_hand();
    }

    /// Returns the account it logs in with.
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// Returns the Hub it logs in to.
    pub fn hub(&self) -> &Hub {
        &self.hub
    }

    /// Returns why the store's value could not be read when a login last looked there.
    pub fn seal_error(&self) -> Option<SealError> {
        self.seal_error
    }

    /// Returns when the current token ends, on the local clock; `None` without a token or if it does not say.
    pub fn expires_at(&self) -> Option<UnixTime> {
        self.current.as_ref()?.life.ends()
    }

    pub(super) fn install(&mut self, current: Current) {
        self.current = Some(current);
        self.is_replacing = false;
        self.renewal_paused = None;
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let expires_at = self.expires_at();
        f.debug_struct("Session")
            .field("user", &self.account.user())
            .field("expires_at", &expires_at)
            .finish_non_exhaustive()
    }
}
