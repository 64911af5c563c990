//! The adapter's own tests. What every transport must do stands in the conformance suite.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod common;
mod deadlines;
mod log;
mod middleware;
mod proxy;
mod session;
mod shutdown;
mod unreadable;
