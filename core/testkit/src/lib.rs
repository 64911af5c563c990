//! Simulates Docker Hub on loopback, for tests of programs that log in by [`hub-auth-core`](https://docs.rs/hub-auth-core),
//! [`hub-auth-hyper`](https://docs.rs/hub-auth-hyper) or [`hub-auth-blocking`](https://docs.rs/hub-auth-blocking): no account, no
//! network.
//!
//! ```
//! use hub_auth_core::{Account, Credential, Hub, Policy};
//! use hub_auth_testkit::{Fault, Loopback, SimHub, demo};
//!
//! let server = Loopback::start(SimHub::demo())?; // or SimHub::scenario("rate-limited")
//! server.hub().script(Fault::DropAfter); // the first request is handled and its answer lost
//!
//! // Point your program at this URL, and log in with the demo accounts.
//! let hub = Hub::new(server.url(), Policy::new(42))?;
//! let account = Account::new(demo::USER, Credential::password(demo::PASSWORD))?;
//! let code = server.code(demo::USER); // the authenticator's code, for the second factor
//!
//! // Then look at the requests that arrived.
//! assert!(server.requests().is_empty());
//! # drop((hub, account, code));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | to simulate | use |
//! |---|---|
//! | a known answer of the Hub, by name | [`SimHub::scenario`], [`Scenario::all`] |
//! | a fault for one request | [`SimHub::script`] with a [`Fault`] |
//! | a server that accepts and says nothing | [`wire::Act::Stall`] |
//! | the passing of time | [`Loopback::advance`], [`Loopback::set_now`]: no test has to wait |
//! | a server that sends given bytes, whatever HTTP and TLS say | [`wire::Wire`] |
//! | https, and certificates good and bad | `Loopback::start_tls`, `tls::Authority` (feature `tls`) |
//! | a proxy | [`LoopbackProxy`] |
//!
//! | feature | default | gives |
//! |---|---|---|
//! | `tls` | no | `Loopback::start_tls`, and an authority that issues certificates for it |
//! | `conformance` | no | the suite that checks a transport of your own |
#![cfg_attr(docsrs, feature(doc_cfg))]

mod answer;
#[cfg(feature = "conformance")]
#[cfg_attr(docsrs, doc(cfg(feature = "conformance")))]
pub mod conformance;
mod connection;
pub mod control;
mod hub;
mod listener;
mod loopback;
mod pipe;
mod proxy;
mod request;
mod shared;
mod stream;
#[cfg(feature = "tls")]
#[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
pub mod tls;
pub mod wire;

pub use hub::{Fault, Outcome, Scenario, Seen, SimHub, SimUser, demo};
pub use loopback::Loopback;
pub use proxy::{Asked, LoopbackProxy};
pub use request::Recorded;

/// Runs the README's example with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
