//! Runs `hub_auth_fuzz::proxy` under libFuzzer. Without libFuzzer there is nothing to run.
#![cfg_attr(fuzzing, no_main)]
#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| hub_auth_fuzz::proxy(data));
#[cfg(not(fuzzing))]
fn main() {}
