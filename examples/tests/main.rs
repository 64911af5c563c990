//! Tests both adapters and the third transport together, also through programs from outside.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod adapters;
mod conformance;
mod layer;
mod many_logins;
#[cfg(unix)]
mod outside;
mod programs;
mod proxy_environment;
