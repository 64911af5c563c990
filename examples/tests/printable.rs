//! Whatever the Hub answers, what is written is one JSON object and lines that drive no terminal.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod common;

use common::{TRANSPORTS, login};
use hub_auth_testkit::Scenario;

/// Control characters, and those that turn the direction of text.
fn drives(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[test]
fn every_scenario_is_told_in_order() {
    for transport in TRANSPORTS {
        for scenario in Scenario::all() {
            let sim = format!("--sim={}", scenario.name);
            let args = [&sim, "--json", "--transport", transport, "--timeout=1", "--tries=1"];
            let done = login(&args).env("RUST_LOG", "trace").run();
            let told = done.json();
            let outcome = (done.code == 0, told.get("user").is_some(), told.get("error").is_some());
            assert!(matches!(outcome, (true, true, false) | (false, false, true)), "{sim}: {done:?}");
            assert!(matches!(done.code, 0 | 3..=8), "{sim}: {done:?}");
            for line in done.out.lines().chain(done.err.lines()) {
                assert!(!line.contains(drives), "{sim}: {line:?}");
            }
        }
    }
}
