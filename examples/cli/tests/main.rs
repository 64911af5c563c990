//! The program as people and scripts meet it: run as a process, against simulated Hubs.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod api;
mod bad_input;
mod canary;
mod common;

mod outcomes;
mod pty;
mod shell;
mod sim;
mod sources;
mod store;
mod terminal;
mod totp;
