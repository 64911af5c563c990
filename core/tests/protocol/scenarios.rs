//! The simulated Hub's scenarios, in memory: that they hold every body seen in the wild, what is kept of the Hub's words, and
//! that the local clock decides no wait.

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use hub_auth_core::http::Request;
use hub_auth_core::{Account, Code, Credential, Failure, FailureKind, Hub, Policy, Step, UnixTime};
use hub_auth_testkit::{Outcome, Scenario, SimHub, demo};

const NOW: UnixTime = UnixTime::from_secs(1_760_000_000);

fn post(path: &str, body: &str) -> Request<Vec<u8>> {
    Request::post(path).header("content-type", "application/json").body(body.as_bytes().to_vec()).unwrap()
}

/// The bodies, or raw bytes, of the first two answers of every scenario.
fn bodies() -> Vec<Vec<u8>> {
    let request = post("/v2/users/login", r#"{"username":"alice","password":"correct horse battery staple"}"#);
    let twice = |mut hub: SimHub| [hub.handle(&request, NOW), hub.handle(&request, NOW)];
    let outcomes = Scenario::all().flat_map(|scenario| twice(scenario.hub()));
    outcomes
        .filter_map(|outcome| match outcome {
            Outcome::Answer(answer) => Some(answer.into_body()),
            Outcome::Raw(bytes) => Some(bytes),
            _ => None,
        })
        .collect()
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test may read the fixtures")]
fn every_body_seen_in_the_wild_is_in_a_scenario() {
    let bodies = bodies();
    let wild = concat!(env!("CARGO_MANIFEST_DIR"), "/testkit/fixtures/wild");
    let mut missing = BTreeSet::new();
    let files: Vec<_> = fs::read_dir(wild).unwrap().map(|file| file.unwrap()).collect();
    assert!(files.len() > 25);
    for file in files {
        let wanted = fs::read(file.path()).unwrap();
        if !bodies.iter().any(|body| body.ends_with(&wanted)) {
            missing.insert(file.file_name());
        }
    }
    assert!(missing.is_empty(), "{missing:?}");
}

/// How alice's login fails in a scenario; `None` if it does not, or where there is no whole answer.
fn failure(name: &str, now: UnixTime) -> Option<Failure> {
    let mut sim = SimHub::scenario(name).unwrap();
    let account = Account::new(demo::USER, Credential::password(demo::PASSWORD)).unwrap();
    let (mut now, mut code) = (now, Some(Code::new("123456").unwrap()));
    let mut step = Hub::docker(Policy::new(1)).login(&account);
    loop {
        step = match step {
            Step::Send(exchange) => {
                let (request, awaiting) = exchange.send();
                awaiting.reply(sim.handle(&request, now).reply()?, now)
            }
            Step::NeedCode(challenge) => match code.take() {
                Some(code) => challenge.answer(code, now),
                None => return Some(challenge.give_up()),
            },
            Step::Wait(pause) => {
                now = pause.until();
                pause.resume(now)
            }
            Step::Failed(failure) => return Some(failure),
            Step::Done(_) => return None,
        };
    }
}

#[test]
fn what_is_kept_of_words_that_are_in_no_fixture() {
    let hostile = concat!(
        "\\u{1b}[31mred\\u{1b}]0;title\\u{7} \\u{202e}backwards\\u{9b}2J dial tcp [...] lookup [...] on [...] no such host; ",
        "[...] [...] "
    );
    let hostile: String = hostile.chars().chain("and so on, ".chars().cycle()).take(300).collect();
    for (name, said) in [
        ("forbidden-hostile", Some(hostile.as_str())),
        ("rate-limited-bare", None),
        ("locked-out-legacy", Some("locked out for one hour")),
    ] {
        let failure = failure(name, NOW).unwrap();
        assert_eq!(failure.server_message(), said, "{name}");
        assert!(failure.server_message().is_none_or(|said| said.chars().count() <= 300), "{name}");
    }
}

#[test]
fn a_block_by_the_edge_carries_its_ray_id_and_speaks_of_the_network() {
    for (name, kind) in [
        ("edge-blocked", FailureKind::BlockedByEdge),
        ("edge-challenge", FailureKind::BlockedByEdge),
        ("edge-unavailable", FailureKind::BlockedByEdge),
        ("forbidden-through-edge", FailureKind::RefusedByPolicy),
    ] {
        let failure = failure(name, NOW).unwrap();
        assert_eq!((failure.kind(), failure.trace_id()), (kind, Some("8f0000000000demo-FRA")), "{name}");
        let speaks = |word| failure.to_string().contains(word);
        assert_eq!(speaks("network") && speaks("User-Agent"), kind == FailureKind::BlockedByEdge, "{name}");
    }
    assert_ne!(failure("forbidden", NOW).unwrap().trace_id(), Some("8f0000000000demo-FRA"));
}

/// The answer of 1 May 2025 is sixty seconds' wait on any clock (docker/hub-feedback#2459), and so is every other that is held
/// against the answer's own `Date`.
#[test]
fn the_local_clock_decides_no_wait() {
    let clocks = [0, 1_000_000_000, 1_746_136_878, 1_746_136_938, 1_760_000_000, 4_102_444_800, u64::MAX / 2_000];
    for name in [
        "rate-limited-timestamp",
        "rate-limited-seconds",
        "rate-limited-milliseconds",
        "rate-limited-date",
        "rate-limited-x-retry-after",
        "rate-limited-reset",
        "rate-limited-unreadable",
    ] {
        for now in clocks.map(UnixTime::from_secs) {
            let failure = failure(name, now).unwrap();
            assert_eq!(failure.kind(), FailureKind::RateLimited);
            assert_eq!(failure.retry_at(), Some(now + Duration::from_secs(60)), "{name} at {now:?}");
        }
    }
}
