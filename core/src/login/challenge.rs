//! Holds the state in which the Hub asks for a second factor.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::{Step, seal, transition};
use crate::account::Identity;
use crate::credential::CredentialKind;
use crate::failure::{Details, Failure};
use crate::hub::Hub;
use crate::kind::FailureKind;
use crate::route::Route;
use crate::secret::{Code, Secret};
use crate::time::UnixTime;

/// Holds a login that needs a one-time code. It holds no account. Drop your account, and the password is wiped before the
/// person types.
///
/// A challenge has no token. Only an answer leads to one:
///
/// ```
/// # use hub_auth_core::{Challenge, Code, UnixTime};
/// fn answer(challenge: Challenge, code: Code, now: UnixTime) {
///     let next = challenge.answer(code, now);
/// }
/// ```
///
/// ```compile_fail,E0599
/// # use hub_auth_core::{Challenge, Code, UnixTime};
/// fn answer(challenge: Challenge, code: Code, now: UnixTime) {
///     let next = challenge.token();
/// }
/// ```
#[must_use = "dropping it cancels the login"]
pub struct Challenge(pub(super) Box<State>);

pub(super) struct State {
    pub(super) hub: Hub,
    pub(super) identity: Arc<Identity>,
    pub(super) ticket: Secret,
    /// Codes that may still be sent.
    pub(super) codes_left: u8,
    pub(super) not_before: Option<UnixTime>,
    /// The Hub's clock minus ours, in milliseconds, as of the answer that asked for the code.
    pub(super) skew: i64,
    /// Why the last code did not lead to a token.
    pub(super) why: Option<Failure>,
}

impl Challenge {
    /// Answers with a code. If the code comes before [`not_before`](Challenge::not_before), the step is a wait until then.
    pub fn answer(self, code: Code, now: UnixTime) -> Step {
        transition::answer(self, code, now)
    }

    /// Ends the login without an answer. Returns the failure of the last code, or [`FailureKind::SecondFactorRequired`] if no
    /// code was tried.
    pub fn give_up(self) -> Failure {
        self.failure()
    }

    /// Returns the failure of the last code, or [`FailureKind::SecondFactorRequired`] if no code was tried.
    pub(super) fn failure(&self) -> Failure {
        self.0.why.clone().unwrap_or_else(|| self.unanswered())
    }

    /// Returns the failure of a challenge that nobody answers.
    pub(crate) fn unanswered(&self) -> Failure {
        Details::new(FailureKind::SecondFactorRequired, Route::TwoFactor, &self.0.identity).into()
    }

    pub(crate) fn hub(&self) -> &Hub {
        &self.0.hub
    }

    /// Returns the Hub's time at `now` of the local clock. One-time codes are made for it: a clock that is minutes off makes
    /// codes that are refused.
    pub fn hub_time(&self, now: UnixTime) -> UnixTime {
        now.shifted(self.0.skew)
    }

    /// Returns the challenge as one text, to be answered later or by another process through [`Hub::resume`].
    ///
    /// The text is a secret in the clear: with it and a code anybody can log in. It has a version and names its Hub. The password
    /// is not in it.
    pub fn seal(&self) -> Secret {
        seal::seal(&self.0)
    }

    /// Returns the user who logs in.
    pub fn user(&self) -> &str {
        &self.0.identity.user
    }

    /// Returns the kind of the credential.
    pub fn kind(&self) -> CredentialKind {
        self.0.identity.kind
    }

    /// Returns why a code is asked for again; `None` for the first time.
    pub fn previous_failure(&self) -> Option<&Failure> {
        self.0.why.as_ref()
    }

    /// Returns how many codes may still be tried, this one included.
    pub fn codes_left(&self) -> u8 {
        self.0.codes_left
    }

    /// Returns the instant (local clock) until which the Hub asked to wait. Wait before asking a person, since a code ages.
    pub fn not_before(&self) -> Option<UnixTime> {
        self.0.not_before
    }

    /// Returns the longest wait that the policy of its login allows. If [`not_before`](Challenge::not_before) is further off,
    /// [give up](Challenge::give_up).
    pub fn longest_wait(&self) -> Duration {
        self.0.hub.policy().longest_wait()
    }
}

impl fmt::Debug for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Challenge")
            .field("user", &self.user())
            .field("codes_left", &self.codes_left())
            .field("not_before", &self.not_before())
            .field("previous_failure", &self.previous_failure().map(Failure::kind))
            .finish_non_exhaustive()
    }
}
