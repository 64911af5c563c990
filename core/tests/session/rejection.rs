//! What a 401 to an API call does to the token.

use super::*;

#[test]
fn a_late_rejection_does_not_evict_the_new_token() {
    let mut session = session();
    let old = log_in(&mut session, 10 * MINUTE, 1, NOW);
    assert_eq!(session.reject(&old, NOW + MINUTE), Rejected::Dropped);
    assert_eq!(session.reject(&old, NOW + MINUTE), Rejected::Outdated);
    let new = log_in(&mut session, 10 * MINUTE, 2, NOW + MINUTE);
    assert_eq!(session.reject(&old, NOW + MINUTE), Rejected::Outdated);
    assert_eq!(ready(session.ask(MINUTE, NOW + MINUTE)).token().expose(), new.token().expose());
}

#[test]
fn a_token_that_is_too_new_is_used_once_more() {
    let mut session = session();
    let bearer = log_in(&mut session, 10 * MINUTE, 1, NOW);
    let second = Duration::from_secs(1);
    assert_eq!(session.reject(&bearer, NOW + second), Rejected::TooNew(second));
    assert_eq!(session.reject(&bearer, NOW + second), Rejected::TooNew(second), "for all who were refused together");
    ready(session.ask(MINUTE, NOW + second));
    assert_eq!(session.reject(&bearer, NOW + 2 * second), Rejected::Dropped);
}

#[test]
fn a_token_won_for_a_rejected_one_stays_for_a_minute() {
    let mut session = session();
    let old = log_in(&mut session, 10 * MINUTE, 1, NOW);
    let at = NOW + MINUTE;
    assert_eq!(session.reject(&old, at), Rejected::Dropped);
    let new = log_in(&mut session, 10 * MINUTE, 2, at);
    let soon = at + Duration::from_secs(10);
    assert_eq!(session.reject(&new, soon), Rejected::Kept);
    ready(session.ask(MINUTE, soon));
    assert_eq!(session.reject(&new, at + MINUTE), Rejected::Dropped);
    leads(session.ask(MINUTE, at + MINUTE));
}
