//! What a login costs: `cargo run --release -p hub-auth-benchmark`. Needs valgrind.
//!
//! Each client logs in over one kept-alive connection, in a process of its own under callgrind. The cost of one login is the
//! difference between a long and a short run, divided by the number of logins between them. All figures are of one run,
//! so compare the ratios and not the figures of two machines.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a benchmark may panic")]

mod by_hand;
mod clients;
mod in_memory;

use std::alloc::System;
use std::process::Command;

use clients::{CLIENTS, Flow};
use hub_auth_core::UnixTime;
use hub_auth_testkit::SimHub;
use hub_auth_testkit::wire::{Act, Wire};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static COUNTED: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const SHORT: u32 = 20;
const LONG: u32 = 120;

const CHALLENGE: &str =
    r#"{"detail":"Require secondary authentication on MFA enabled account","login_2fa_token":"ticket"}"#;

/// The cost of one login.
#[derive(Clone, Copy)]
struct Cost {
    instructions: f64,
    allocations: f64,
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => compare(),
        [client, flow, url, logins] => {
            let flow = if flow == "TwoFactor" { Flow::TwoFactor } else { Flow::Password };
            clients::run(client, flow, url, logins.parse().unwrap());
            println!("{}", COUNTED.stats().allocations);
        }
        _ => panic!("call it without arguments"),
    }
}

fn compare() {
    println!("{:<10} {:<10} {:>12} {:>7}   beside", "flow", "client", "instructions", "allocs");
    for flow in [Flow::Password, Flow::TwoFactor] {
        let costs = CLIENTS.map(|(client, rivals)| (client, rivals, cost(client, flow)));
        for (client, rivals, own) in costs {
            let ratio = |rival: &&str| {
                let other = costs.iter().find(|(client, ..)| client == rival).unwrap().2;
                let instructions = own.instructions / other.instructions;
                format!("{rival}: {instructions:.2} (allocs {:.2})", own.allocations / other.allocations)
            };
            let ratios = rivals.iter().map(ratio).collect::<Vec<_>>().join(", ");
            let (flow, Cost { instructions, allocations }) = (format!("{flow:?}"), own);
            println!("{flow:<10} {client:<10} {instructions:>12.0} {allocations:>7.1}   {ratios}");
        }
    }
    in_memory::compare();
}

/// Runs a client twice under callgrind, and returns the cost of one login.
fn cost(client: &str, flow: Flow) -> Cost {
    let [(few, few_allocations), (many, many_allocations)] = [SHORT, LONG].map(|logins| {
        let out = std::env::temp_dir().join(format!("hub-auth-benchmark-{}", std::process::id()));
        let server = server(flow, logins);
        let arguments = [client, &format!("{flow:?}"), &server.url().to_string(), &logins.to_string()];
        let mut command = Command::new("valgrind");
        command.arg("--tool=callgrind").arg(format!("--callgrind-out-file={}", out.display()));
        let output = command.arg(std::env::current_exe().unwrap()).args(arguments).output();
        let output = output.expect("valgrind is not installed");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{client}: {said}");
        let counted = std::fs::read_to_string(&out).unwrap();
        let _ = std::fs::remove_file(out);
        let line = counted.lines().find_map(|line| line.strip_prefix("totals: ").or(line.strip_prefix("summary: ")));
        let instructions: f64 = line.unwrap().trim().parse().unwrap();
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        let allocations: f64 = told.trim().parse().unwrap();
        (instructions, allocations)
    });
    let logins = f64::from(LONG - SHORT);
    Cost { instructions: (many - few) / logins, allocations: (many_allocations - few_allocations) / logins }
}

/// A server that answers this many logins on one connection, without a thought.
fn server(flow: Flow, logins: u32) -> Wire {
    let answer = |status, body: &str| {
        let head =
            format!("HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", body.len());
        Act::write(head + body)
    };
    let granted = answer("200 OK", &format!(r#"{{"token":"{}"}}"#, token()));
    let login = match flow {
        Flow::Password => vec![Act::Read, granted],
        Flow::TwoFactor => vec![Act::Read, answer("401 Unauthorized", CHALLENGE), Act::Read, granted],
    };
    Wire::start(vec![std::iter::repeat_n(login, logins as usize).flatten().collect()]).unwrap()
}

/// Returns a token with the length, the claims and the look of a real one.
fn token() -> String {
    SimHub::demo().browser_token("alice", UnixTime::from_secs(1_700_000_000))
}
