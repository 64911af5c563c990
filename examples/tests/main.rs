//! The tests across both adapters and the third transport, and those of the documents and small programs.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod adapters;
mod conformance;
mod fuzz_corpora;
mod layer;
mod many_logins;
#[cfg(unix)]
mod outside;
mod programs;
mod proxy_environment;
