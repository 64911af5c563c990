//! The code call: one sending each, and what leads back to the challenge.

use hub_auth_core::{Break, Broke, Challenge, Hub, Kind, Route, Sent, Step, UnixTime};

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
    let lost = |what| Break::new(Sent::Maybe, what).into();
    let cut_429 = {
        let (head, _) = answer(429, &[("retry-after", "30")], "").into_parts();
        Break::new(Sent::Maybe, Broke::Closed).head(head).into()
    };
    let rows: Vec<(Event, Kind, Option<u64>)> = vec![
        (refused(), Kind::CodeRefused, None),
        (answer(401, &[], "<html>").into(), Kind::CodeRefused, None),
        (answer(429, &[("retry-after", "30")], "").into(), Kind::RateLimited, Some(30)),
        (answer(429, &[("x-ratelimit-remaining", "0")], "").into(), Kind::RateLimited, Some(60)),
        (answer(429, &[], "").into(), Kind::RateLimited, Some(600)),
        (answer(500, &[], "").into(), Kind::ServerFault, None),
        (answer(503, &[("retry-after", "7")], "").into(), Kind::ServerFault, Some(7)),
        (answer(503, &[("cf-ray", "x")], "").into(), Kind::BlockedByEdge, None),
        (cut_429, Kind::RateLimited, Some(30)),
        (lost(Broke::Closed), Kind::Transport, None),
        (lost(Broke::Timeout), Kind::TimedOut, None),
        (
            Break::new(Sent::Maybe, Broke::Closed).head(answer(200, &[], "").into_parts().0).into(),
            Kind::Transport,
            None,
        ),
        (
            Break::new(Sent::Maybe, Broke::Closed).head(answer(401, &[], "").into_parts().0).into(),
            Kind::CodeRefused,
            None,
        ),
    ];
    for (event, kind, wait) in rows {
        let (step, sent) = try_code(challenge(&hub()), "012345", vec![event, answer(200, &[], TOKEN).into()]);
        assert_eq!(sent.len(), 1, "{kind}: the code is never sent twice");
        let again = challenged(step);
        assert_eq!(again.why().unwrap().kind(), kind);
        assert_eq!(again.why().unwrap().route(), Route::TwoFactor);
        assert_eq!(again.attempts_left(), 2);
        let wait = wait.map(|secs| UnixTime::from_secs(NOW.as_secs() + secs));
        assert_eq!((again.not_before(), again.why().unwrap().retry_at()), (wait, wait), "{kind}");
        let (step, sent) = try_code(again, "543210", vec![answer(200, &[], TOKEN).into()]);
        assert_eq!((word(&step).as_str(), sent.len()), ("done", 1));
        assert_eq!(sent[0]["code"], "543210");
    }
}

#[test]
fn what_no_other_code_helps_ends_the_login() {
    for (status, body, kind) in [
        (200, "<html>", Kind::MalformedAnswer),
        (200, r#"{"login_2fa_token":"another"}"#, Kind::MalformedAnswer),
        (302, "", Kind::Redirected),
        (400, "", Kind::RefusedByPolicy),
        (403, "{}", Kind::RefusedByPolicy),
        (403, "<html>", Kind::BlockedByEdge),
        (404, "{}", Kind::MalformedAnswer),
        (408, "", Kind::ServerFault),
    ] {
        let (step, sent) = try_code(challenge(&hub()), "012345", vec![answer(status, &[], body).into(), refused()]);
        assert_eq!((failed(step).kind(), sent.len()), (kind, 1), "{status} {body}");
    }
}

#[test]
fn a_code_that_provably_was_not_sent_is_sent_again() {
    let no = || Break::new(Sent::No, Broke::Connect).into();
    let (step, sent) = try_code(challenge(&hub()), "012345", vec![no(), no(), answer(200, &[], TOKEN).into()]);
    assert_eq!((word(&step).as_str(), sent.len()), ("done", 3));
    assert_eq!(sent[0], sent[2]);

    let (step, sent) = try_code(challenge(&hub()), "012345", vec![no(), no(), no(), no()]);
    assert_eq!((word(&step).as_str(), sent.len()), ("code again: transport", 3));
}

#[test]
fn a_code_that_met_a_proxy_is_asked_for_again() {
    let proxy = |sent| Break::new(sent, Broke::Proxy).into();
    for sent in [Sent::No, Sent::Maybe] {
        let (step, bodies) = try_code(challenge(&hub()), "012345", vec![proxy(sent), proxy(sent)]);
        assert_eq!((word(&step).as_str(), bodies.len()), ("code again: transport", 1));
        let last = challenge(&Hub::docker(budget(3, 1)));
        assert_eq!(failed(try_code(last, "012345", vec![proxy(sent)]).0).kind(), Kind::Transport);
    }
}

#[test]
fn a_code_that_may_have_arrived_is_never_sent_again() {
    let no = || Break::new(Sent::No, Broke::Connect).into();
    let maybe = Break::new(Sent::Maybe, Broke::Closed).into();
    let (step, sent) = try_code(challenge(&hub()), "012345", vec![no(), maybe, no()]);
    assert_eq!((word(&step).as_str(), sent.len()), ("code again: transport", 2));
}

#[test]
fn after_the_last_code_the_login_ends_with_what_became_of_it() {
    for codes in [1, 2, 3, 7] {
        let lasts: [(Event, Kind); 6] = [
            (refused(), Kind::CodeRefused),
            (answer(503, &[], "").into(), Kind::ServerFault),
            (answer(503, &[("server", "cloudflare")], "").into(), Kind::BlockedByEdge),
            (answer(429, &[], "").into(), Kind::RateLimited),
            (Break::new(Sent::Maybe, Broke::Timeout).into(), Kind::TimedOut),
            (Break::new(Sent::Maybe, Broke::Closed).into(), Kind::Transport),
        ];
        for (last, kind) in lasts {
            let mut challenge = challenge(&Hub::docker(budget(3, codes)));
            for left in (1..codes).rev() {
                assert_eq!(challenge.attempts_left(), left + 1);
                challenge = challenged(try_code(challenge, "012345", vec![refused()]).0);
                assert_eq!(challenge.attempts_left(), left);
            }
            let (step, sent) = try_code(challenge, "012345", vec![last, refused()]);
            assert_eq!((failed(step).kind(), sent.len()), (kind, 1));
        }
    }
}

#[test]
fn a_last_code_that_was_never_sent_ends_as_transport() {
    let no = || Break::new(Sent::No, Broke::Resolve).into();
    let (step, sent) = try_code(challenge(&Hub::docker(budget(2, 1))), "012345", vec![no(), no(), no()]);
    assert_eq!((failed(step).kind(), sent.len()), (Kind::Transport, 2));
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
    assert!(challenge.why().is_none());
    assert_eq!(challenge.user(), account().user());
    assert_eq!(challenge.give_up().kind(), Kind::SecondFactorRequired);
    let again = |event| challenged(try_code(crate::common::challenge(&hub()), "1", vec![event]).0).give_up();
    assert_eq!(again(refused()).kind(), Kind::CodeRefused);
    let waiting = again(answer(429, &[("retry-after", "30")], "").into());
    assert_eq!(waiting.kind(), Kind::RateLimited);
    assert!(waiting.retry_at().is_some());
}
