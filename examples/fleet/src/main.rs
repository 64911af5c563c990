//! Simulates a fleet of workers that need a token of Docker Hub, and prints what each way of sharing it costs.
//!
//! Everything runs on the real core and the simulated Hub, in virtual time: the same numbers come out of every run. The Hub
//! needs half a second for a login, takes 180 a minute from each host, and locks an account after ten refused logins. A call of
//! a store takes a millisecond. 50 workers are on a host.
//!
//! ```text
//! cargo run --release -p hub-auth-fleet -- [WORKERS] [FILE.svg]
//! ```
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "numbers of workers, and places on a plot"
)]

mod fleet;
mod plot;

use std::time::{Duration, Instant};

use fleet::{Arrival, Scenario, Strategy, run};

const ARRIVALS: [Arrival; 4] = [Arrival::ColdStart, Arrival::Rolling, Arrival::Burst, Arrival::Renewals];
const STRATEGIES: [Strategy; 4] =
    [Strategy::Alone, Strategy::AloneWithoutJitter, Strategy::StoreForEachHost, Strategy::SharedStore];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let workers = arguments.next().map_or(Ok(10_000), |number| number.parse())?;
    let started = Instant::now();
    println!("{workers} workers");
    println!(
        "| arrival | password | strategy | logins sent | most in a second | 429 | workers refused | lockouts | time to a token: median, 99 % |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    let mut plotted = Vec::new();
    for arrival in ARRIVALS {
        for is_password_right in [true, false] {
            for strategy in STRATEGIES {
                // A wrong password is as bad however the workers come, and jitter matters to renewals.
                let is_told_elsewhere = !is_password_right && arrival != Arrival::ColdStart
                    || strategy == Strategy::AloneWithoutJitter && arrival != Arrival::Renewals;
                if is_told_elsewhere {
                    continue;
                }
                let scenario = Scenario { workers, arrival, strategy, is_password_right };
                let report = run(scenario)?;
                println!(
                    "| {arrival:?} | {} | {strategy:?} | {} | {} | {} | {} | {} | {} |",
                    if is_password_right { "right" } else { "wrong" },
                    report.logins,
                    report.most_a_second(arrival),
                    report.limited,
                    report.refused,
                    report.lockouts(),
                    waits(report.percentile(50), report.percentile(99)),
                );
                if is_password_right {
                    plotted.push((scenario, report.logins));
                }
            }
        }
    }
    if let Some(file) = arguments.next() {
        plot::logins(&file, workers, &plotted)?;
    }
    eprintln!("{:.1} s, {}", started.elapsed().as_secs_f64(), memory());
    Ok(())
}

fn waits(median: Option<Duration>, most: Option<Duration>) -> String {
    match median.zip(most) {
        Some((median, most)) => format!("{:.1} s, {:.1} s", median.as_secs_f64(), most.as_secs_f64()),
        None => "none got one".to_owned(),
    }
}

/// Returns the most memory the program had, where the system tells (Linux).
fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.map_or("memory unknown".to_owned(), |peak| format!("at most {} of memory", peak.trim()))
}
