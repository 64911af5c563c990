//! Takes the answers to API calls: a 401, a 429.

use hub_auth_core::http::header::AUTHORIZATION;
use hub_auth_core::http::{HeaderMap, StatusCode};
use hub_auth_core::session::{Answered, Call};

use super::*;

fn answered(call: Call, bearer: &Bearer, status: u16, process: &mut Process, now: UnixTime) -> Answered {
    let status = StatusCode::from_u16(status).unwrap();
    call.answered(bearer, status, &HeaderMap::new(), &mut process.session, now)
}

fn again(answered: Answered) -> (Call, Duration) {
    match answered {
        Answered::Again(call, wait) => (call, wait),
        Answered::Done => panic!("it is not sent again"),
    }
}

#[test]
fn a_401_drops_the_token_and_the_call_is_sent_once_more() {
    let mut process = process("one");
    let old = process.log_in(10 * MINUTE, 1, NOW);
    let at = NOW + MINUTE;
    let (call, wait) = again(answered(Call::new(), &old, 401, &mut process, at));
    assert_eq!(wait, Duration::ZERO);
    let new = process.log_in(10 * MINUTE, 2, at);
    assert!(matches!(answered(call, &new, 401, &mut process, at), Answered::Done));
    assert_eq!(ready(process.start(at)).token().expose(), new.token().expose());
}

#[test]
fn a_late_401_does_not_drop_the_new_token() {
    let mut process = process("one");
    let old = process.log_in(10 * MINUTE, 1, NOW);
    let at = NOW + MINUTE;
    let _ = answered(Call::new(), &old, 401, &mut process, at);
    let new = process.log_in(10 * MINUTE, 2, at);
    again(answered(Call::new(), &old, 401, &mut process, at));
    assert_eq!(ready(process.start(at)).token().expose(), new.token().expose());
}

#[test]
fn a_token_that_is_seconds_old_is_used_once_more() {
    let mut process = process("one");
    let bearer = process.log_in(10 * MINUTE, 1, NOW);
    for _ in 0..2 {
        let (_, wait) = again(answered(Call::new(), &bearer, 401, &mut process, NOW + SECOND));
        assert_eq!(wait, SECOND, "for all who were refused together");
    }
    let (call, _) = again(answered(Call::new(), &bearer, 401, &mut process, NOW + SECOND));
    ready(process.start(NOW + SECOND));
    // The clock was set back during the wait.
    let (call, wait) = again(answered(call, &bearer, 401, &mut process, NOW));
    assert_eq!(wait, Duration::ZERO);
    leads(process.start(NOW + 2 * SECOND));
    assert!(matches!(answered(call, &bearer, 401, &mut process, NOW + 2 * SECOND), Answered::Done));
    let bearer = super::process("one").log_in(10 * MINUTE, 1, NOW);
    let mut older = super::process("one");
    older.log_in(10 * MINUTE, 1, NOW);
    assert_eq!(older.session.reject(&bearer, NOW + 5 * SECOND), Rejected::Dropped);
}

#[test]
fn a_token_won_for_a_rejected_one_stays_for_a_minute() {
    let mut process = process("one");
    let old = process.log_in(10 * MINUTE, 1, NOW);
    let at = NOW + MINUTE;
    assert_eq!(process.session.reject(&old, at), Rejected::Dropped);
    let new = process.log_in(10 * MINUTE, 2, at);
    assert!(matches!(answered(Call::new(), &new, 401, &mut process, at + 10 * SECOND), Answered::Done));
    ready(process.start(at + 10 * SECOND));
    again(answered(Call::new(), &new, 401, &mut process, at + MINUTE));
    leads(process.start(at + MINUTE));
}

#[test]
fn a_429_holds_all_calls_of_the_session_until_its_instant() {
    let mut process = process("one");
    let bearer = process.log_in(10 * MINUTE, 1, NOW);
    let mut headers = HeaderMap::new();
    for (seconds, at, expected) in [(4, NOW, Ok(4)), (2, NOW + SECOND, Ok(3)), (9, NOW + SECOND, Err(10))] {
        headers.insert(RETRY_AFTER, seconds.into());
        let answered = Call::new().answered(&bearer, StatusCode::TOO_MANY_REQUESTS, &headers, &mut process.session, at);
        assert!(matches!(answered, Answered::Done));
        let wait = process.session.call_wait(at).map_err(|failure| (failure.kind(), failure.retry_at()));
        let expected = expected.map(Duration::from_secs);
        assert_eq!(wait, expected.map_err(|until| (FailureKind::RateLimited, Some(NOW + until * SECOND))));
    }
    assert_eq!(process.session.call_wait(NOW + 10 * SECOND).unwrap(), Duration::ZERO);
    ready(process.start(NOW)); // a login is another matter
    let at = NOW + 10 * SECOND;
    let _ = Call::new().answered(&bearer, StatusCode::SERVICE_UNAVAILABLE, &headers, &mut process.session, at);
    assert_eq!(process.session.call_wait(at).unwrap(), Duration::ZERO, "a 503 is about one resource");
}

#[test]
fn authorizing_marks_the_header_sensitive() {
    let bearer = process("one").log_in(10 * MINUTE, 1, NOW);
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, "Bearer stale".parse().unwrap());
    bearer.authorize(&mut headers);
    assert!(headers[AUTHORIZATION].is_sensitive());
    assert_eq!(headers.get_all(AUTHORIZATION).iter().count(), 1);
}
