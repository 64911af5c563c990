//! What is held back after a refusal, in one process and in all that share its store.

use super::*;

#[test]
fn a_refused_secret_is_sent_once_until_it_changes_or_15_minutes_have_passed() {
    for status in [401, 403, 400] {
        let mut process = process("one");
        let login = process.lead(NOW);
        process.failed(login, status, NOW);
        for n in 0..1000 {
            let failure = process.refused_at(NOW + Duration::from_millis(n));
            assert_eq!(failure.kind(), FailureKind::LockedOut, "{status}");
            assert_eq!(failure.retry_at(), Some(NOW + 15 * MINUTE));
            assert!(!failure.is_from_store());
        }
        process.session.set_account(account("two"));
        leads(process.start(NOW));
        process.session.set_account(account("one"));
        process.refused_at(NOW + 14 * MINUTE);
        leads(process.start(NOW + 15 * MINUTE));
    }
}

#[test]
fn a_refusal_is_known_to_all_who_share_the_store() {
    let mut first = process("one");
    let login = first.lead(NOW);
    first.failed(login, 401, NOW);
    assert_eq!(first.saved.as_ref().unwrap().good_until, Some(NOW + 15 * MINUTE));
    assert!(!first.store().expose().contains("one\""), "never the password");

    let mut second = process("one");
    let next = second.start(NOW + MINUTE);
    let failure = refused(second.go_on(next, Some(first.store()), NOW + MINUTE));
    assert_eq!((failure.kind(), failure.status()), (FailureKind::LockedOut, Some(401.try_into().unwrap())));
    assert_eq!(failure.retry_at(), Some(NOW + 15 * MINUTE));
    assert!(failure.is_from_store() && failure.to_string().contains("another program"), "{failure}");
    assert!(second.refused_at(NOW + 2 * MINUTE).is_from_store(), "without another look");

    // A changed secret passes at once, a person can insist, and the time ends.
    process("two").lead_from(Some(first.store()), NOW + MINUTE);
    let next = second.session.start(want().anew(), NOW + MINUTE);
    sent(second.go_on(next, Some(first.store()), NOW + MINUTE));
    process("one").lead_from(Some(first.store()), NOW + 15 * MINUTE);
}

#[test]
fn a_refusal_that_is_in_the_store_stays_there() {
    let mut first = process("wrong");
    let login = first.lead(NOW);
    first.failed(login, 401, NOW);
    let mut second = process("right");
    let login = second.lead_from(Some(first.store()), NOW);
    second.granted(login, &jwt(Some(NOW + 5 * MINUTE), 1), NOW);
    assert_eq!(second.saved.as_ref().unwrap().good_until, Some(NOW + 15 * MINUTE), "longer than the token");
    let mut third = process("wrong");
    let next = third.start(NOW + 6 * MINUTE);
    refused(third.go_on(next, Some(second.store()), NOW + 6 * MINUTE));
}

#[test]
fn a_429_holds_every_caller_back_in_all_processes() {
    let mut first = process("one");
    let login = first.lead(NOW);
    let park = parked(first.start(NOW));
    let mut answer = response(429, b"{}");
    answer.headers_mut().insert(RETRY_AFTER, 30.into());
    refused(first.answered(login, answer, NOW));
    let mut other_secret = process("two");
    let next = other_secret.start(NOW);
    let next = other_secret.go_on(next, Some(first.store()), NOW);
    for next in [next, park.resume(&mut first.session, NOW), first.start(NOW + 29 * SECOND)] {
        let failure = refused(next);
        assert_eq!((failure.kind(), failure.retry_at()), (FailureKind::RateLimited, Some(NOW + 30 * SECOND)));
    }
    leads(first.start(NOW + 30 * SECOND));
}

#[test]
fn a_block_by_the_edge_holds_everybody_for_a_minute() {
    let mut process = process("one");
    let login = process.lead(NOW);
    let mut answer = response(403, b"<html>blocked");
    answer.headers_mut().insert("cf-ray", "8f-FRA".parse().unwrap());
    refused(process.answered(login, answer, NOW));
    process.session.set_account(account("two"));
    assert_eq!(process.refused_at(NOW + 59 * SECOND).kind(), FailureKind::BlockedByEdge);
    leads(process.start(NOW + MINUTE));
}

#[test]
fn an_answer_without_a_token_holds_everybody_until_the_hub_says_or_for_five_seconds() {
    let ended = format!("{{\"token\":\"{}\"}}", jwt(Some(NOW), 1));
    for (status, body, retry_after, seconds) in
        [(503, "", None, 5), (503, "", Some(60), 60), (200, "{}", None, 5), (302, "", None, 5), (200, &*ended, None, 5)]
    {
        let mut first = process("one");
        let login = first.lead(NOW);
        let mut answer = response(status, body.as_bytes());
        answer.headers_mut().extend(retry_after.map(|seconds| (RETRY_AFTER, u64::into(seconds))));
        let failure = refused(first.answered(login, answer, NOW));
        let mut second = process("two");
        let next = second.start(NOW);
        let told = refused(second.go_on(next, Some(first.store()), NOW));
        let until = NOW + seconds * SECOND;
        for later in [first.refused_at(NOW + (seconds - 1) * SECOND), told] {
            assert_eq!((later.kind(), later.retry_at()), (failure.kind(), Some(until)), "{status} {body}");
        }
        leads(first.start(until));
    }
}

#[test]
fn a_person_who_insists_logs_in_anew_and_is_told_of_a_failure() {
    let mut first = process("one");
    first.log_in(10 * MINUTE, 1, NOW);
    let mut second = process("one");
    second.session.restore(first.store(), NOW).unwrap();
    for kind in [FailureKind::CredentialsRefused; 2] {
        let next = second.session.start(want().anew(), NOW);
        let park = second.session.start(want().anew(), NOW);
        let login = sent(second.go_on(next, Some(first.store()), NOW));
        assert_eq!(second.failed(login, 401, NOW).kind(), kind);
        assert_eq!(refused(parked(park).resume(&mut second.session, NOW)).kind(), kind);
    }
    ready(second.start(NOW));
}

/// The answer to a login is cut after a 401.
fn cut_401(process: &mut Process, login: Sent) {
    let (head, _) = response(401, b"").into_parts();
    let cut = TransportError::new(Delivery::MaybeSent, TransportErrorKind::Closed).with_head(head);
    let next = login.failed(cut, &mut process.session, NOW);
    refused(process.go_on(next, None, NOW));
}

#[test]
fn a_401_that_is_cut_holds_its_secret_back_for_a_minute() {
    let mut process = process("one");
    let login = process.lead(NOW);
    cut_401(&mut process, login);
    assert_eq!(process.refused_at(NOW + 59 * SECOND).kind(), FailureKind::Transport);
    process.session.set_account(account("two"));
    leads(process.start(NOW));
    process.session.set_account(account("one"));
    leads(process.start(NOW + MINUTE));
}

#[test]
fn a_shorter_hold_does_not_replace_a_longer_one() {
    let mut process = process("one");
    let login = process.lead(NOW);
    process.failed(login, 401, NOW);
    let next = process.session.start(want().anew(), NOW);
    let login = sent(process.go_on(next, None, NOW));
    cut_401(&mut process, login);
    assert_eq!(process.refused_at(NOW + 14 * MINUTE).kind(), FailureKind::LockedOut);
}

#[test]
fn the_longer_hold_stays_whatever_a_login_by_hand_comes_to() {
    let mut process = process("right");
    let (limited, good) = (process.challenge(NOW), process.challenge(NOW));
    process.session.set_account(account("wrong"));
    let login = process.lead(NOW);
    process.failed(login, 401, NOW);

    let next = process.session.answer(limited, code(), NOW);
    let mut answer = response(429, b"{}");
    answer.headers_mut().insert(RETRY_AFTER, 1.into());
    let next = process.answered(sent(next), answer, NOW);
    assert!(matches!(next, Next::HandOut(_)), "{next:?}");
    assert_eq!(process.refused_at(NOW + 2 * SECOND).kind(), FailureKind::LockedOut);

    let next = process.session.answer(good, code(), NOW);
    let bearer = process.granted(sent(next), &jwt(Some(NOW + 10 * MINUTE), 1), NOW);
    assert_eq!(process.session.reject(&bearer, NOW + MINUTE), Rejected::Dropped);
    assert_eq!(process.refused_at(NOW + MINUTE).kind(), FailureKind::LockedOut);

    let bob = Account::new("bob", Credential::password("x")).unwrap();
    process.session.set_account(bob);
    leads(process.start(NOW + MINUTE));
    process.session.set_account(account("wrong"));
    process.refused_at(NOW + 14 * MINUTE);
}

#[test]
fn a_login_that_went_well_clears_what_was_held_against_its_secret() {
    let mut process = process("one");
    let login = process.lead(NOW);
    process.failed(login, 401, NOW);
    let next = process.session.start(want().anew(), NOW);
    let sent = sent(process.go_on(next, None, NOW));
    let bearer = process.granted(sent, &jwt(Some(NOW + 10 * MINUTE), 1), NOW);
    assert_eq!(process.session.reject(&bearer, NOW + MINUTE), Rejected::Dropped);
    leads(process.start(NOW + MINUTE));
}

#[test]
fn the_last_eight_refused_secrets_are_remembered() {
    let mut process = process("0");
    for n in 0..10 {
        process.session.set_account(account(&n.to_string()));
        let login = process.lead(NOW);
        process.failed(login, 401, NOW);
    }
    for n in 0..10 {
        process.session.set_account(account(&n.to_string()));
        let is_held = matches!(process.start(NOW), Next::Refused(_));
        assert_eq!(is_held, n >= 2, "{n}");
    }
}

#[test]
fn a_clock_that_steps_back_prolongs_no_hold() {
    let mut process = process("one");
    let login = process.lead(NOW);
    process.failed(login, 401, NOW);
    let earlier = UnixTime::from_secs(NOW.as_secs() - 86_400);
    process.refused_at(earlier);
    process.refused_at(earlier + 14 * MINUTE);
    leads(process.start(earlier + 15 * MINUTE));
}

#[test]
fn a_hold_from_the_store_is_never_longer_than_one_of_its_own() {
    let mut first = process("one");
    let login = first.lead(NOW);
    first.failed(login, 401, NOW);
    let text = first.store().expose().replace("\"left\":900000", "\"left\":90000000000");
    let mut second = process("one");
    second.session.restore(&Secret::from(text), NOW).unwrap();
    second.refused_at(NOW + 14 * MINUTE);
    leads(second.start(NOW + 15 * MINUTE));
}

#[test]
fn holds_from_a_store_do_not_displace_what_this_process_saw_itself() {
    let mut process = process("wrong");
    let login = process.lead(NOW);
    process.failed(login, 401, NOW);
    let hold = |n: u32| format!(r#"{{"fingerprint":{n},"kind":"locked_out","status":401,"left":900000}}"#);
    let others: Vec<_> = (0..20).map(hold).collect();
    let text = process.store().expose().replace("\"holds\":[", &format!("\"holds\":[{},", others.join(",")));
    process.session.restore(&Secret::from(text), NOW).unwrap();
    assert!(!process.refused_at(NOW).is_from_store());
}
