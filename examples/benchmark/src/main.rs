//! Measures a login beside hand-written loops and reqwest: `cargo run --release -p hub-auth-benchmark`. Needs valgrind.
//!
//! Each client logs in over one kept-alive connection, in a process of its own under callgrind. The cost of one login is the
//! difference between a long and a short run, divided by the number of logins between them. Instructions and allocations are
//! those of a login, system calls those of a request. Compare the ratios of one run, not the figures of two machines.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a benchmark may panic")]
#![allow(clippy::indexing_slicing, clippy::result_large_err, reason = "a benchmark may panic")]

mod by_hand;
mod clients;
mod in_memory;

use std::alloc::System;
use std::process::Command;

use clients::CLIENTS;
use hub_auth_core::UnixTime;
use hub_auth_testkit::SimHub;
use hub_auth_testkit::wire::{Act, Wire};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static COUNTED: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const FLOWS: [&str; 2] = ["Password", "TwoFactor"];
const LOGINS: [u32; 2] = [20, 120];

fn main() {
    let args: Vec<String> = std::env::args().collect();
    // The server decides whether it asks for a code. The flow stands here for profilers.
    let [_, client, _flow, url, logins] = &args[..] else { return compare() };
    clients::run(client, url, logins.parse().unwrap());
    println!("{}", COUNTED.stats().allocations);
}

fn compare() {
    println!(
        "{:<10} {:<10} {:>12} {:>6} {:>8}   beside (instructions, allocations, system calls)",
        "flow", "client", "instructions", "allocs", "syscalls"
    );
    for flow in FLOWS {
        let costs = CLIENTS.map(|(client, rivals)| (client, rivals, cost(client, flow)));
        for (client, rivals, own) in costs {
            let ratio = |rival: &&str| {
                let [instructions, allocations, calls] = costs.iter().find(|(client, ..)| client == rival).unwrap().2;
                format!("{rival}: {:.2}, {:.2}, {:+.1}", own[0] / instructions, own[1] / allocations, own[2] - calls)
            };
            let ratios = rivals.iter().map(ratio).collect::<Vec<_>>().join("; ");
            println!("{flow:<10} {client:<10} {:>12.0} {:>6.1} {:>8.1}   {ratios}", own[0], own[1], own[2]);
        }
    }
    in_memory::compare();
}

/// Returns the instructions and allocations of one login, and the system calls of one request.
fn cost(client: &str, flow: &str) -> [f64; 3] {
    let [few, many] = LOGINS.map(|logins| totals(client, flow, logins));
    let requests = if flow == FLOWS[1] { 2.0 } else { 1.0 };
    [(0, 1.0), (1, 1.0), (2, requests)].map(|(nth, of)| (many[nth] - few[nth]) / f64::from(LOGINS[1] - LOGINS[0]) / of)
}

/// Counts the instructions, allocations and system calls of a process with this many logins.
fn totals(client: &str, flow: &str, logins: u32) -> [f64; 3] {
    let out = std::env::temp_dir().join(format!("hub-auth-benchmark-{}", std::process::id()));
    let server = server(flow, logins);
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--trace-syscalls=yes"]).arg(format!("--callgrind-out-file={}", out.display()));
    command.arg(std::env::current_exe().unwrap());
    command.args([client, flow, &server.url().to_string(), &logins.to_string()]);
    let output = command.output().expect("valgrind is not installed");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{client}: {said}");
    let counted = std::fs::read_to_string(&out).unwrap();
    let _ = std::fs::remove_file(out);
    let line = counted.lines().find_map(|line| line.strip_prefix("totals: ").or(line.strip_prefix("summary: ")));
    // The second line of a call that waits does not name it again. Without valgrind, Linux reads the clock in user space.
    let is_call =
        |line: &&str| line.starts_with("SYSCALL[") && line.contains("sys_") && !line.contains("clock_gettime");
    let calls = said.lines().filter(is_call);
    let allocations = String::from_utf8_lossy(&output.stdout);
    [line.unwrap().trim().parse().unwrap(), allocations.trim().parse().unwrap(), calls.map(|_| 1.0).sum()]
}

/// Starts a server that answers this many logins on one connection with constant bytes.
fn server(flow: &str, logins: u32) -> Wire {
    let answer = |status, body: &str| {
        let head = format!("HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: ");
        Act::write(format!("{head}{}\r\n\r\n{body}", body.len()))
    };
    let mut login = vec![Act::Read, answer("200 OK", &format!(r#"{{"token":"{}"}}"#, token()))];
    if flow == FLOWS[1] {
        let challenge = r#"{"detail":"Require secondary authentication","login_2fa_token":"ticket"}"#;
        login.splice(0..0, [Act::Read, answer("401 Unauthorized", challenge)]);
    }
    Wire::start(vec![std::iter::repeat_n(login, logins as usize).flatten().collect()]).unwrap()
}

/// Returns a token with the length, the claims and the look of a real one.
fn token() -> String {
    SimHub::demo().browser_token("alice", UnixTime::from_secs(1_700_000_000))
}
