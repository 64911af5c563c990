//! Logs a program in to Docker Hub, second factor included: the protocol as a pure state machine.
//!
//! This crate does no I/O and knows no runtime. It builds [`Request`]s, reads [`Reply`]s, and says in a [`Step`] what comes
//! next. Time and the seed of its jitter are arguments. Two adapters do the I/O:
//! [`hub-auth-hyper`](https://docs.rs/hub-auth-hyper) (async, tokio) and
//! [`hub-auth-blocking`](https://docs.rs/hub-auth-blocking). An adapter of your own takes about fifty lines:
//! `examples/third_transport`.
//!
//! ```text
//! Hub::login(&Account) ─► Step::Send(Exchange) ──send──► (Request, Awaiting)   your HTTP client
//!                           ▲            ▲                          │
//!                           │            │                        reply, or failed
//!                           │            │                          ▼
//!                     Pause::resume   Challenge::answer           Step
//!                           ▲            ▲                          │
//!                           └─ Wait ◄────┴─ NeedCode ◄──────────────┼──► Done(Grant)
//!                                                                   └──► Failed(Failure)
//! ```
//!
//! The whole flow, against the simulated Hub of [`hub-auth-testkit`](https://docs.rs/hub-auth-testkit):
//!
//! ```
//! use hub_auth_testkit::{SimHub, demo};
//! use hub_auth_core::{Account, Code, Credential, Hub, Policy, Step, UnixTime};
//!
//! let mut sim = SimHub::demo();
//! let mut now = UnixTime::from_secs(1_760_000_000);
//!
//! let hub = Hub::docker(Policy::new(42));
//! let account = Account::new(demo::USER, Credential::password(demo::PASSWORD))?;
//! let mut step = hub.login(&account);
//! let grant = loop {
//!     step = match step {
//!         Step::Send(exchange) => {
//!             let (request, awaiting) = exchange.send();
//!             let outcome = sim.handle(&request, now); // your HTTP client
//!             awaiting.reply(outcome.reply().ok_or("no answer")?, now)
//!         }
//!         Step::NeedCode(challenge) => {
//!             let typed = sim.code(challenge.user(), now).ok_or("no second factor")?;
//!             challenge.answer(Code::new(&typed)?, now)
//!         }
//!         Step::Wait(pause) => {
//!             now = pause.until(); // your sleep
//!             pause.resume(now)
//!         }
//!         Step::Done(grant) => break grant,
//!         Step::Failed(failure) => return Err(failure.into()),
//!     };
//! };
//! assert_eq!(grant.user(), "alice");
//! assert!(grant.expires_at() > Some(now));
//! assert!(grant.token().header().is_sensitive());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`session`] keeps the token and renews it. [`api`] judges the answers to calls that carry it. [`errors`] lists every failure
//! and what to do next. [`protocol`] lists each fact about the Hub with its source. [`migration`] compares this library with
//! generated clients and with hand-written calls.
//!
//! | feature | default | gives |
//! |---|---|---|
//! | `totp` | no | `Totp`: one-time codes from an account's TOTP secret; needs Rust 1.88 |
#![cfg_attr(docsrs, feature(doc_cfg))]

mod account;
mod advice;
pub mod api;
mod claims;
mod credential;
mod error;
mod failure;
mod grant;
mod hub;
mod json;
mod kind;
mod login;
mod policy;
mod route;
mod sanitize;
mod seal;
mod secret;
pub mod session;
mod time;
mod token;
#[cfg(feature = "totp")]
mod totp;
mod transport;
mod wire;

#[doc = include_str!("../ERRORS.md")]
pub mod errors {}
#[doc = include_str!("../MIGRATION.md")]
pub mod migration {}
#[doc = include_str!("../PROTOCOL.md")]
pub mod protocol {}

pub use account::Account;
pub use advice::Advice;
pub use claims::UnverifiedClaims;
pub use credential::{Credential, CredentialKind};
pub use error::{Field, InvalidInput, Reason, SealError};
pub use failure::Failure;
pub use grant::Grant;
pub use hub::Hub;
pub use kind::FailureKind;
pub use login::{Awaiting, Challenge, Exchange, LoginOutcome, Pause, Step};
pub use policy::Policy;
pub use route::Route;
pub use sanitize::printable;
pub use secret::{Body, Code, Secret};
pub use time::UnixTime;
pub use token::Token;
#[cfg(feature = "totp")]
pub use totp::Totp;
pub use transport::{BoxError, Delivery, MAX_REPLY, Reply, ReplyBody, Request, TransportError, TransportErrorKind};
pub use wire::rate_limit::RateLimit;

/// Re-exports the `http` crate, whose types are part of this crate's interface.
pub use http;
