//! Reads the answers to API calls: after a 401 another token, after a 429 a wait for all.

use std::time::Duration;

use http::{HeaderMap, StatusCode};

use super::bearer::{Bearer, Rejected};
use super::countdown::Countdown;
use super::state::Session;
use crate::api::Verdict;
use crate::failure::{Details, Failure};
use crate::kind::FailureKind;
use crate::time::UnixTime;
use crate::wire::retry_after;

/// Counts the sends of one API call. It is sent again after a 401, at most once with the same token and once with another.
///
/// Before each send: [`Session::call_wait`], then a token; after it: [`answered`](Call::answered).
#[derive(Debug, Default)]
#[must_use = "the call is still to be sent"]
pub struct Call {
    /// The end of the wait before a call is sent once more with a token that was seconds old.
    doubted_until: Option<UnixTime>,
    is_replay: bool,
}

/// Says what becomes of a call that was answered.
#[derive(Debug)]
#[must_use = "the call may have to be sent again"]
pub enum Answered {
    /// Leaves the answer to the caller, whatever its status.
    Done,
    /// Asks to wait so long, then to send the call again with the token that the session has by then.
    Again(Call, Duration),
}

impl Call {
    /// Begins a call that was not sent yet.
    pub fn new() -> Call {
        Call::default()
    }

    /// Takes the answer to the call, which was sent with this token. After a 401 the token is [dropped](Session::reject) and
    /// the call sent once more; a token that is only seconds old is first used once more. After a 429 all
    /// [calls](Session::call_wait) of the session wait.
    pub fn answered(
        self,
        bearer: &Bearer,
        status: StatusCode,
        headers: &HeaderMap,
        session: &mut Session,
        now: UnixTime,
    ) -> Answered {
        match Verdict::of(status, headers, b"", bearer.token(), now) {
            Verdict::RetryAt(until) if status == StatusCode::TOO_MANY_REQUESTS => session.hold_calls(until, now),
            Verdict::LogInAgain if !self.is_replay => return self.rejected(bearer, session, now),
            _ => {}
        }
        Answered::Done
    }

    fn rejected(self, bearer: &Bearer, session: &mut Session, now: UnixTime) -> Answered {
        // What was waited for is over, even on a clock that was set back meanwhile.
        let now = self.doubted_until.unwrap_or_default().max(now);
        match session.reject(bearer, now) {
            Rejected::Kept => Answered::Done,
            Rejected::TooNew(wait) => Answered::Again(Call { doubted_until: Some(now + wait), ..self }, wait),
            Rejected::Dropped | Rejected::Outdated => Answered::Again(Call { is_replay: true, ..self }, Duration::ZERO),
        }
    }
}

impl Session {
    /// Returns how long an API call has to wait before it is sent, because another was answered by 429. A wait longer than
    /// the [policy](crate::Policy) allows is a failure of the kind [`FailureKind::RateLimited`], with the instant.
    pub fn call_wait(&mut self, now: UnixTime) -> Result<Duration, Failure> {
        let wait = self.calls_held.as_mut().map_or(Duration::ZERO, |held| held.left(now));
        if wait <= self.hub.policy().longest_wait() {
            return Ok(wait);
        }
        let mut details = Details::new(FailureKind::RateLimited, self.account.route(), self.account.identity());
        details.status = Some(StatusCode::TOO_MANY_REQUESTS);
        details.retry_at = Some(now + wait);
        Err(details.into())
    }

    /// Holds all API calls back until `until`. An earlier instant than the one known changes nothing.
    pub fn hold_calls(&mut self, until: UnixTime, now: UnixTime) {
        let known = self.calls_held.as_mut().map_or(Duration::ZERO, |held| held.left(now));
        let wait = until.since(now).min(retry_after::LONGEST).max(known);
        self.calls_held = Some(Countdown::new(wait, now));
    }
}
