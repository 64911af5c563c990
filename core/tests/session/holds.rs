//! Holds back what was refused, in one process and in all that share its store.

use super::*;
use hub_auth_core::Route;

/// Describes an answer without a token: status, body, `Retry-After`, and whether it came from the edge.
type Answer<'a> = (u16, &'a str, Option<u64>, bool);

const REFUSED: Answer = (401, "{}", None, false);

impl Process {
    /// Sends a login that is answered so.
    fn meets(&mut self, (status, body, retry_after, by_edge): Answer, want: Want, now: UnixTime) -> Failure {
        let login = sent(self.asks(want, None, now));
        let mut answer = response(status, body.as_bytes());
        answer.headers_mut().extend(retry_after.map(|seconds| (RETRY_AFTER, seconds.into())));
        if by_edge {
            answer.headers_mut().insert("cf-ray", "8f-FRA".parse().unwrap());
        }
        refused(self.answered(login, answer, now))
    }
}

fn refused_process(secret: &str) -> Process {
    let mut process = process(secret);
    process.meets(REFUSED, want(), NOW);
    process
}

#[test]
fn each_answer_without_a_token_holds_the_secret_or_everybody_in_all_processes() {
    use FailureKind::{BlockedByEdge, LockedOut, MalformedAnswer, RateLimited, Redirected, ServerFault};
    let ended = format!("{{\"token\":\"{}\"}}", jwt(Some(NOW), 1));
    // The answer, whether it holds every secret, the kind of later failures, and how long they last.
    let rows: [(Answer, bool, FailureKind, u32); 11] = [
        (REFUSED, false, LockedOut, 900),
        ((403, "{}", None, false), false, LockedOut, 900),
        ((400, "{}", None, false), false, LockedOut, 900),
        ((403, "<html>blocked", None, true), true, BlockedByEdge, 60),
        ((429, "{}", Some(30), false), true, RateLimited, 30),
        ((429, "{}", None, false), true, RateLimited, 600),
        ((503, "", None, false), true, ServerFault, 5),
        ((503, "", Some(60), false), true, ServerFault, 60),
        ((200, "{}", None, false), true, MalformedAnswer, 5),
        ((200, &ended, None, false), true, MalformedAnswer, 5),
        ((302, "", None, false), true, Redirected, 5),
    ];
    for (answer, holds_all, kind, seconds) in rows {
        let mut first = process("one");
        let failure = first.meets(answer, want(), NOW);
        let until = NOW + seconds * SECOND;
        let (late, saved) = (NOW + (seconds - 1) * SECOND, first.saved.as_ref().unwrap());
        assert_eq!(saved.good_until, Some(until), "{answer:?}");
        assert!(!saved.text.expose().contains("one\""), "never the password");

        let own = first.refused_at(late);
        let told = refused(process("one").asks(want(), Some(first.store()), late));
        for (later, is_from_store) in [(own, false), (told, true)] {
            assert_eq!((later.kind(), later.status()), (kind, failure.status()), "{answer:?}");
            assert_eq!((later.retry_at(), later.is_from_store()), (Some(until), is_from_store), "{answer:?}");
        }
        let other = process("two").asks(want(), Some(first.store()), late);
        assert_eq!(matches!(other, Next::Refused(_)), holds_all, "{answer:?}");
        assert!(matches!(process("one").asks(want(), Some(first.store()), until), Next::Send(_)), "{answer:?}");
        leads(first.start(until));
    }
}

#[test]
fn a_refusal_in_the_store_says_so_and_stays_there() {
    let first = refused_process("wrong");
    let mut second = process("wrong");
    let failure = refused(second.asks(want(), Some(first.store()), NOW));
    assert!(failure.to_string().contains("another program"), "{failure}");
    assert!(second.refused_at(NOW).is_from_store(), "without another look");

    let mut right = process("right");
    let login = right.lead_from(Some(first.store()), NOW);
    right.granted(login, &jwt(Some(NOW + 5 * MINUTE), 1), NOW);
    assert_eq!(right.saved.as_ref().unwrap().good_until, Some(NOW + 15 * MINUTE), "longer than the token");
    refused(process("wrong").asks(want(), Some(right.store()), NOW + 6 * MINUTE));
}

#[test]
fn a_person_who_insists_logs_in_anew_and_is_told_of_a_failure() {
    let mut first = process("one");
    first.log_in(10 * MINUTE, 1, NOW);
    let mut second = process("one");
    second.session.restore(first.store(), NOW).unwrap();
    for _ in 0..2 {
        let next = second.session.start(want().anew(), NOW);
        let park = parked(second.session.start(want().anew(), NOW));
        let login = sent(second.go_on(next, Some(first.store()), NOW));
        assert_eq!(second.failed(login, 401, NOW).kind(), FailureKind::CredentialsRefused);
        assert_eq!(refused(park.resume(&mut second.session, NOW)).kind(), FailureKind::CredentialsRefused);
    }
    ready(second.start(NOW));
    // What was held against a secret is cleared by a login that goes well, and not by the login with another one.
    let login = sent(second.asks(want().anew(), None, NOW));
    let bearer = second.granted(login, &jwt(Some(NOW + 10 * MINUTE), 2), NOW);
    assert_eq!(second.session.reject(&bearer, NOW + MINUTE), Rejected::Dropped);
    leads(second.start(NOW + MINUTE));
}

#[test]
fn a_401_that_is_cut_holds_its_secret_for_a_minute_and_shortens_no_hold() {
    let cut_401 = |process: &mut Process, want| {
        let login = sent(process.asks(want, None, NOW));
        let (head, _) = response(401, b"").into_parts();
        let cut = TransportError::new(Delivery::MaybeSent, TransportErrorKind::Closed).with_head(head);
        let next = login.failed(cut, &mut process.session, NOW);
        refused(process.go_on(next, None, NOW));
    };
    let mut process = process("one");
    cut_401(&mut process, want());
    let failure = process.refused_at(NOW + 59 * SECOND);
    assert_eq!((failure.kind(), failure.retry_at()), (FailureKind::Transport, Some(NOW + MINUTE)));
    process.session.set_account(account("two"));
    leads(process.start(NOW));
    process.session.set_account(account("one"));
    leads(process.start(NOW + MINUTE));

    let mut refused = refused_process("one");
    cut_401(&mut refused, want().anew());
    assert_eq!(refused.refused_at(NOW + 14 * MINUTE).kind(), FailureKind::LockedOut);
}

#[test]
fn a_hold_outlives_other_accounts_and_whatever_a_login_by_hand_comes_to() {
    let mut process = process("right");
    let (limited, good) = (process.challenge(NOW), process.challenge(NOW));
    process.session.set_account(account("wrong"));
    process.meets(REFUSED, want(), NOW);

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

    process.session.set_account(Account::new("bob", Credential::password("wrong")).unwrap());
    let login = process.lead(NOW + MINUTE);
    process.granted(login, &jwt(Some(NOW + 10 * MINUTE), 2), NOW + MINUTE);
    assert!(process.store().expose().contains("\"holds\":[]"), "alice's refusal is not for readers of bob's place");
    process.session.set_account(account("wrong"));
    process.refused_at(NOW + 14 * MINUTE);
}

#[test]
fn the_last_eight_refused_secrets_are_remembered() {
    let mut process = process("0");
    for n in 0..10 {
        process.session.set_account(account(&n.to_string()));
        process.meets(REFUSED, want(), NOW);
    }
    for n in 0..10 {
        process.session.set_account(account(&n.to_string()));
        let is_held = matches!(process.start(NOW), Next::Refused(_));
        assert_eq!(is_held, n >= 2, "{n}");
    }
}

#[test]
fn holds_from_a_store_displace_none_of_its_own_and_last_no_longer() {
    let mut process = refused_process("wrong");
    let hold = |n: u32| format!(r#"{{"fingerprint":{n},"kind":"locked_out","status":401,"left":900000}}"#);
    let others: Vec<_> = (0..20).map(hold).collect();
    // The second text is written a second later: it prolongs the process's own hold before it brings the others.
    for seen in [NOW, NOW + SECOND] {
        let text = process.store().expose().replace(&NOW.as_millis().to_string(), &seen.as_millis().to_string());
        let text = text.replace("900000}]", &format!("900000}},{}]", others.join(",")));
        process.session.restore(&Secret::from(text), seen).unwrap();
        let failure = process.refused_at(seen);
        assert_eq!((failure.is_from_store(), failure.retry_at()), (false, Some(seen + 15 * MINUTE)));
    }

    for (secret, answer, longest) in [("wrong", REFUSED, 15 * MINUTE), ("two", (429, "{}", Some(30), false), DAY)] {
        let mut first = super::process("wrong");
        first.meets(answer, want(), NOW);
        let left = ["\"left\":900000", "\"left\":30000"].into_iter().find(|left| first.store().expose().contains(left));
        let text = first.store().expose().replace(left.unwrap(), "\"left\":90000000000");
        let mut second = super::process(secret);
        second.session.restore(&Secret::from(text), NOW).unwrap();
        assert_eq!(second.refused_at(NOW).retry_at(), Some(NOW + longest));
    }
}

#[test]
fn a_clock_that_steps_back_prolongs_no_hold() {
    let mut process = refused_process("one");
    let earlier = UnixTime::from_secs(NOW.as_secs() - 86_400);
    process.refused_at(earlier);
    process.refused_at(earlier + 14 * MINUTE);
    leads(process.start(earlier + 15 * MINUTE));
}

#[test]
fn a_login_that_meets_a_fault_is_sent_again_before_anybody_is_told() {
    let mut process = Process { session: Session::new(Hub::docker(Policy::new(7)), account("one")), saved: None };
    let login = process.lead(NOW);
    assert_eq!((login.route(), login.attempt()), (Route::UsersLogin, 1));
    let Next::Wait(wait) = process.answered(login, response(503, b""), NOW) else { panic!("it does not wait") };
    assert_eq!(wait.route(), Some(Route::UsersLogin));
    assert_eq!(sent(wait.resume(&mut process.session, NOW)).attempt(), 2);
}
