//! How large a program that logs in is: its bytes as the profile `small` makes it, the crates of others in it, and with `--clean` what
//! a clean build of the profile `release` takes, in seconds of processor time.
#![allow(clippy::expect_used, reason = "a benchmark may stop")]

use std::process::ExitCode;
use std::{env, fs};

use hub_auth_process::runner::{builds, compare};

fn main() -> ExitCode {
    if env::args().any(|argument| argument == "--clean") {
        for build in builds() {
            println!("{:>6.0} s  {}", build.clean_build("release"), build.name);
        }
        return ExitCode::SUCCESS;
    }
    compare("footprint.tsv", ["bytes", "crates"], 1, |build| {
        let program = fs::metadata(build.build("small")).expect("a program");
        [program.len(), build.crates() as u64]
    })
}
