//! The stores, docker's files, TLS and its roots, as a program uses them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;
#[cfg(unix)]
mod docker_client;
#[cfg(unix)]
mod docker_login;
#[cfg(unix)]
mod fleet;
#[cfg(unix)]
mod redis;
#[cfg(unix)]
mod sources;
#[cfg(unix)]
mod store;
#[cfg(unix)]
mod store_processes;
#[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
mod tls;
mod trust;
