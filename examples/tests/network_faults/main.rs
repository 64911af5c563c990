//! What a network can do to a login, and what comes of it: every row of the table by both transports, on the first call
//! and on the one with the code. Nothing hangs, no code is sent twice, and a first call that may have arrived is sent
//! at most once more. `cargo test --test network_faults -- --nocapture` prints the table.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

#[path = "../both/mod.rs"]
mod both;
mod bytes;
mod clock;
mod http;
mod idle;
mod play;
mod proxies;
mod row;
mod tcp;
mod tls;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use both::Transport;
use play::{Call, play};
use row::{Row, print};

/// Most of a play is waiting.
const WORKERS: usize = 32;

#[test]
fn every_fault_ends_as_the_table_says() {
    let mut rows = [tcp::rows(), http::rows(), tls::rows(), proxies::rows()].concat();
    print(&rows);
    assert!(rows.len() >= 40);
    // The long ones first.
    rows.sort_by_key(|row| !row.is_slow);
    let plays: Vec<(&Row, Transport, Call)> = rows
        .iter()
        .flat_map(|row| Transport::BOTH.map(|transport| Call::BOTH.map(|call| (row, transport, call))))
        .flatten()
        .collect();
    let (next, failed) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while let Some((row, transport, call)) = plays.get(next.fetch_add(1, Ordering::SeqCst)) {
                    if let Err(what) = play(row, *transport, *call) {
                        failed.lock().unwrap().push(format!("{} ({transport:?}, {call:?}): {what}", row.name));
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    assert!(failed.is_empty(), "{} of {} failed:\n{}", failed.len(), plays.len(), failed.join("\n"));
}
