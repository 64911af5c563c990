//! Faults by the script.

use http::{HeaderMap, StatusCode};
use hub_auth_testkit::{Fault, Outcome};

use super::*;

#[test]
fn each_fault_meets_one_request_in_order() {
    let mut hub = SimHub::demo();
    let unavailable = Fault::json(StatusCode::SERVICE_UNAVAILABLE, "{}");
    hub.script(Fault::Pass).script(Fault::DropBefore).script(Fault::Raw(b"junk".to_vec())).script(unavailable);
    let shown = [(); 5].map(|()| format!("{:?}", hub.handle(&bob(), NOW)));
    assert_eq!(
        shown,
        [
            "Answer { status: 200, .. }",
            "Drop { .. }",
            "Raw { .. }",
            "Answer { status: 503, .. }",
            "Answer { status: 200, .. }"
        ]
    );
    let statuses: Vec<_> = hub.seen().iter().map(|seen| seen.status.map(|status| status.as_u16())).collect();
    assert_eq!(statuses, [Some(200), None, None, Some(503), Some(200)]);
}

#[test]
fn the_hub_handles_a_request_whose_answer_is_lost() {
    for (fault, is_used) in [(Fault::DropAfter, true), (Fault::DropBefore, false)] {
        let mut hub = SimHub::demo();
        let (ticket, code) = (ticket(&mut hub), hub.code(demo::USER, NOW).unwrap());
        hub.script(fault);
        assert!(hub.handle(&second(&ticket, &code), NOW).reply().is_none());
        assert_eq!(ask(&mut hub, &second(&ticket, &code)).status() == 401, is_used);
    }
}

#[test]
fn headers_of_a_fault_replace_those_of_the_answer() {
    let mut hub = SimHub::demo();
    let mut headers = HeaderMap::new();
    headers.insert("date", "never".parse().unwrap());
    headers.append("x-twice", "1".parse().unwrap());
    headers.append("x-twice", "2".parse().unwrap());
    let mut own = Response::new(b"{}".to_vec());
    *own.headers_mut() = headers.clone();
    hub.script(Fault::Headers(headers)).script(Fault::Answer(own));
    for has_token in [true, false] {
        let answer = ask(&mut hub, &bob());
        let dates: Vec<_> = answer.headers().get_all("date").iter().map(|date| date.to_str().unwrap()).collect();
        assert_eq!((dates, answer.headers().get_all("x-twice").iter().count()), (vec!["never"], 2));
        assert!(answer.headers().contains_key("x-trace-id"));
        assert_eq!(value(&answer).get("token").is_some(), has_token);
    }
}

#[test]
fn debug_shows_no_secret() {
    let mut hub = SimHub::demo();
    let outcome = hub.handle(&bob(), NOW);
    let Outcome::Answer(answer) = &outcome else { panic!("{outcome:?}") };
    let shown = format!("{hub:?} {outcome:?}");
    for secret in [demo::PASSWORD, demo::PASSWORD_WITHOUT_2FA, demo::PAT, demo::OAT, &field(answer, "token")] {
        assert!(!shown.contains(secret), "{shown}");
    }
    assert!(shown.contains("/v2/users/login") && shown.contains("alice") && shown.contains("acme"));
}
