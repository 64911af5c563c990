//! Checks which waits are made, which are handed to the caller, and how long they are.

use std::time::Duration;

use hub_auth_core::{Delivery, FailureKind, Hub, Step, TransportError, TransportErrorKind, UnixTime};

use crate::common::{
    Driver, NOW, TOKEN, account, answer, budget, challenge, challenged, code, failed, hub, policy, reseal, word,
};

const A_DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Returns the failure of a login that meets this answer and waits for nothing.
fn impatient(headers: &[(&str, &str)], now: UnixTime) -> hub_auth_core::Failure {
    let hub = Hub::docker(policy().with_longest_wait(Duration::ZERO));
    let mut driver = Driver { now, ..Driver::default() };
    failed(driver.run(hub.login(&account()), vec![answer(429, headers, "").into()]))
}

#[test]
fn a_short_wait_is_waited() {
    for status in [429, 500, 503] {
        let mut driver = Driver::default();
        let events = vec![answer(status, &[("retry-after", "4")], "").into(), answer(200, &[], TOKEN).into()];
        let step = driver.run(hub().login(&account()), events);
        assert_eq!(word(&step), "done");
        assert_eq!(driver.waits, [Duration::from_secs(4)]);
    }
}

#[test]
fn a_long_wait_is_handed_to_the_caller() {
    for (status, kind) in [(429, FailureKind::RateLimited), (503, FailureKind::ServerFault)] {
        let mut driver = Driver::default();
        let events = vec![answer(status, &[("retry-after", "6")], "").into(), answer(200, &[], TOKEN).into()];
        let failure = failed(driver.run(hub().login(&account()), events));
        assert_eq!((failure.kind(), driver.sent.len(), driver.waits.len()), (kind, 1, 0));
        assert_eq!(failure.retry_at(), Some(NOW + Duration::from_secs(6)));
    }
    let patient = Hub::docker(policy().with_longest_wait(Duration::from_secs(6)));
    let mut driver = Driver::default();
    let events = vec![answer(429, &[("retry-after", "6")], "").into(), answer(200, &[], TOKEN).into()];
    assert_eq!(word(&driver.run(patient.login(&account()), events)), "done");
}

#[test]
fn the_answer_of_2025_05_01_waits_a_minute_whatever_the_local_clock_says() {
    let headers = [("retry-after", "1746136938"), ("date", "Thu, 01 May 2025 22:01:18 GMT")];
    for secs in [0, 1, 1_746_136_878, 1_746_136_938, 1_760_000_000, 9_999_999_999] {
        let now = UnixTime::from_secs(secs);
        assert_eq!(impatient(&headers, now).retry_at(), Some(now + Duration::from_secs(60)), "{secs}");
    }
}

#[test]
fn every_wait_is_cut_at_a_day() {
    for value in ["86401", "99999999999", "1e300", "18446744073709551615", "Fri, 31 Dec 9999 23:59:59 GMT"] {
        let headers = [("retry-after", value), ("date", "Thu, 01 May 2025 22:01:18 GMT")];
        assert_eq!(impatient(&headers, NOW).retry_at(), Some(NOW + A_DAY), "{value}");
        let step = challenge(&hub()).answer(code("1"), NOW);
        let again = challenged(Driver::default().run(step, vec![answer(503, &headers, "").into()]));
        assert_eq!(again.not_before(), Some(NOW + A_DAY), "{value}");
    }
}

#[test]
fn waits_without_a_name_double_with_jitter() {
    let waits = |seed| {
        let policy = hub_auth_core::Policy::new(seed).with_sends(9.try_into().unwrap());
        let mut driver = Driver::default();
        let events = (0..9).map(|_| answer(500, &[], "").into()).collect();
        failed(driver.run(Hub::docker(policy).login(&account()), events));
        driver.waits
    };
    for seed in 0..50 {
        let waits = waits(seed);
        assert_eq!(waits.len(), 8);
        for (doubled, wait) in waits.iter().enumerate() {
            assert!(*wait <= Duration::from_millis(200 << doubled).min(Duration::from_secs(5)));
        }
    }
    assert_eq!(waits(1), waits(1));
    assert_ne!(waits(1), waits(2));
}

#[test]
fn an_early_code_waits() {
    let step = challenge(&hub()).answer(code("111111"), NOW);
    let mut driver = Driver::default();
    let again = challenged(driver.run(step, vec![answer(429, &[("retry-after", "30")], "").into()]));
    let until = again.not_before().unwrap();
    let Step::Wait(pause) = again.answer(code("222222"), NOW) else { panic!("sent early") };
    assert_eq!((pause.until(), pause.delay(NOW), pause.route().as_str()), (until, until.since(NOW), "users/2fa-login"));
    let early = UnixTime::from_millis(until.as_millis() - 1);
    let Step::Wait(pause) = pause.resume(early) else { panic!("sent early") };
    assert_eq!((pause.until(), pause.delay(early)), (until, Duration::from_millis(1)));
    assert_eq!(pause.delay(UnixTime::MAX), Duration::ZERO);
    let step = driver.run(pause.resume(until), vec![answer(200, &[], TOKEN).into()]);
    assert_eq!(word(&step), "done");
    assert_eq!(driver.bodies()[1]["code"], "222222");
}

#[test]
fn a_wait_given_up_ends_with_what_it_waits_after() {
    let given_up = |step| match step {
        Step::Wait(pause) => pause.give_up(),
        other => panic!("no wait: {other:?}"),
    };
    let lost = TransportError::new(Delivery::MaybeSent, TransportErrorKind::Timeout).with_source("beneath");
    for (event, kind, wait) in [
        (answer(503, &[], "{}").into(), FailureKind::ServerFault, None),
        (answer(429, &[("retry-after", "1")], "{}").into(), FailureKind::RateLimited, Some(1)),
        (lost.into(), FailureKind::TimedOut, None),
    ] {
        let failure = given_up(Driver::default().meet(hub().login(&account()), event));
        assert_eq!(failure.kind(), kind);
        assert_eq!(std::error::Error::source(&failure).is_some(), kind == FailureKind::TimedOut);
        assert_eq!(failure.retry_at(), wait.map(|secs| NOW + Duration::from_secs(secs)));
    }
    let limited = vec![answer(429, &[("retry-after", "30")], "").into()];
    let again = challenged(Driver::default().run(challenge(&hub()).answer(code("1"), NOW), limited));
    assert_eq!(given_up(again.answer(code("2"), NOW)).kind(), FailureKind::RateLimited);

    // A wait whose reason no seal tells.
    let mut sealed = reseal(&challenge(&hub()));
    sealed["not_before"] = (NOW.as_millis() + 1).into();
    let step = hub().resume(&crate::common::sealed(&sealed)).unwrap().answer(code("1"), NOW);
    assert_eq!(given_up(step).kind(), FailureKind::SecondFactorRequired);
}

#[test]
fn a_code_in_time_is_sent_at_once() {
    let step = challenge(&hub()).answer(code("1"), NOW);
    let again = challenged(Driver::default().run(step, vec![answer(429, &[("retry-after", "30")], "").into()]));
    let until = again.not_before().unwrap();
    let step = again.answer(code("2"), until);
    assert_eq!(word(&step), "send");
    let again = challenged(Driver::default().run(step, vec![answer(401, &[], "").into()]));
    assert_eq!(again.not_before(), None, "a wait that is over is forgotten");
}

#[test]
fn a_cut_429_is_a_429_with_its_wait() {
    let cut = |wait, what| {
        let (head, _) = answer(429, &[("retry-after", wait)], "").into_parts();
        TransportError::new(Delivery::MaybeSent, what).with_head(head).into()
    };
    for what in [TransportErrorKind::Closed, TransportErrorKind::Timeout, TransportErrorKind::TooLarge] {
        let failure = failed(Driver::default().run(hub().login(&account()), vec![cut("30", what)]));
        let told = (failure.kind(), failure.transport(), failure.status().unwrap().as_u16());
        assert_eq!(told, (FailureKind::RateLimited, Some((what, Delivery::MaybeSent)), 429));
        assert_eq!(failure.retry_at(), Some(NOW + Duration::from_secs(30)));

        let mut driver = Driver::default();
        let events = vec![cut("1", what), cut("1", what), cut("1", what), answer(200, &[], TOKEN).into()];
        let step = driver.run(Hub::docker(budget(4, 3)).login(&account()), events);
        assert_eq!(
            (word(&step).as_str(), driver.sent.len()),
            ("done", 4),
            "the Hub did answer, so nothing is in doubt"
        );
    }
}
