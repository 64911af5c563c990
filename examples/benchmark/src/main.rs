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
use hub_auth_testkit::wire::{Act, Wire};
use hub_auth_testkit::{Loopback, SimHub};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static COUNTED: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const SHORT: usize = 20;
const LONG: usize = 120;
/// A login of few, and of many, for the memory that stays in use.
const MANY: usize = 10_000;

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
            let flow = if flow == "2fa" { Flow::TwoFactor } else { Flow::Password };
            clients::run(client, flow, url, logins.parse().unwrap());
            let stats = COUNTED.stats();
            println!("{} {}", stats.allocations, stats.bytes_allocated - stats.bytes_deallocated);
        }
        _ => panic!("call it without arguments"),
    }
}

fn compare() {
    println!("{:<10} {:<9} {:>12} {:>7}   beside", "flow", "client", "instructions", "allocs");
    for flow in [Flow::Password, Flow::TwoFactor] {
        let costs = CLIENTS.map(|client| (client, cost(client, flow)));
        let of = |wanted: &str| costs.iter().find(|(client, _)| *client == wanted).unwrap().1;
        for (client, own) in costs {
            let rivals: &[&str] = match client {
                "hyper" => &["hyper-util", "reqwest"],
                "blocking" => &["ureq", "reqwest"],
                _ => &[],
            };
            let ratio = |rival: &&str| {
                let other = of(rival);
                let (instructions, allocations) =
                    (own.instructions / other.instructions, own.allocations / other.allocations);
                format!("{rival}: {instructions:.2} (allocs {allocations:.2})")
            };
            let ratios: Vec<_> = rivals.iter().map(ratio).collect();
            println!(
                "{:<10} {client:<9} {:>12.0} {:>7.1}   {}",
                flow.name(),
                own.instructions,
                own.allocations,
                ratios.join(", ")
            );
        }
    }
    in_memory::compare();
    memory();
}

/// Runs a client twice under callgrind, and returns the cost of one login.
fn cost(client: &str, flow: Flow) -> Cost {
    let [(few, few_allocations), (many, many_allocations)] = [SHORT, LONG].map(|logins| {
        let out = std::env::temp_dir().join(format!("hub-auth-benchmark-{}", std::process::id()));
        let server = server(flow, logins);
        let arguments = [client, flow.name(), &server.url().to_string(), &logins.to_string()];
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
        let allocations: f64 = told.split(' ').next().unwrap().parse().unwrap();
        (instructions, allocations)
    });
    let logins = (LONG - SHORT) as f64;
    Cost { instructions: (many - few) / logins, allocations: (many_allocations - few_allocations) / logins }
}

/// A server that answers this many logins on one connection, without a thought.
fn server(flow: Flow, logins: usize) -> Wire {
    let answer = |status, body: &str| {
        let head =
            format!("HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", body.len());
        Act::write(head + body)
    };
    // As long as a real token.
    let granted = answer("200 OK", &format!(r#"{{"token":"{}"}}"#, "token".repeat(220)));
    let login = match flow {
        Flow::Password => vec![Act::Read, granted],
        Flow::TwoFactor => vec![Act::Read, answer("401 Unauthorized", CHALLENGE), Act::Read, granted],
    };
    Wire::start(vec![std::iter::repeat_n(login, logins).flatten().collect()]).unwrap()
}

/// Prints the memory that stays in use after many logins, and the memory that an answer of one gibibyte takes.
fn memory() {
    for client in ["hyper", "blocking"] {
        let [few, many] = [MANY / 10, MANY].map(|logins| in_use(client, &server(Flow::Password, logins).url(), logins));
        println!("{client}: {few} bytes in use after {} logins, {many} after {MANY}", MANY / 10);
        let endless = Loopback::start(SimHub::scenario("endless").unwrap()).unwrap();
        println!("{client}: {} bytes in use after an answer of 1 GiB", in_use(client, &endless.url(), 1));
    }
}

fn in_use(client: &str, url: &http::Uri, logins: usize) -> usize {
    let mut command = Command::new(std::env::current_exe().unwrap());
    let output = command.args([client, "password", &url.to_string(), &logins.to_string()]).output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    told.trim().split(' ').nth(1).and_then(|bytes| bytes.parse().ok()).unwrap_or_default()
}
