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

use fleet::{Arrival, Report, Scenario, Strategy, run};

const ARRIVALS: [Arrival; 4] = [Arrival::ColdStart, Arrival::Rolling, Arrival::Burst, Arrival::Renewals];
const STRATEGIES: [Strategy; 4] =
    [Strategy::Alone, Strategy::AloneWithoutJitter, Strategy::StoreForEachHost, Strategy::SharedStore];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let workers = arguments.next().map_or(Ok(10_000), |number| number.parse())?;
    let started = Instant::now();
    println!("{workers} workers");
    println!("| arrival | password | strategy | logins | most a second | 429 | refused | lockouts | median, 99 % |");
    println!("|---|---|---|---|---|---|---|---|---|");
    let mut plotted = Vec::new();
    let rows = ARRIVALS.map(|arrival| (arrival, true)).into_iter().chain([(Arrival::ColdStart, false)]);
    for (arrival, is_password_right) in rows {
        for strategy in STRATEGIES {
            // Jitter matters to renewals only.
            if strategy == Strategy::AloneWithoutJitter && arrival != Arrival::Renewals {
                continue;
            }
            let scenario = Scenario { workers, arrival, strategy, is_password_right };
            let Report { logins, most_a_second, limited, lockouts, refused, waits, .. } = run(scenario)?;
            let password = if is_password_right { "right" } else { "wrong" };
            println!(
                "| {arrival:?} | {password} | {strategy:?} | {logins} | {most_a_second} | {limited} | {refused} | {lockouts} | {} |",
                tell(&waits),
            );
            if is_password_right {
                plotted.push((scenario, logins));
            }
        }
    }
    if let Some(file) = arguments.next() {
        plot::logins(&file, workers, &plotted)?;
    }
    eprintln!("{:.1} s, {}", started.elapsed().as_secs_f64(), memory());
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
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.map_or("memory unknown".to_owned(), |peak| format!("at most {} of memory", peak.trim()))
}
