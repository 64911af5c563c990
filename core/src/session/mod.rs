//! Keeping a token: one login for any number of callers, renewed before it expires, and no refused secret sent again.
//!
//! Pure as the login itself. [`Session::ask`] says what a caller does: use the token, lead a login, follow the one in flight,
//! or take the failure. The adapter holds the lock, drives the leader's [`Step`](crate::Step), and parks the followers until the flight
//! ends.
//!
//! ```text
//!            ask ──► Ready(Bearer)               a token good for long enough
//!             │
//!             ├────► Lead(Flight, Step) ─ drive ─► settle(flight, result) ──┬─► as for ask
//!             │                └─ cancelled ─────► abandon(flight)          │
//!             ├────► Follow(FlightId) ─ park until the flight ends ◄────────┘
//!             │            └─► ask_after(id): the token, its failure, or the lead
//!             └────► Refused(Failure)            nothing is sent
//! ```
//!
#![doc = include_str!("../../SESSIONS.md")]

mod bearer;
mod countdown;
mod current;
mod flight;
mod lifetime;
mod lockout;
mod sealed;
mod session;

pub use bearer::{Bearer, Rejected};
pub use flight::{Ask, Flight, FlightId};
pub use session::Session;
