//! Every answer the Hub is known to give, on real sockets, by both transports, by the library and by the `login` program: how it
//! ends, how many requests it takes, when another try is worth while, and that no secret is in any output at TRACE.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

#[path = "../common/mod.rs"]
mod common;
mod exits;
mod logged;
#[cfg(target_os = "linux")]
mod memory;
mod play;
mod rules;
mod secrets;
mod table;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use common::TRANSPORTS;
use hub_auth_testkit::{Scenario, demo};
use play::{by_library, by_program};
use table::{ROWS, Row};

/// Most of a play is waiting for another process.
const WORKERS: usize = 6;

#[test]
fn every_scenario_has_a_row() {
    let scenarios: Vec<_> = Scenario::all().map(|scenario| scenario.name).collect();
    let rows: Vec<_> = ROWS.iter().map(|row| row.name).collect();
    assert_eq!(rows, scenarios);
}

#[test]
fn every_answer_is_understood() {
    logged::install();
    let mut rows: Vec<&'static Row> = ROWS.iter().collect();
    rows.sort_by_key(|row| row.timeout.is_none());
    let plays: Vec<_> = rows
        .into_iter()
        .flat_map(|row| TRANSPORTS.map(|transport| [(row, transport, true), (row, transport, false)]))
        .flatten()
        .collect();
    let (next, failed) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                loop {
                    let job = next.fetch_add(1, Ordering::SeqCst);
                    let Some((row, transport, is_program)) = plays.get(job) else { break };
                    let play =
                        || if *is_program { by_program(row, transport) } else { by_library(row, transport, job) };
                    if let Err(panic) = catch_unwind(AssertUnwindSafe(play)) {
                        let what = if *is_program { "program" } else { "library" };
                        failed.lock().unwrap().push(format!(
                            "{} by the {what}, {transport}: {}",
                            named(row),
                            text(&*panic)
                        ));
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    assert!(failed.is_empty(), "{} failed:\n{}", failed.len(), failed.join("\n"));
    assert!(logged::strays().iter().all(|line| !secrets::shows(&line.text, demo::PASSWORD)));
}

/// A row with the source of its answer.
fn named(row: &Row) -> String {
    let source = Scenario::all().find(|scenario| scenario.name == row.name).map(|scenario| scenario.source);
    format!("{} ({})", row.name, source.unwrap_or_default())
}

fn text(panic: &(dyn Any + Send)) -> &str {
    panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied()).unwrap_or_default()
}
