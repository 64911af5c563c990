//! Renews a token before it ends.

use super::*;

const LATE: UnixTime = UnixTime::from_secs(NOW.as_secs() + 570);

#[test]
fn it_renews_early_and_the_others_keep_the_old_token_meanwhile() {
    let mut process = process("one");
    let old = process.log_in(10 * MINUTE, 1, NOW);
    let login = sent(process.asks(Want::default(), None, LATE));
    let meanwhile = process.session.start(Want::default(), LATE);
    assert_eq!(ready(meanwhile).token().expose(), old.token().expose());
    let park = parked(process.start(LATE));
    let new = process.granted(login, &jwt(Some(LATE + 10 * MINUTE), 2), LATE);
    assert_eq!(ready(park.resume(&mut process.session, LATE)).token().expose(), new.token().expose());
}

#[test]
fn a_renewal_that_fails_is_no_error_while_the_token_is_good() {
    let mut process = process("one");
    process.log_in(10 * MINUTE, 1, NOW);
    let login = sent(process.asks(Want::default(), None, LATE));
    let park = parked(process.start(LATE));
    ready(process.lost(login, LATE));
    ready(process.session.start(Want::default(), LATE)); // no second try at once
    let failure = refused(park.resume(&mut process.session, LATE));
    assert_eq!(failure.kind(), FailureKind::Transport, "it has no minute left");
    leads(process.session.start(Want::default(), LATE + 15 * SECOND)); // but after a while
    leads(process.session.start(Want::default(), NOW + 10 * MINUTE)); // and it is not used once it ends
}

#[test]
fn tokens_of_one_session_are_renewed_at_different_times() {
    let mut process = process("one");
    let mut now = NOW;
    let early: std::collections::BTreeSet<_> = (0..10)
        .map(|serial| {
            process.log_in(10 * MINUTE, serial, now);
            let due = (60..=90).rev().find(|left| {
                let at = now + 10 * MINUTE;
                let at = UnixTime::from_secs(at.as_secs() - left);
                matches!(process.session.start(Want::default(), at), Next::Load(_))
            });
            now = now + 10 * MINUTE;
            due
        })
        .collect();
    assert!(early.len() > 3, "{early:?}");
}

#[test]
fn a_token_without_expiry_is_used_until_it_is_rejected() {
    let mut process = process("one");
    let login = process.lead(NOW);
    process.granted(login, "opaque", NOW);
    let late = NOW + 1000 * DAY;
    let bearer = ready(process.session.start(Want::token(DAY), late));
    assert_eq!(process.session.expires_at(), None);
    assert_eq!(process.saved.as_ref().unwrap().good_until, None);
    assert_eq!(process.session.reject(&bearer, late), Rejected::Dropped);
    leads(process.start(late));
}

#[test]
fn expiry_is_on_the_issuers_clock_a_day_ahead_or_behind() {
    for (date, issuer_now) in [
        ("Fri, 10 Oct 2025 08:53:20 GMT", NOW + DAY),
        ("Wed, 08 Oct 2025 08:53:20 GMT", UnixTime::from_secs(1_759_913_600)),
    ] {
        let mut process = process("one");
        let login = process.lead(NOW);
        let body = format!("{{\"token\":\"{}\"}}", jwt(Some(issuer_now + 10 * MINUTE), 1));
        let mut answer = response(200, body.as_bytes());
        answer.headers_mut().insert(DATE, date.parse().unwrap());
        ready(process.answered(login, answer, NOW));
        assert_eq!(process.session.expires_at(), Some(NOW + 10 * MINUTE), "{date}");
    }
}

#[test]
fn an_error_page_does_not_move_the_clock() {
    let mut process = process("one");
    let login = process.lead(NOW);
    let mut page = response(502, b"<html>");
    page.headers_mut().insert(DATE, "Thu, 01 Jan 2099 00:00:00 GMT".parse().unwrap());
    refused(process.answered(login, page, NOW));
    process.log_in(10 * MINUTE, 1, NOW + MINUTE);
    assert_eq!(process.session.expires_at(), Some(NOW + 11 * MINUTE));
}
