//! Tests the behaviour of this adapter alone. The conformance suite of `hub-auth-testkit` tests the rules of all transports.
#![allow(
    clippy::expect_used,
    clippy::format_push_string,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

mod common;
mod connections;
mod deadlines;
mod logs;
mod proxy;
mod session;
