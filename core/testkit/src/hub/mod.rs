//! The simulated Hub without a socket. It writes literal JSON and shares no type with the client side, so the two cannot
//! share a mistake.

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
