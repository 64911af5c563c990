//! What 100,000 idle sessions take in one process: bytes asked for, and bytes resident.
#![allow(clippy::expect_used, reason = "a benchmark may stop")]

use std::alloc::System;
use std::fs;

use hub_auth_performance::session::{Blockings, Hypers};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static COUNTED: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const SESSIONS: usize = 100_000;

fn main() {
    let (hypers, blockings) = (Hypers::new(), Blockings::new());
    println!("     asked   resident  bytes a session, of {SESSIONS} over one client");
    measure("hyper, without a token", |nth| hypers.idle(nth));
    measure("hyper, with a token of 155 bytes", |nth| hypers.session(nth));
    measure("blocking, without a token", |nth| blockings.idle(nth));
    measure("blocking, with a token of 155 bytes", |nth| blockings.session(nth));
}

fn measure<S>(name: &str, session: impl Fn(usize) -> S) {
    let (counted, before) = (Region::new(COUNTED), resident());
    let mut sessions = Vec::with_capacity(SESSIONS);
    sessions.extend((0..SESSIONS).map(session));
    let change = counted.change();
    let asked = (change.bytes_allocated - change.bytes_deallocated) / SESSIONS;
    let resident = (resident() - before) / SESSIONS;
    println!("{asked:>10} {resident:>10}  {name}");
    // Kept, so that the next ones do not take what these had.
    std::mem::forget(sessions);
}

/// What this process has in memory, in bytes.
fn resident() -> usize {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a figure");
    1024 * line.trim().trim_end_matches(" kB").parse::<usize>().expect("a number")
}
