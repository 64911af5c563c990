//! Instructions a run, counted by callgrind: what twice as many runs take more. Needs `valgrind`.
#![allow(clippy::expect_used, reason = "a benchmark may stop")]

use std::env;
use std::process::{Command, ExitCode};

use hub_auth_performance::{Case, cases, figures, server};

/// Set for the process that is measured: how often it runs its one case.
const TIMES: &str = "PERFORMANCE_TIMES";

fn main() -> ExitCode {
    let Some(times) = env::var(TIMES).ok().and_then(|times| times.parse().ok()) else {
        return figures::compare("instructions.tsv", |_| 3.0, |floor| floor * 110 / 100, instructions);
    };
    let name = env::args().nth(1).expect("a case");
    let case = cases().into_iter().find(|case| case.name == name).expect("a case of that name");
    let mut run = case.prepare();
    (0..times).for_each(|_| run());
    ExitCode::SUCCESS
}

fn instructions(case: &Case) -> u64 {
    let [once, twice] = [1, 2].map(|times| case.median(|case| collected(case, times * case.runs)));
    twice.saturating_sub(once) / case.runs as u64
}

/// The instructions of a whole process that runs the case so many times.
fn collected(case: &Case, times: usize) -> u64 {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(env::current_exe().expect("this program's path"))
        .arg(&case.name)
        .env(TIMES, times.to_string())
        .env(server::ADDRESS, server::address().to_string())
        .output()
        .expect("valgrind, from the package of that name");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    let figure = told.lines().find_map(|line| line.split_once("Collected : "));
    figure.and_then(|(_, figure)| figure.trim().parse().ok()).expect("callgrind's figure")
}
