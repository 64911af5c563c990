//! Who leads, who follows, and what a flight ends with.

use super::*;

#[test]
fn a_thousand_callers_make_one_login() {
    let mut session = session();
    let (flight, step) = lead(session.ask(MINUTE, NOW));
    for _ in 0..1000 {
        assert_eq!(follow(session.ask(MINUTE, NOW)), flight.id());
    }
    let id = flight.id();
    let result = granted(step, &jwt(Some(NOW + 10 * MINUTE), 1), None, NOW);
    let _ = session.settle(flight, result, NOW);
    for _ in 0..1000 {
        ready(session.ask_after(id, MINUTE, NOW));
    }
}

#[test]
fn followers_of_a_lost_login_do_not_try_it_one_after_the_other() {
    let mut session = session();
    let (flight, step) = lead(session.ask(MINUTE, NOW));
    let id = flight.id();
    let _ = session.settle(flight, lost(step, NOW), NOW);
    for _ in 0..1000 {
        assert_eq!(refused(session.ask_after(id, MINUTE, NOW)).kind(), FailureKind::Transport);
    }
    leads(session.ask(MINUTE, NOW)); // somebody new may
}

#[test]
fn an_abandoned_flight_hands_over() {
    let mut session = session();
    let (flight, _) = lead(session.ask(MINUTE, NOW));
    let id = follow(session.ask(MINUTE, NOW));
    session.abandon(flight);
    let (second, _) = lead(session.ask_after(id, MINUTE, NOW));
    assert_eq!(follow(session.ask_after(id, MINUTE, NOW)), second.id());
}

#[test]
fn a_leader_whose_account_was_changed_asks_anew() {
    let mut session = session();
    let (flight, step) = lead(session.ask(MINUTE, NOW));
    let follower = follow(session.ask(MINUTE, NOW));
    session.set_account(account("dckr_pat_two"));
    assert_eq!(follow(session.ask(MINUTE, NOW)), follower, "there is one login at a time");
    let (flight, step) = lead(session.settle(flight, failed(step, 401, NOW), NOW));
    let second = follow(session.ask_after(follower, MINUTE, NOW));
    let challenge = session.hand_out(flight, challenged(step), NOW).unwrap();
    session.set_account(account("dckr_pat_three"));
    leads(session.ask_after(second, MINUTE, NOW));
    assert!(session.by_hand(&challenge).is_some(), "the user is the same");
}

#[test]
fn the_same_account_changes_nothing() {
    let mut session = session();
    assert!(!session.set_account(account("dckr_pat_one")));
    assert!(session.set_account(account("dckr_pat_two")));
}

#[test]
fn authorizing_marks_the_header_sensitive() {
    let mut session = session();
    let bearer = log_in(&mut session, 10 * MINUTE, 1, NOW);
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, "Bearer stale".parse().unwrap());
    bearer.authorize(&mut headers);
    assert!(headers[AUTHORIZATION].is_sensitive());
    assert_eq!(headers.get_all(AUTHORIZATION).iter().count(), 1);
}

#[test]
fn its_debug_is_no_help_in_guessing_the_secret() {
    let mut session = session();
    let (flight, step) = lead(session.ask(MINUTE, NOW));
    let _ = session.settle(flight, failed(step, 401, NOW), NOW);
    // The hold keeps a salted hash, 20 digits or so; the seed of the policy is the salt.
    let shown = format!("{session:?} {:?}", session.hub().policy());
    assert!(shown.contains("LockedOut") && !shown.contains("seed"), "{shown}");
    let longest = shown.split(|c: char| !c.is_ascii_digit()).map(str::len).max();
    assert!(longest <= Some(13), "{shown}");
}
