//! The core without its two adapters: on smol, in a plain thread, and for a thousand logins in one thread without any
//! executor. `cargo run -p hub-auth-any-runtime` runs each against the simulated Hub.
//!
//! Read [`plain_thread`] first: its loop over [`Step`](hub_auth_core::Step) is all that a transport is. These three speak
//! plain HTTP, as the simulated Hub does; towards Docker Hub the same loop runs over a TLS stream. The crate
//! `hub-auth-testkit` has a suite for transports that are more than an example.

pub mod http1;
pub mod on_smol;
pub mod plain_thread;
pub mod poll_loop;

use std::time::SystemTime;

use hub_auth_core::UnixTime;

/// Returns the time on the system's clock: core reads no clock of its own.
#[must_use]
pub fn now() -> UnixTime {
    SystemTime::now().into()
}
