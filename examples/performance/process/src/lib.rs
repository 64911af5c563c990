//! Whole programs that log in once, over TLS: what each takes as a process, and how large it is. `../README.md` has the
//! figures.
#![allow(clippy::expect_used, clippy::panic, reason = "a benchmark may stop")]

#[cfg(feature = "by-hand")]
pub mod by_hand;
mod job;
#[cfg(any(feature = "hyper", feature = "blocking"))]
pub mod options;
#[cfg(feature = "runner")]
pub mod runner;

pub use job::{Job, PASSWORD, USER};
