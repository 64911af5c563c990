//! What keeps a session from logging in: a refused secret, a wait the Hub asked for, a second factor nobody can give.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use http::StatusCode;

use super::countdown::Countdown;
use crate::account::Account;
use crate::failure::{Details, Failure};
use crate::kind::FailureKind;
use crate::time::UnixTime;

/// How long a refused secret is not sent again: the longest lockout that staff named (docker/hub-feedback#2217).
pub(super) const COOL_DOWN: Duration = Duration::from_secs(15 * 60);
/// After a block by the edge, or a 401 of which the rest is lost.
const SHORT: Duration = Duration::from_secs(60);

/// Nothing is sent until it ends, or for a refused secret until the secret changes.
pub(super) struct Hold {
    rest: Countdown,
    failure: Failure,
    /// The secret it is about; another one is free of it.
    secret: Option<u64>,
}

impl Hold {
    /// What follows from a login that failed.
    pub(super) fn after(failure: &Failure, account: &Account, salt: u64, now: UnixTime) -> Option<Hold> {
        let about_secret = |kind| Hold {
            rest: Countdown::new(COOL_DOWN, now),
            failure: held(kind, failure, now + COOL_DOWN, account),
            secret: Some(fingerprint(account, salt)),
        };
        let about_all = |left| Hold { rest: Countdown::new(left, now), failure: failure.clone(), secret: None };
        match failure.kind() {
            FailureKind::CredentialsRefused | FailureKind::RefusedByPolicy | FailureKind::CodeRefused => {
                Some(about_secret(FailureKind::LockedOut))
            }
            FailureKind::SecondFactorRequired => Some(about_secret(FailureKind::SecondFactorRequired)),
            FailureKind::RateLimited => Some(about_all(failure.retry_at()?.since(now))),
            FailureKind::BlockedByEdge => Some(about_all(failure.retry_at().map_or(SHORT, |until| until.since(now)))),
            // Refused, or asked for a second factor: each further try may count.
            _ if failure.status() == Some(StatusCode::UNAUTHORIZED) => {
                Some(Hold { secret: Some(fingerprint(account, salt)), ..about_all(SHORT) })
            }
            _ => None,
        }
    }

    /// The failure to hand out, while it lasts.
    pub(super) fn failure(&mut self, now: UnixTime) -> Option<&Failure> {
        (!self.rest.is_over(now)).then_some(&self.failure)
    }

    /// Whether all that is missing is somebody who gives a code.
    pub(super) fn wants_code(&self) -> bool {
        self.failure.kind() == FailureKind::SecondFactorRequired
    }

    /// Whether it still stands for this account.
    pub(super) fn concerns(&self, account: &Account, salt: u64) -> bool {
        self.secret.is_none_or(|secret| secret == fingerprint(account, salt))
    }
}

/// Without the fingerprint, which could be tried against guesses.
impl fmt::Debug for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hold").field("rest", &self.rest).field("kind", &self.failure.kind()).finish_non_exhaustive()
    }
}

/// The failure of later asks: of the kind that says that nothing was sent, with the instant and the Hub's words of the first.
fn held(kind: FailureKind, first: &Failure, until: UnixTime, account: &Account) -> Failure {
    let mut details = Details::new(kind, first.route(), account.identity());
    details.status = first.status();
    details.trace_id = first.trace_id().map(Box::from);
    details.server_message = first.server_message().map(Box::from);
    details.retry_at = Some(until);
    details.into()
}

/// A salted fingerprint of who logs in with what: enough to tell a changed secret, not enough to find it.
fn fingerprint(account: &Account, salt: u64) -> u64 {
    let mut hasher = DefaultHasher::new();
    (salt, account.user(), account.kind(), account.secret().expose()).hash(&mut hasher);
    hasher.finish()
}
