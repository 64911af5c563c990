//! What only this adapter shows. What every transport must do stands in the conformance suite of `hub-auth-testkit`.
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
mod layer;
mod logs;
mod proxy;
mod session;
