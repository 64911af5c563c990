//! How long a token is used, and when it is renewed.

use super::*;

#[test]
fn it_renews_early_and_the_others_keep_the_old_token_meanwhile() {
    let mut session = session();
    let old = log_in(&mut session, 10 * MINUTE, 1, NOW);
    let late = NOW + 9 * MINUTE + Duration::from_secs(30);
    let (flight, step) = lead(session.ask(Duration::ZERO, late));
    assert_eq!(ready(session.ask(Duration::ZERO, late)).token().expose(), old.token().expose());
    let id = follow(session.ask(MINUTE, late));
    let result = granted(step, &jwt(Some(late + 10 * MINUTE), 2), None, late);
    let _ = session.settle(flight, result, late);
    assert_ne!(ready(session.ask_after(id, MINUTE, late)).token().expose(), old.token().expose());
}

#[test]
fn a_renewal_that_fails_is_no_error_while_the_token_is_good() {
    let mut session = session();
    log_in(&mut session, 10 * MINUTE, 1, NOW);
    let late = NOW + 9 * MINUTE + Duration::from_secs(20);
    let (flight, step) = lead(session.ask(Duration::ZERO, late));
    let id = flight.id();
    let _ = session.settle(flight, lost(step, late), late);
    ready(session.ask_after(id, Duration::ZERO, late));
    ready(session.ask(Duration::ZERO, late)); // no second try at once
    assert_eq!(refused(session.ask_after(id, MINUTE, late)).kind(), FailureKind::Transport, "it has no minute left");
    leads(session.ask(Duration::ZERO, late + Duration::from_secs(15))); // but after a while
    lead_or_follow(&session.ask(Duration::ZERO, NOW + 10 * MINUTE)); // and it is not used once it ends
}

#[test]
fn a_demand_above_the_whole_life_is_met_by_a_fresh_token() {
    let mut session = session();
    log_in(&mut session, 10 * MINUTE, 1, NOW);
    for _ in 0..100 {
        ready(session.ask(DAY, NOW + Duration::from_secs(1)));
    }
}

#[test]
fn a_token_without_expiry_is_used_until_it_is_rejected() {
    let mut session = session();
    let (flight, step) = lead(session.ask(MINUTE, NOW));
    let result = granted(step, "opaque", None, NOW);
    let _ = session.settle(flight, result, NOW);
    let bearer = ready(session.ask(DAY, NOW + 1000 * DAY));
    assert_eq!(session.expires_at(), None);
    assert_eq!(session.reject(&bearer, NOW + 1000 * DAY), Rejected::Dropped);
    leads(session.ask(DAY, NOW + 1000 * DAY));
}

#[test]
fn expiry_is_on_the_issuers_clock_a_day_ahead_or_behind() {
    for (date, issuer_now) in [
        ("Fri, 10 Oct 2025 08:53:20 GMT", NOW + DAY),
        ("Wed, 08 Oct 2025 08:53:20 GMT", UnixTime::from_secs(1_759_913_600)),
    ] {
        let mut session = session();
        let (flight, step) = lead(session.ask(MINUTE, NOW));
        let result = granted(step, &jwt(Some(issuer_now + 10 * MINUTE), 1), Some(date), NOW);
        let _ = session.settle(flight, result, NOW);
        assert_eq!(session.expires_at(), Some(NOW + 10 * MINUTE), "{date}");
    }
}

#[test]
fn an_error_page_does_not_move_the_clock() {
    let mut session = session();
    let (flight, step) = lead(session.ask(MINUTE, NOW));
    let mut page = Response::new(&b"<html>"[..]);
    *page.status_mut() = 502.try_into().unwrap();
    page.headers_mut().insert(DATE, "Thu, 01 Jan 2099 00:00:00 GMT".parse().unwrap());
    let _ = session.settle(flight, answered(step, page, NOW), NOW);
    log_in(&mut session, 10 * MINUTE, 1, NOW);
    assert_eq!(session.expires_at(), Some(NOW + 10 * MINUTE));
}

#[test]
fn a_token_that_ended_before_it_came_is_none() {
    let mut session = session();
    let (flight, step) = lead(session.ask(MINUTE, NOW));
    let id = flight.id();
    let result = granted(step, &jwt(Some(NOW), 1), None, NOW);
    let _ = session.settle(flight, result, NOW);
    assert_eq!(refused(session.ask_after(id, MINUTE, NOW)).kind(), FailureKind::MalformedAnswer);
}
