//! Each scenario does what its line says.

use std::collections::BTreeSet;

use super::*;
use crate::sim::{Outcome, demo};

/// What becomes of alice's first request: a status, or the kind of silence.
fn first(name: &str) -> String {
    let mut hub = SimHub::scenario(name).expect(name);
    match hub.handle(&login(demo::USER, demo::PASSWORD), NOW) {
        Outcome::Answer(answer) => answer.status().as_str().to_owned(),
        other => format!("{other:?}").split(' ').next().unwrap_or_default().to_owned(),
    }
}

#[test]
fn the_first_answer_of_every_scenario() {
    let expected = [
        ("demo", "401"),
        ("no-second-factor", "200"),
        ("wrong-password", "401"),
        ("wrong-code", "401"),
        ("rate-limited", "429"),
        ("locked-out", "429"),
        ("edge-blocked", "403"),
        ("server-fault", "503"),
        ("flaky", "503"),
        ("html", "200"),
        ("no-token", "200"),
        ("redirect", "307"),
        ("dropped", "Drop"),
        ("lost-answer", "Drop"),
        ("truncated", "Truncated"),
        ("slow", "Drip"),
        ("silent", "Stall"),
        ("endless", "Endless"),
    ];
    let found: Vec<_> = SimHub::scenarios().iter().map(|(name, _)| (*name, first(name))).collect();
    assert_eq!(found, expected.map(|(name, answer)| (name, answer.to_owned())));
}

#[test]
fn names_are_unique_and_others_unknown() {
    let names: BTreeSet<_> = SimHub::scenarios().iter().map(|(name, _)| name).collect();
    assert_eq!(names.len(), SimHub::scenarios().len());
    assert!(SimHub::scenario("no such thing").is_none());
}

#[test]
fn flaky_and_lost_answer_recover_and_wrong_code_does_not() {
    for (name, faults) in [("flaky", 2), ("lost-answer", 1)] {
        let mut hub = SimHub::scenario(name).unwrap();
        for _ in 0..faults {
            hub.handle(&login(demo::USER, demo::PASSWORD), NOW);
        }
        field(&ask(&mut hub, &login(demo::USER, demo::PASSWORD)), "login_2fa_token");
    }
    let mut hub = SimHub::scenario("wrong-code").unwrap();
    let ticket = field(&ask(&mut hub, &login(demo::USER, demo::PASSWORD)), "login_2fa_token");
    let code = hub.code(demo::USER, NOW).unwrap();
    assert_eq!(ask(&mut hub, &second(&ticket, &code)).status(), 401);
}

#[test]
fn a_lockout_has_no_headers_of_the_rate_limit() {
    for (name, headers) in [("rate-limited", true), ("locked-out", false)] {
        let answer = ask(&mut SimHub::scenario(name).unwrap(), &login(demo::USER, demo::PASSWORD));
        assert_eq!(answer.headers().contains_key("x-ratelimit-limit"), headers, "{name}");
        assert_eq!(answer.headers().contains_key("retry-after"), headers, "{name}");
    }
}
