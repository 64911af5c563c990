//! The simulated Hub: try a login, or test a program that logs in, without an account and without a network.
//!
//! [`SimHub::handle`] takes one HTTP request and the time, and says what the Hub would do. It is pure, like the rest of
//! this crate: no socket, no clock, and the same requests at the same times get the same answers, tokens included.
//! The crate `hub-auth-testkit` puts it behind a real socket, plain or TLS.
//!
//! What it knows, by file: accounts and their one-time codes, the tickets between the two calls of a login, tokens,
//! the rate window and the lockout, the resources a token opens, [faults](Fault) to order, and
//! [scenarios](SimHub::scenario).
//! It writes literal JSON and shares no type with the client side, so the two cannot share a mistake.
//!
//! ```
//! use hub_auth_core::UnixTime;
//! use hub_auth_testkit::hub::{SimHub, demo};
//!
//! let mut hub = SimHub::demo();
//! let now = UnixTime::from_secs(1_700_000_000);
//! let post = |path: &str, body: String| {
//!     http::Request::post(path).header("content-type", "application/json").body(body).unwrap()
//! };
//!
//! // The password is right, and alice has a second factor: a 401 that carries a ticket.
//! let body = format!(r#"{{"username":"{}","password":"{}"}}"#, demo::USER, demo::PASSWORD);
//! let outcome = hub.handle(&post("/v2/users/login", body), now);
//! let reply = outcome.reply().unwrap();
//! assert_eq!(reply.status(), 401);
//! let answer: serde_json::Value = serde_json::from_slice(reply.body()).unwrap();
//! let ticket = answer["login_2fa_token"].as_str().unwrap();
//!
//! // The ticket and the code together yield the token.
//! let code = hub.code(demo::USER, now).unwrap();
//! let body = format!(r#"{{"login_2fa_token":"{ticket}","code":"{code}"}}"#);
//! let outcome = hub.handle(&post("/v2/users/2fa-login", body), now);
//! assert_eq!(outcome.reply().unwrap().status(), 200);
//! ```

mod accounts;
mod answers;
mod codes;
pub mod demo;
mod faults;
mod fields;
mod handle;
mod limits;
mod resources;
mod routes;
mod scenario;
mod sim_hub;
#[cfg(test)]
mod tests;
mod tickets;
mod tokens;

pub use accounts::{SimAccount, SimOrganization, SimUser};
pub use faults::{Fault, Outcome};
pub use scenario::Scenario;
pub use sim_hub::{Seen, SimHub};
