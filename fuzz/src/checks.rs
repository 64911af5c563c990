//! Checks of the visible parts of a login.

use std::error::Error;
use std::time::Duration;

use hub_auth_core::{Failure, Step, UnixTime};

/// Secrets that nothing may print. None of them is part of another text of a login.
pub(crate) const PASSWORD: &str = "canary-password-7193";
pub(crate) const TICKET: &str = "canary-ticket-5527";
pub(crate) const TOKEN: &str = "canary-token-3371";

/// The longest wait there is.
const A_DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Checks that a step prints none of these secrets, that its texts are bounded and printable, and its waits at most a day.
pub(crate) fn step(step: &Step, secrets: &[&str], now: UnixTime) {
    silent(&format!("{step:?}"), secrets);
    match step {
        Step::Failed(why) => failure(why, secrets, now),
        Step::NeedCode(challenge) => {
            silent(&format!("{:?}", challenge.seal()), secrets);
            assert!(challenge.codes_left() > 0);
            assert!(challenge.not_before().is_none_or(|at| at.since(now) <= A_DAY));
            if let Some(why) = challenge.previous_failure() {
                failure(why, secrets, now);
            }
        }
        Step::Wait(pause) => assert!(pause.delay(now) <= A_DAY),
        Step::Send(_) | Step::Done(_) => {}
    }
}

pub(crate) fn failure(failure: &Failure, secrets: &[&str], now: UnixTime) {
    let said = failure.server_message().unwrap_or_default();
    assert!(said.chars().count() <= 300 && !said.chars().any(char::is_control), "{said:?}");
    let trace_id = failure.trace_id().unwrap_or_default();
    assert!(trace_id.len() <= 128 && trace_id.bytes().all(|b| b.is_ascii_graphic()), "{trace_id:?}");
    assert!(failure.redirected_to().is_none_or(|host| host.len() <= 253 && !host.chars().any(char::is_control)));
    assert!(failure.retry_at().is_none_or(|at| at.since(now) <= A_DAY));
    let source = failure.source().map(ToString::to_string).unwrap_or_default();
    silent(&format!("{failure} {failure:#?} {source} {said} {trace_id}"), secrets);
}

/// Checks that none of the secrets is in `text`.
pub(crate) fn silent(text: &str, secrets: &[&str]) {
    for secret in secrets {
        assert!(!text.contains(*secret), "{secret} in {text}");
    }
}
