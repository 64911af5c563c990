//! Faults, in the order they were written.

use std::time::Duration;

use http::StatusCode;

use super::*;
use crate::hub::{Fault, Outcome, demo};

fn bob() -> Request<Vec<u8>> {
    login(demo::USER_WITHOUT_2FA, demo::PASSWORD_WITHOUT_2FA)
}

#[test]
fn each_fault_meets_one_request() {
    let mut hub = SimHub::demo();
    let unavailable = Fault::json(StatusCode::SERVICE_UNAVAILABLE, "{}");
    hub.script(Fault::Pass).script(Fault::DropBefore).script(Fault::Raw(b"junk".to_vec())).script(unavailable);
    assert!(matches!(hub.handle(&bob(), NOW), Outcome::Answer(answer) if answer.status() == 200));
    let dropped = hub.handle(&bob(), NOW);
    assert!(matches!(dropped, Outcome::Drop) && dropped.reply().is_none());
    assert!(matches!(hub.handle(&bob(), NOW), Outcome::Raw(bytes) if bytes == b"junk"));
    assert_eq!(ask(&mut hub, &bob()).status(), 503);
    assert_eq!(ask(&mut hub, &bob()).status(), 200);
    let statuses: Vec<_> = hub.seen().iter().map(|seen| seen.status.map(|status| status.as_u16())).collect();
    assert_eq!(statuses, [Some(200), None, None, Some(503), Some(200)]);
}

#[test]
fn a_lost_answer_was_handled_and_an_early_drop_was_not() {
    for (fault, used) in [(Fault::DropAfter, true), (Fault::DropBefore, false)] {
        let mut hub = SimHub::demo();
        let ticket = field(&ask(&mut hub, &login(demo::USER, demo::PASSWORD)), "login_2fa_token");
        let code = hub.code(demo::USER, NOW).unwrap();
        hub.script(fault);
        hub.handle(&second(&ticket, &code), NOW);
        assert_eq!(ask(&mut hub, &second(&ticket, &code)).status() == 401, used);
    }
}

#[test]
fn headers_are_replaced_and_the_rest_stays() {
    let mut hub = SimHub::demo();
    let mut headers = http::HeaderMap::new();
    headers.insert("date", "Thu, 01 May 2025 22:01:18 GMT".parse().unwrap());
    headers.append("x-twice", "1".parse().unwrap());
    headers.append("x-twice", "2".parse().unwrap());
    hub.script(Fault::Headers(headers));
    let answer = ask(&mut hub, &bob());
    assert_eq!(answer.headers().get_all("date").iter().count(), 1);
    assert_eq!(answer.headers()["date"], "Thu, 01 May 2025 22:01:18 GMT");
    assert_eq!(answer.headers().get_all("x-twice").iter().count(), 2);
    assert!(!field(&answer, "token").is_empty() && answer.headers().contains_key("x-trace-id"));
}

#[test]
fn an_ordered_answer_keeps_its_own_date() {
    let mut hub = SimHub::demo();
    let mut answer = Response::new(b"{}".to_vec());
    answer.headers_mut().insert("date", "never".parse().unwrap());
    hub.script(Fault::Answer(answer));
    let answer = ask(&mut hub, &bob());
    assert_eq!(answer.headers()["date"], "never");
    assert!(answer.headers().contains_key("x-trace-id"));
}

#[test]
fn what_only_a_socket_can_show_is_no_reply() {
    let mut hub = SimHub::demo();
    let every = Duration::from_millis(1);
    hub.script(Fault::Truncate(3)).script(Fault::Drip(every)).script(Fault::Endless(9)).script(Fault::Stall);
    hub.script(Fault::EndlessUnannounced(8));
    let outcomes = [(); 5].map(|()| hub.handle(&bob(), NOW));
    assert!(outcomes.iter().all(|outcome| outcome.reply().is_none()));
    assert!(matches!(&outcomes[0], Outcome::Truncated { answer, sent: 3 } if answer.body().len() > 3));
    assert!(matches!(&outcomes[1], Outcome::Drip { answer, .. } if answer.status() == 200));
    assert!(matches!(&outcomes[2], Outcome::Endless { bytes: 9, announced: true, .. }));
    assert!(matches!(&outcomes[3], Outcome::Stall));
    assert!(matches!(&outcomes[4], Outcome::Endless { bytes: 8, announced: false, .. }));
}

#[test]
fn nothing_shown_or_kept_holds_a_secret() {
    let mut hub = SimHub::demo();
    let outcome = hub.handle(&bob(), NOW);
    let token = field(&outcome.reply().unwrap().map(<[u8]>::to_vec), "token");
    let shown = format!("{hub:?} {outcome:?}");
    for secret in [demo::PASSWORD, demo::PASSWORD_WITHOUT_2FA, demo::PAT, demo::OAT, &token] {
        assert!(!shown.contains(secret), "{shown}");
    }
    assert!(shown.contains("/v2/users/login"));
}
