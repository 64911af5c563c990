//! Checks the code call: one sending each, and the way back to the challenge.

use std::time::Duration;

use hub_auth_core::{Challenge, Delivery, FailureKind, Hub, Route, Step, TransportError, TransportErrorKind, UnixTime};

use crate::common::{
    Driver, Event, NOW, TICKET, TOKEN, account, answer, budget, challenge, challenged, code, failed, hub, word,
};

fn refused() -> Event {
    answer(401, &[], r#"{"detail":"Incorrect authentication credentials"}"#).into()
}

/// Answers with one code and plays these events; the step it ends in, and the bodies sent.
fn try_code(challenge: Challenge, typed: &str, events: Vec<Event>) -> (Step, Vec<serde_json::Value>) {
    let mut driver = Driver::default();
    let step = driver.run(challenge.answer(code(typed), NOW), events);
    assert!(driver.sent.iter().all(|request| request.uri().path() == Route::TwoFactor.path()));
    (step, driver.bodies())
}

#[test]
fn a_code_that_did_not_do_leads_back_to_the_challenge() {
    let lost = |what| TransportError::new(Delivery::MaybeSent, what);
    let cut = |status, wait| {
        let (head, _) = answer(status, &[("retry-after", wait)], "").into_parts();
        lost(TransportErrorKind::Closed).with_head(head).into()
    };
    let told = |status, header, body: &str| answer(status, &[header], body).into();
    let none = ("x-none", "");
    let rows: Vec<(Event, FailureKind, Option<u64>)> = vec![
        (refused(), FailureKind::CodeRefused, None),
        (told(401, none, "<html>"), FailureKind::CodeRefused, None),
        (told(429, ("retry-after", "30"), ""), FailureKind::RateLimited, Some(30)),
        (told(429, ("x-ratelimit-remaining", "0"), ""), FailureKind::RateLimited, Some(60)),
        (told(429, none, ""), FailureKind::RateLimited, Some(600)),
        (told(500, none, ""), FailureKind::ServerFault, None),
        (told(503, ("retry-after", "7"), ""), FailureKind::ServerFault, Some(7)),
        (told(503, ("cf-ray", "x"), ""), FailureKind::BlockedByEdge, None),
        (cut(429, "30"), FailureKind::RateLimited, Some(30)),
        (cut(200, ""), FailureKind::Transport, None),
        (cut(401, ""), FailureKind::CodeRefused, None),
        (lost(TransportErrorKind::Closed).into(), FailureKind::Transport, None),
        (lost(TransportErrorKind::Timeout).into(), FailureKind::TimedOut, None),
    ];
    for (event, kind, wait) in rows {
        let (step, sent) = try_code(challenge(&hub()), "012345", vec![event, answer(200, &[], TOKEN).into()]);
        assert_eq!(sent.len(), 1, "{kind}: the code is never sent twice");
        let again = challenged(step);
        assert_eq!(again.previous_failure().unwrap().kind(), kind);
        assert_eq!(again.previous_failure().unwrap().route(), Some(Route::TwoFactor));
        assert_eq!(again.codes_left(), 2);
        let wait = wait.map(|secs| UnixTime::from_secs(NOW.as_secs() + secs));
        assert_eq!((again.not_before(), again.previous_failure().unwrap().retry_at()), (wait, wait), "{kind}");
        let (step, sent) = try_code(again, "543210", vec![answer(200, &[], TOKEN).into()]);
        assert_eq!((word(&step).as_str(), sent.len()), ("done", 1));
        assert_eq!(sent[0]["code"], "543210");
    }
}

#[test]
fn what_no_other_code_helps_ends_the_login() {
    for (status, body, kind) in [
        (200, "<html>", FailureKind::MalformedAnswer),
        (200, r#"{"login_2fa_token":"another"}"#, FailureKind::MalformedAnswer),
        (302, "", FailureKind::Redirected),
        (400, "", FailureKind::RefusedByPolicy),
        (403, "{}", FailureKind::RefusedByPolicy),
        (403, "<html>", FailureKind::BlockedByEdge),
        (404, "{}", FailureKind::MalformedAnswer),
        (408, "", FailureKind::ServerFault),
    ] {
        let (step, sent) = try_code(challenge(&hub()), "012345", vec![answer(status, &[], body).into(), refused()]);
        assert_eq!((failed(step).kind(), sent.len()), (kind, 1), "{status} {body}");
    }
}

#[test]
fn a_code_that_provably_was_not_sent_is_sent_again() {
    let no = || TransportError::new(Delivery::NotSent, TransportErrorKind::Connect).into();
    let (step, sent) = try_code(challenge(&hub()), "012345", vec![no(), no(), answer(200, &[], TOKEN).into()]);
    assert_eq!((word(&step).as_str(), sent.len()), ("done", 3));
    assert_eq!(sent[0], sent[2]);

    let (step, sent) = try_code(challenge(&hub()), "012345", vec![no(), no(), no(), no()]);
    assert_eq!((word(&step).as_str(), sent.len()), ("code again: transport", 3));
}

#[test]
fn a_proxys_refusal_ends_the_login_whatever_codes_are_left() {
    for sent in [Delivery::NotSent, Delivery::MaybeSent] {
        let proxy = || TransportError::new(sent, TransportErrorKind::Proxy).into();
        let (step, bodies) = try_code(challenge(&hub()), "012345", vec![proxy(), proxy()]);
        assert_eq!(bodies.len(), 1);
        assert_eq!(failed(step).transport(), Some((TransportErrorKind::Proxy, sent)));
    }
}

#[test]
fn a_code_that_may_have_arrived_is_never_sent_again() {
    let no = || TransportError::new(Delivery::NotSent, TransportErrorKind::Connect).into();
    let maybe = TransportError::new(Delivery::MaybeSent, TransportErrorKind::Closed).into();
    let (step, sent) = try_code(challenge(&hub()), "012345", vec![no(), maybe, no()]);
    assert_eq!((word(&step).as_str(), sent.len()), ("code again: transport", 2));
}

#[test]
fn after_the_last_code_the_login_ends_with_what_became_of_it() {
    for codes in [1, 2, 3, 7] {
        let lasts: [(Event, FailureKind); 6] = [
            (refused(), FailureKind::CodeRefused),
            (answer(503, &[], "").into(), FailureKind::ServerFault),
            (answer(503, &[("server", "cloudflare")], "").into(), FailureKind::BlockedByEdge),
            (answer(429, &[], "").into(), FailureKind::RateLimited),
            (TransportError::new(Delivery::MaybeSent, TransportErrorKind::Timeout).into(), FailureKind::TimedOut),
            (TransportError::new(Delivery::MaybeSent, TransportErrorKind::Closed).into(), FailureKind::Transport),
        ];
        for (last, kind) in lasts {
            let mut challenge = challenge(&Hub::docker(budget(3, codes)));
            for left in (1..codes).rev() {
                assert_eq!(challenge.codes_left(), left + 1);
                challenge = challenged(try_code(challenge, "012345", vec![refused()]).0);
                assert_eq!(challenge.codes_left(), left);
            }
            let (step, sent) = try_code(challenge, "012345", vec![last, refused()]);
            assert_eq!((failed(step).kind(), sent.len()), (kind, 1));
        }
    }
}

#[test]
fn a_last_code_that_was_never_sent_ends_as_transport() {
    let no = || TransportError::new(Delivery::NotSent, TransportErrorKind::Resolve).into();
    let (step, sent) = try_code(challenge(&Hub::docker(budget(2, 1))), "012345", vec![no(), no(), no()]);
    assert_eq!((failed(step).kind(), sent.len()), (FailureKind::Transport, 2));
}

#[test]
fn a_ticket_beside_a_refused_code_replaces_the_old_one() {
    let (step, sent) = try_code(challenge(&hub()), "1", vec![answer(401, &[], r#"{"login_2fa_token":"new"}"#).into()]);
    assert_eq!(sent[0]["login_2fa_token"], TICKET);
    assert_eq!(word(&step), "code again: code_refused");
    let (_, sent) = try_code(challenged(step), "2", vec![refused()]);
    assert_eq!(sent[0]["login_2fa_token"], "new");
    let (step, _) = try_code(challenge(&hub()), "1", vec![answer(503, &[], r#"{"login_2fa_token":"new"}"#).into()]);
    let (_, sent) = try_code(challenged(step), "2", vec![refused()]);
    assert_eq!(sent[0]["login_2fa_token"], TICKET, "a fault's body is not believed");
}

#[test]
fn giving_up_says_what_was_missing() {
    let challenge = challenge(&hub());
    assert!(challenge.previous_failure().is_none());
    assert_eq!(challenge.user(), account().user());
    assert_eq!(challenge.give_up().kind(), FailureKind::SecondFactorRequired);
    let again = |event| challenged(try_code(crate::common::challenge(&hub()), "1", vec![event]).0).give_up();
    assert_eq!(again(refused()).kind(), FailureKind::CodeRefused);
    let waiting = again(answer(429, &[("retry-after", "30")], "").into());
    assert_eq!(waiting.kind(), FailureKind::RateLimited);
    assert!(waiting.retry_at().is_some());
}

#[test]
fn codes_are_made_for_the_clock_of_the_answer_that_asked() {
    let asked = |date: &str| {
        let events = vec![answer(401, &[("date", date)], crate::common::CHALLENGE).into()];
        challenged(Driver::default().run(hub().login(&account()), events))
    };
    // NOW is Thu, 09 Oct 2025 08:53:20 GMT.
    let behind = asked("Thu, 09 Oct 2025 08:51:20 GMT");
    assert_eq!(behind.hub_time(NOW), UnixTime::from_secs(NOW.as_secs() - 120));
    let ahead = asked("Thu, 09 Oct 2025 08:55:20 GMT");
    let later = NOW + Duration::from_secs(7);
    assert_eq!(ahead.hub_time(later), later + Duration::from_secs(120));
    let resumed = hub().resume(&ahead.seal()).unwrap();
    assert_eq!(resumed.hub_time(later), later + Duration::from_secs(120), "another process knows it too");
    assert_eq!(asked("yesterday").hub_time(NOW), NOW);
}
