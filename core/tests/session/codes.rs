//! Gets one-time codes: by hand, from a person, from a TOTP secret, or not at all.

use std::sync::Arc;

use hub_auth_core::session::{Codes, NeedCode};
use hub_auth_core::{Route, Totp};

use super::*;

const ASKS: &[u8] = br#"{"login_2fa_token":"t"}"#;

fn totp() -> Codes {
    Codes::Totp(Arc::new(Totp::from_base32("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ").unwrap()))
}

fn need_code(next: Next) -> NeedCode {
    match next {
        Next::NeedCode(need) => need,
        other => panic!("no code is asked for: {other:?}"),
    }
}

/// Returns the code that is sent.
fn sent_code(next: Next) -> (String, Sent) {
    let Next::Send(unsent) = next else { panic!("nothing to send: {next:?}") };
    let (request, sent) = unsent.send();
    let body: serde_json::Value = serde_json::from_slice(request.body().as_ref()).unwrap();
    (body["code"].as_str().unwrap().to_owned(), sent)
}

#[test]
fn a_login_that_needs_a_code_fails_with_nobody_to_give_one_until_somebody_can() {
    let mut process = process("one");
    let login = process.lead(NOW);
    let next = process.answered(login, response(401, ASKS), NOW);
    assert_eq!(refused(next).kind(), FailureKind::SecondFactorRequired);
    assert_eq!(process.refused_at(NOW).kind(), FailureKind::SecondFactorRequired);
    assert!(process.saved.is_none(), "another process may have somebody to ask");
    process.session.set_codes(Codes::Person);
    let login = process.lead(NOW);
    let need = need_code(process.answered(login, response(401, ASKS), NOW));
    assert_eq!(refused(need.nobody(&mut process.session, NOW)).kind(), FailureKind::SecondFactorRequired);
}

#[test]
fn the_store_is_unlocked_while_a_person_types_and_read_again_before_it_is_written() {
    let mut other = process("one");
    for secret in ["wrong", "one"] {
        other.session.set_account(account(secret));
        let login = other.lead(NOW);
        other.failed(login, 401, NOW);
    }
    let mut process = process("one");
    process.session.set_codes(Codes::Person);
    let login = process.lead(NOW);
    let next = login.reply(response(401, ASKS), &mut process.session, NOW);
    let Next::Unlock(unlock) = next else { panic!("still locked: {next:?}") };
    let need = need_code(unlock.done(&mut process.session, NOW));
    assert_eq!(need.challenge().user(), "alice");
    let sent = sent(need.answer(code(), &mut process.session, NOW));
    let body = format!("{{\"token\":\"{}\"}}", jwt(Some(NOW + MINUTE), 1));
    let next = sent.reply(response(200, body.as_bytes()), &mut process.session, NOW);
    let Next::Load(load) = next else { panic!("not read: {next:?}") };
    let next = load.found(Some(other.store()), &mut process.session, NOW);
    ready(process.go_on(next, None, NOW));
    refused(super::process("wrong").asks(want(), Some(process.store()), NOW + 2 * MINUTE));
    super::process("one").lead_from(Some(process.store()), NOW + 2 * MINUTE); // its refusal was disproved
}

#[test]
fn a_totp_step_is_saved_before_its_code_is_sent_and_used_by_nobody_else() {
    let mut first = process("one");
    first.session.set_codes(totp());
    let login = first.lead(NOW);
    let next = login.reply(response(401, ASKS), &mut first.session, NOW);
    let Next::Save(save) = next else { panic!("the code is out before the step is kept: {next:?}") };
    let kept = save.sealed(&mut first.session, NOW).unwrap();
    assert_eq!(kept.good_until, Some(NOW + 90 * SECOND));
    let (code, _) = sent_code(save.done(&mut first.session, NOW));
    let step = format!("\"totp_step\":{}", NOW.as_secs() / 30);
    assert!(kept.text.expose().contains(&step));
    let far_ahead = Secret::from(kept.text.expose().replace(&step, "\"totp_step\":18446744073709551615"));

    for (mut process, want, store) in [
        (process("one"), want(), &kept.text),
        (process("one"), want().anew(), &kept.text),
        (first, want().anew(), &far_ahead),
    ] {
        process.session.set_codes(totp());
        let login = sent(process.asks(want, Some(store), NOW));
        let next = login.reply(response(401, ASKS), &mut process.session, NOW);
        let Next::Wait(wait) = next else { panic!("the code is used twice: {next:?}") };
        assert!(wait.route().is_none(), "it is not counted in the time of the login");
        assert_eq!(wait.delay(NOW), 10 * SECOND, "steps begin every 30 s");
        let next = wait.resume(&mut process.session, NOW);
        assert_ne!(sent_code(process.go_on(next, None, NOW)).0, code);
    }
}

#[test]
fn totp_codes_are_made_for_the_hubs_clock() {
    let hub_now = NOW + 120 * SECOND;
    let mut right = process("one");
    right.session.set_codes(totp());
    let login = right.lead(hub_now);
    let next = right.answered(login, response(401, ASKS), hub_now);
    let (expected, _) = sent_code(next);

    let mut behind = process("one");
    behind.session.set_codes(totp());
    let login = behind.lead(NOW);
    let mut answer = response(401, ASKS);
    answer.headers_mut().insert(DATE, "Thu, 09 Oct 2025 08:55:20 GMT".parse().unwrap());
    let next = behind.answered(login, answer, NOW);
    assert_eq!(sent_code(next).0, expected);
}

#[test]
fn a_challenge_that_is_handed_out_holds_the_others_until_it_is_answered() {
    let mut process = process("one");
    let next = process.session.start(want().by_hand(), NOW);
    let login = sent(process.go_on(next, None, NOW));
    let park = parked(process.start(NOW));
    let next = process.answered(login, response(401, ASKS), NOW);
    let Next::HandOut(challenge) = next else { panic!("{next:?}") };
    assert_eq!(refused(park.resume(&mut process.session, NOW)).kind(), FailureKind::SecondFactorRequired);
    assert_eq!(process.refused_at(NOW).kind(), FailureKind::SecondFactorRequired);
    let next = process.session.answer(challenge, code(), NOW);
    let bearer = process.granted(sent(next), &jwt(Some(NOW + 10 * MINUTE), 1), NOW);
    assert_eq!(ready(process.start(NOW)).token().expose(), bearer.token().expose());
    assert!(process.saved.is_some());
}

#[test]
fn codes_refused_by_hand_are_held_against_the_secret() {
    let mut process = process("one");
    let mut challenge = process.challenge(NOW);
    let failure = loop {
        let next = process.session.answer(challenge, code(), NOW);
        challenge = match process.answered(sent(next), response(401, b"{}"), NOW) {
            Next::HandOut(challenge) => challenge,
            other => break refused(other),
        };
    };
    assert_eq!(failure.kind(), FailureKind::CodeRefused);
    process.session.set_codes(Codes::Person);
    assert_eq!(process.refused_at(NOW).kind(), FailureKind::LockedOut);
}

#[test]
fn a_code_waits_for_what_the_hub_asked_this_login_or_another_to_wait() {
    for (of_another, seconds, waits) in [(false, 5, true), (false, 6, false), (true, 5, true), (true, 6, false)] {
        let mut process = process("one");
        let challenge = process.challenge(NOW);
        process.session.set_codes(Codes::Person);
        let mut answer = response(429, b"{}");
        answer.headers_mut().insert(RETRY_AFTER, seconds.into());
        let next = if of_another {
            let login = process.lead(NOW);
            refused(process.answered(login, answer, NOW));
            process.session.answer(challenge, code(), NOW)
        } else {
            let login = process.lead(NOW);
            let need = need_code(process.answered(login, response(401, ASKS), NOW));
            let sent = sent(need.answer(code(), &mut process.session, NOW));
            process.answered(sent, answer, NOW)
        };
        match next {
            Next::Wait(wait) if waits => {
                assert_eq!((wait.delay(NOW), wait.route()), (5 * SECOND, Some(Route::TwoFactor)));
                match wait.resume(&mut process.session, NOW) {
                    Next::Send(_) => assert!(of_another),
                    // A code ages, so a person is asked after the wait.
                    Next::NeedCode(_) => assert!(!of_another),
                    other => panic!("{other:?}"),
                }
            }
            Next::Refused(failure) if !waits => assert_eq!(failure.kind(), FailureKind::RateLimited),
            other => panic!("{seconds}: {other:?}"),
        }
    }
}

#[test]
fn the_challenge_of_an_account_that_was_changed_is_for_nobody() {
    let mut process = process("one");
    let login = process.lead(NOW);
    process.session.set_account(account("two"));
    let login = sent(process.answered(login, response(401, ASKS), NOW)); // its leader logs in with the new account

    process.session.set_codes(totp());
    let Next::Save(save) = login.reply(response(401, ASKS), &mut process.session, NOW) else { panic!("it sends") };
    process.session.set_account(account("three"));
    let next = save.done(&mut process.session, NOW);
    assert_eq!(sent(process.go_on(next, None, NOW)).route(), Route::UsersLogin, "the time step was not saved");
}

#[test]
fn a_challenge_of_another_hub_or_user_is_given_up() {
    let bob = Account::new("bob", Credential::password("one")).unwrap();
    let example = Hub::new("https://hub.example.org".parse().unwrap(), Policy::new(7)).unwrap();
    for other in [Session::new(hub(), bob), Session::new(example, account("one"))] {
        let challenge = Process { session: other, saved: None }.challenge(NOW);
        let next = process("one").session.answer(challenge, code(), NOW);
        assert_eq!(refused(next).kind(), FailureKind::SecondFactorRequired);
    }
}
