//! Allocations a run, counted: each call for memory, and each for more of it.
#![allow(clippy::expect_used, reason = "a benchmark may stop")]

use std::alloc::System;
use std::process::ExitCode;

use hub_auth_performance::{Case, figures};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static COUNTED: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() -> ExitCode {
    // The floor of ureq waits for the thread that looks a name up, or comes when that is done: an allocation more or less.
    let tolerance = |case: &Case| if case.name.ends_with(": floor") { 3.0 } else { 0.0 };
    figures::compare("allocations.tsv", tolerance, |floor| floor + 3, |case| case.median(allocations))
}

/// Of the second half of the runs: the first has made what is made once.
fn allocations(case: &Case) -> u64 {
    let mut run = case.prepare();
    (0..case.runs).for_each(|_| run());
    let counted = Region::new(COUNTED);
    (0..case.runs).for_each(|_| run());
    let change = counted.change();
    let runs = case.runs;
    ((change.allocations + change.reallocations + runs / 2) / runs) as u64
}
