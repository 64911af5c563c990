//! The target `proxy` for libFuzzer. What it holds: `hub_auth_fuzz::proxy`.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| hub_auth_fuzz::proxy(data));

/// Without libFuzzer there is nothing to run; `cargo test` replays the corpus.
#[cfg(not(fuzzing))]
fn main() {}
