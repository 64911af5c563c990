//! The target `docker` for libFuzzer. What it holds: `hub_auth_fuzz::docker`.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| hub_auth_fuzz::docker(data));

/// Without libFuzzer there is nothing to run; `cargo test` replays the corpus.
#[cfg(not(fuzzing))]
fn main() {}
