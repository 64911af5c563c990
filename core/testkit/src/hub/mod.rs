//! Simulates the Hub in memory. The code writes literal JSON and shares no type with the client side, so the two cannot share a
//! mistake.
#![expect(clippy::result_large_err, reason = "a refusal is an answer too")]

mod accounts;
mod answers;
mod codes;
pub mod demo;
mod faults;
mod handle;
mod limits;
pub(crate) mod order;
mod resources;
mod routes;
mod scenario;
mod sim_hub;
mod tickets;
mod tokens;

pub use accounts::SimUser;
pub use faults::{Fault, Outcome};
pub use scenario::Scenario;
pub use sim_hub::{Seen, SimHub};
