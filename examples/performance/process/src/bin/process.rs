//! One login over TLS as a process of its own: instructions, by callgrind (needs `valgrind`), and resident memory at its peak.
#![allow(clippy::expect_used, reason = "a benchmark may stop")]

use std::process::ExitCode;

use hub_auth_process::runner::{Cost, Hub, compare};

fn main() -> ExitCode {
    let hub = Hub::start().expect("a port of loopback");
    compare("process.tsv", ["instructions", "peak, KiB"], 5, |build| {
        let Cost { instructions, peak } = hub.cost(&build.build("measure"));
        [instructions, peak]
    })
}
