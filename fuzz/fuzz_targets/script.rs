//! The target `script` for libFuzzer. What it holds: `hub_auth_fuzz::script`.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| hub_auth_fuzz::script(data));

/// Without libFuzzer there is nothing to run; `cargo test` replays the corpus.
#[cfg(not(fuzzing))]
fn main() {}
