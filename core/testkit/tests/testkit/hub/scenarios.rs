//! The table of scenarios.

use std::collections::BTreeSet;

use hub_auth_testkit::{Outcome, Scenario};

use super::*;

/// Returns the outcome of alice's first request: a status, or the kind of silence.
fn first(scenario: &Scenario) -> String {
    match scenario.hub().handle(&login(demo::USER, demo::PASSWORD), NOW) {
        Outcome::Answer(answer) => answer.status().as_str().to_owned(),
        other => format!("{other:?}").split(' ').next().unwrap_or_default().to_owned(),
    }
}

#[test]
fn a_line_that_begins_with_a_status_speaks_of_the_first_answer() {
    let mut told = 0;
    for scenario in Scenario::all() {
        let status = scenario.line.get(..3).filter(|status| status.bytes().all(|byte| byte.is_ascii_digit()));
        let Some(status) = status else { continue };
        let found = first(&scenario);
        assert!(found == status || ["Raw", "Truncated", "Endless"].contains(&found.as_str()), "{scenario:?}: {found}");
        told += 1;
    }
    assert!(told > 50, "{told}");
}

#[test]
fn a_scenario_without_a_whole_answer_is_known_by_name() {
    let expected = [
        ("rate-limited-haproxy", "Raw"),
        ("rate-limited-cut", "Truncated"),
        ("dropped", "Drop"),
        ("lost-answer", "Drop"),
        ("truncated", "Truncated"),
        ("head-cut", "Raw"),
        ("not-http", "Raw"),
        ("slow", "Drip"),
        ("silent", "Stall"),
        ("endless", "Endless"),
        ("endless-unannounced", "Endless"),
    ];
    let found = Scenario::all().map(|scenario| (scenario.name, first(&scenario)));
    let found: Vec<_> = found.filter(|(_, kind)| kind.parse::<u16>().is_err()).collect();
    assert_eq!(found, expected.map(|(name, kind)| (name, kind.to_owned())));
}

#[test]
fn names_are_unique_and_in_kebab_case() {
    let names: BTreeSet<_> = Scenario::all().map(|scenario| scenario.name).collect();
    assert_eq!(names.len(), Scenario::all().count());
    for name in names {
        let is_word =
            |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        assert!(name.split('-').all(is_word), "{name}");
        assert!(SimHub::scenario(name).is_some(), "{name}");
    }
    assert!(SimHub::scenario("no such thing").is_none());
}

#[test]
fn every_scenario_names_a_public_source() {
    for scenario in Scenario::all() {
        let source = scenario.source.trim_start_matches("inferred from ");
        let repository = source.split(['#', ' ']).next().unwrap_or_default();
        let is_public =
            repository.split('/').count() == 2 || ["developers.cloudflare.com", "RFC"].contains(&repository);
        assert!(is_public, "{scenario:?}");
        assert!(!scenario.line.is_empty() && !scenario.line.ends_with('.'), "{scenario:?}");
    }
}

#[test]
fn flaky_and_lost_answer_recover_and_wrong_code_does_not() {
    for (name, faults) in [("flaky", 2), ("lost-answer", 1)] {
        let mut hub = SimHub::scenario(name).unwrap();
        for _ in 0..faults {
            hub.handle(&login(demo::USER, demo::PASSWORD), NOW);
        }
        ticket(&mut hub);
    }
    for name in ["wrong-code", "expired-ticket"] {
        let mut hub = SimHub::scenario(name).unwrap();
        let ticket = ticket(&mut hub);
        let code = hub.code(demo::USER, NOW).unwrap();
        assert_eq!(ask(&mut hub, &second(&ticket, &code)).status(), 401, "{name}");
    }
}

#[test]
fn headers_of_the_table_replace_add_and_remove() {
    for (name, header, count) in
        [("edge-blocked", "content-type", 1), ("empty", "content-type", 0), ("rate-limited-twice", "retry-after", 2)]
    {
        let answer = ask(&mut SimHub::scenario(name).unwrap(), &bob());
        assert_eq!(answer.headers().get_all(header).iter().count(), count, "{name}");
    }
}
