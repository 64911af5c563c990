//! Simulates a fleet of workers that need a token of Docker Hub, and prints what each way of sharing it costs. It runs the
//! real core and the simulated Hub in virtual time, so each run gives the same numbers. The Hub needs half a second for a
//! login, takes 180 a minute from each host, and locks an account after ten refused logins. A call of a store takes a
//! millisecond. 50 workers are on a host.
//!
//! ```text
//! cargo run --release -p hub-auth-fleet -- [WORKERS] [FILE.svg]
//! ```
#![expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "numbers of workers")]

mod fleet;
mod plot;

use std::time::{Duration, Instant};

use fleet::{Arrival, Report, Scenario, Strategy, run};

const ROWS: [(&str, Arrival, bool); 5] = [
    ("cold start", Arrival::ColdStart, true),
    ("wrong password", Arrival::ColdStart, false),
    ("rolling start", Arrival::Rolling, true),
    ("bursts", Arrival::Burst, true),
    ("renewals", Arrival::Renewals, true),
];
const STRATEGIES: [(&str, Strategy); 4] = [
    ("each alone", Strategy::Alone),
    ("each alone, no jitter", Strategy::AloneWithoutJitter),
    ("a store for each host", Strategy::StoreForEachHost),
    ("one shared store", Strategy::SharedStore),
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let workers = arguments.next().map_or(Ok(10_000), |number| number.parse())?;
    let started = Instant::now();
    println!("{workers} workers\n\n| row | store | logins | most a second | 429 | refused | lockouts | median, 99 % |");
    println!("|---|---|---|---|---|---|---|---|");
    let mut plotted = Vec::new();
    for (name, arrival, is_password_right) in ROWS {
        let mut runs = Vec::new();
        // Jitter matters to renewals only.
        let told = |of: &(&str, Strategy)| of.1 != Strategy::AloneWithoutJitter || arrival == Arrival::Renewals;
        for (sharing, strategy) in STRATEGIES.into_iter().filter(told) {
            let scenario = Scenario { workers, arrival, strategy, is_password_right };
            let Report { logins, most_a_second, limited, lockouts, refused, waits, .. } = run(scenario)?;
            println!(
                "| {name} | {sharing} | {logins} | {most_a_second} | {limited} | {refused} | {lockouts} | {} |",
                tell(&waits),
            );
            runs.push((sharing, logins));
        }
        plotted.push((name, runs));
    }
    arguments.next().map(|file| plot::logins(&file, workers, &plotted)).transpose()?;
    eprintln!("{:.1} s, memory at most {}", started.elapsed().as_secs_f64(), memory());
    Ok(())
}

/// Tells which wait half of the workers and 99 in a hundred do not exceed.
fn tell(sorted: &[Duration]) -> String {
    let Some(last) = sorted.len().checked_sub(1) else { return "none got one".to_owned() };
    let [median, most] = [50, 99].map(|percent| sorted.get(last * percent / 100).map_or(0.0, Duration::as_secs_f64));
    format!("{median:.1} s, {most:.1} s")
}

/// Returns the most memory the program had, where the system tells (Linux).
fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("unknown").trim().to_owned()
}

#[test]
fn only_a_store_that_all_share_protects_the_account_from_a_wrong_password() {
    for (strategy, logins, locked) in
        [(Strategy::Alone, 2400, 5), (Strategy::StoreForEachHost, 10, 1), (Strategy::SharedStore, 1, 0)]
    {
        let scenario = Scenario { workers: 500, arrival: Arrival::ColdStart, strategy, is_password_right: false };
        let report = run(scenario).expect("a run");
        assert_eq!((report.logins, report.lockouts, report.refused), (logins, locked, 500), "{strategy:?}");
    }
}
