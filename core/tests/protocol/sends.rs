//! Checks how often a step is sent.

use hub_auth_core::{Delivery, FailureKind, Hub, Step, TransportError, TransportErrorKind};

use crate::common::{
    CHALLENGE, Driver, Event, NOW, PASSWORD, TOKEN, account, answer, budget, challenged, code, failed, hub, word,
};

/// Sends the first call until it ends, every time meeting what `event` makes; how often, and how it ended.
fn always(sends: u8, event: impl Fn() -> Event) -> (usize, Step) {
    let mut driver = Driver::default();
    let events = (0..20).map(|_| event()).collect();
    let step = driver.run(Hub::docker(budget(sends, 3)).login(&account()), events);
    (driver.sent.len(), step)
}

fn no() -> Event {
    TransportError::new(Delivery::NotSent, TransportErrorKind::Connect).into()
}

fn maybe() -> Event {
    TransportError::new(Delivery::MaybeSent, TransportErrorKind::Closed).into()
}

fn fault() -> Event {
    answer(503, &[], "{}").into()
}

#[test]
fn what_is_final_is_sent_once() {
    let others = [
        (200, "<html>", FailureKind::MalformedAnswer),
        (200, "{}", FailureKind::MalformedAnswer),
        (200, r#"{"token":"not a\nheader"}"#, FailureKind::MalformedAnswer),
        (200, r#"{"access_token":"of another route"}"#, FailureKind::MalformedAnswer),
        (201, TOKEN, FailureKind::MalformedAnswer),
        (204, "", FailureKind::MalformedAnswer),
        (101, "", FailureKind::MalformedAnswer),
        (400, "malformed request: EOF", FailureKind::RefusedByPolicy),
        (401, "{}", FailureKind::CredentialsRefused),
        (401, "", FailureKind::CredentialsRefused),
        (401, "<html>", FailureKind::CredentialsRefused),
        (403, "{}", FailureKind::RefusedByPolicy),
        (403, "error code: 1010", FailureKind::BlockedByEdge),
        (403, "forbidden", FailureKind::MalformedAnswer),
        (404, "{}", FailureKind::MalformedAnswer),
        (408, "{}", FailureKind::ServerFault),
        (600, "{}", FailureKind::MalformedAnswer),
    ];
    let redirects = (300..400).map(|status| (status, TOKEN, FailureKind::Redirected));
    for (status, body, kind) in others.into_iter().chain(redirects) {
        let headers = [("retry-after", "0"), ("location", "https://elsewhere.example/v2/users/login")];
        let (sends, step) = always(9, || answer(status, &headers, body).into());
        assert_eq!((sends, failed(step).kind()), (1, kind), "{status} {body}");
    }
}

#[test]
fn an_answer_that_cannot_be_read_is_not_sent_for_again() {
    for status in [None, Some(200), Some(401)] {
        let (sends, step) = always(9, || {
            let error = TransportError::new(Delivery::MaybeSent, TransportErrorKind::Unreadable);
            match status {
                Some(status) => error.with_head(answer(status, &[], "").into_parts().0).into(),
                None => error.into(),
            }
        });
        assert_eq!((sends, failed(step).kind()), (1, FailureKind::MalformedAnswer), "{status:?}");
    }
}

#[test]
fn two_faults_and_a_success_fit_the_budget() {
    let mut driver = Driver::default();
    let step = driver.run(hub().login(&account()), vec![fault(), fault(), answer(200, &[], TOKEN).into()]);
    assert_eq!((driver.sent.len(), word(&step).as_str()), (3, "done"));
    assert_eq!(driver.bodies()[0], driver.bodies()[2]);
}

/// A status range is not a meaning: some faults are for good (hashicorp/go-retryablehttp#175, vercel/fetch#12, s3tools/s3cmd#480), and
/// 511 is a network's login page (RFC 6585, section 6).
#[test]
fn every_server_error_is_tried_again_unless_it_is_for_good() {
    for status in 500..600 {
        let (sent, step) = always(3, || answer(status, &[("retry-after", "0")], "").into());
        let is_final = matches!(status, 501 | 505 | 506 | 510 | 511);
        let kind = if status == 511 { FailureKind::MalformedAnswer } else { FailureKind::ServerFault };
        assert_eq!((sent, failed(step).kind()), (if is_final { 1 } else { 3 }, kind), "{status}");
    }
}

#[test]
fn a_break_that_may_have_arrived_is_tried_again_once() {
    for (events, sends) in [
        (vec![maybe(), maybe(), maybe()], 2),
        (vec![maybe(), no(), maybe(), no()], 3),
        (vec![no(), maybe(), no(), maybe(), no()], 4),
        (vec![fault(), maybe(), fault(), maybe(), no()], 4),
        (vec![no(), no(), no(), no(), no(), no()], 5),
    ] {
        let mut driver = Driver::default();
        let failure = failed(driver.run(Hub::docker(budget(5, 3)).login(&account()), events));
        assert_eq!((driver.sent.len(), failure.kind()), (sends, FailureKind::Transport));
    }
}

#[test]
fn a_proxy_that_refused_is_not_asked_again() {
    let refused = |sent| TransportError::new(sent, TransportErrorKind::Proxy);
    // Its own status is no word of the Hub.
    let limited = || answer(429, &[("retry-after", "1")], "").into_parts().0;
    for (sent, head) in [(Delivery::NotSent, false), (Delivery::MaybeSent, false), (Delivery::MaybeSent, true)] {
        let (sends, step) = always(5, || if head { refused(sent).with_head(limited()) } else { refused(sent) }.into());
        let failure = failed(step);
        assert_eq!((sends, failure.kind(), failure.status()), (1, FailureKind::Transport, None));
    }
}

#[test]
fn a_break_says_what_broke() {
    for (what, kind) in [
        (TransportErrorKind::Resolve, FailureKind::Transport),
        (TransportErrorKind::Connect, FailureKind::Transport),
        (TransportErrorKind::Tls, FailureKind::Transport),
        (TransportErrorKind::Proxy, FailureKind::Transport),
        (TransportErrorKind::Closed, FailureKind::Transport),
        (TransportErrorKind::Timeout, FailureKind::TimedOut),
        (TransportErrorKind::TooLarge, FailureKind::AnswerTooLarge),
    ] {
        for sent in [Delivery::NotSent, Delivery::MaybeSent] {
            let (_, step) = always(1, || TransportError::new(sent, what).with_source("beneath").into());
            let failure = failed(step);
            assert_eq!((failure.kind(), failure.transport(), failure.status()), (kind, Some((what, sent)), None));
            assert_eq!(std::error::Error::source(&failure).unwrap().to_string(), "beneath");
        }
    }
}

#[test]
fn the_sends_of_a_step_are_counted_from_one() {
    let mut step = hub().login(&account());
    for attempt in 1..=3 {
        let Step::Send(exchange) = step else { panic!("{step:?}") };
        let (_, awaiting) = exchange.send();
        assert_eq!(awaiting.attempt(), attempt);
        let Step::Wait(pause) = fault().meet(awaiting, NOW) else { return assert_eq!(attempt, 3) };
        let until = pause.until();
        step = pause.resume(until);
    }
}

#[test]
fn each_code_has_a_budget_of_its_own() {
    let mut driver = Driver::default();
    let hub = Hub::docker(budget(3, 3));
    let step = driver.run(hub.login(&account()), vec![fault(), fault(), answer(401, &[], CHALLENGE).into()]);
    let step = challenged(step).answer(code("111111"), driver.now);
    let step = driver.run(step, vec![no(), no(), answer(401, &[], "{}").into()]);
    let step = challenged(step).answer(code("222222"), driver.now);
    let step = driver.run(step, vec![no(), no(), answer(200, &[], TOKEN).into()]);
    assert_eq!((driver.sent.len(), word(&step).as_str()), (9, "done"));
}

#[test]
fn the_password_is_in_the_first_call_only() {
    let mut driver = Driver::default();
    let step = driver.run(hub().login(&account()), vec![answer(401, &[], CHALLENGE).into()]);
    let step = driver.run(challenged(step).answer(code("012345"), NOW), vec![answer(200, &[], TOKEN).into()]);
    assert_eq!(word(&step), "done");
    let [first, second] = &driver.bodies()[..] else { panic!("two calls") };
    assert!(first.to_string().contains(PASSWORD) && !second.to_string().contains(PASSWORD), "{second}");
    assert_eq!(second.as_object().unwrap().len(), 2);
}
