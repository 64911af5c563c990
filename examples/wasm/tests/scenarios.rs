//! Writes `scenarios.json`: what Rust makes of each scenario of the simulated Hub. The tests of every host read it.
//!
//! `HUB_AUTH_WRITE=1 cargo test` writes it anew; without, the test fails if it is out of date.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::{env, fs};

use hub_auth_core::http::Response;
use hub_auth_core::{
    Account, Awaiting, Challenge, Code, Credential, Delivery, Failure, Hub, Policy, Step, TransportError,
    TransportErrorKind, UnixTime,
};
use hub_auth_testkit::{Outcome, Scenario, SimHub, demo};
use serde::Serialize;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios.json");

/// Holds the outcome of a login of alice in one scenario.
#[derive(Debug, PartialEq, Serialize)]
struct Row {
    scenario: &'static str,
    /// `None` if it logs in.
    kind: Option<&'static str>,
    /// Milliseconds from the end of the login to the instant from which another try is worth while.
    retry_after: Option<u64>,
    cause: Option<&'static str>,
    next: Option<&'static str>,
    requests: usize,
}

#[test]
fn the_table_is_current() {
    let rows: Vec<Row> = Scenario::all().filter_map(|scenario| row(scenario.name)).collect();
    assert!(rows.len() >= 40, "{} rows", rows.len());
    let table = serde_json::to_string_pretty(&rows).unwrap() + "\n";
    if env::var_os("HUB_AUTH_WRITE").is_some() {
        fs::write(FILE, &table).unwrap();
    }
    let written = fs::read_to_string(FILE).unwrap_or_default();
    assert!(written == table, "scenarios.json is out of date; HUB_AUTH_WRITE=1 writes it anew");
}

/// `None` for a scenario whose end depends on the time of day, or that a host's own HTTP client may read as it likes.
fn row(name: &'static str) -> Option<Row> {
    let one = login(name, UnixTime::from_secs(1_760_000_000))?;
    (login(name, UnixTime::from_secs(1_760_000_017))? == one).then_some(one)
}

fn login(name: &'static str, mut now: UnixTime) -> Option<Row> {
    let mut sim = SimHub::scenario(name)?;
    let account = Account::new(demo::USER, Credential::password(demo::PASSWORD)).unwrap();
    let mut step = Hub::docker(Policy::new(42)).login(&account);
    let failure = loop {
        step = match step {
            Step::Send(exchange) => {
                let (request, awaiting) = exchange.send();
                let outcome = sim.handle(&request, now);
                answered(awaiting, outcome, now)?
            }
            Step::NeedCode(challenge) if is_far_off(&challenge, now) => break Some(challenge.give_up()),
            Step::NeedCode(challenge) => {
                now = challenge.not_before().unwrap_or(now).max(now);
                let code = sim.code(challenge.user(), now).unwrap();
                challenge.answer(Code::new(&code).unwrap(), now)
            }
            Step::Wait(pause) => {
                now = pause.until();
                pause.resume(now)
            }
            Step::Done(_) => break None,
            Step::Failed(failure) => break Some(failure),
        };
    };
    let advice = failure.as_ref().map(Failure::advice);
    Some(Row {
        scenario: name,
        kind: failure.as_ref().map(|failure| failure.kind().as_str()),
        retry_after: failure.as_ref().and_then(Failure::retry_at).map(|at| at.as_millis() - now.as_millis()),
        cause: advice.map(|advice| advice.cause),
        next: advice.map(|advice| advice.next),
        requests: sim.seen().len(),
    })
}

/// As every adapter does, the wait before a code is cut at the policy's longest.
fn is_far_off(challenge: &Challenge, now: UnixTime) -> bool {
    challenge.not_before().is_some_and(|until| until.since(now) > challenge.longest_wait())
}

fn answered(awaiting: Awaiting, outcome: Outcome, now: UnixTime) -> Option<Step> {
    let broke = |kind| TransportError::new(Delivery::MaybeSent, kind);
    let head = |answer: Response<Vec<u8>>| answer.into_parts().0;
    let error = match outcome {
        Outcome::Answer(answer) => {
            let (head, body) = answer.into_parts();
            return Some(awaiting.reply(Response::from_parts(head, &body), now));
        }
        Outcome::Truncated { answer, .. } => broke(TransportErrorKind::Closed).with_head(head(answer)),
        Outcome::Endless { answer, .. } => broke(TransportErrorKind::TooLarge).with_head(head(answer)),
        Outcome::Drop => broke(TransportErrorKind::Closed),
        Outcome::Stall => broke(TransportErrorKind::Timeout),
        _ => return None,
    };
    Some(awaiting.failed(error, now))
}
