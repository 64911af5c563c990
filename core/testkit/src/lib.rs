//! Simulates Docker Hub on loopback, for tests of programs that log in: no account, no network, no waiting.
//!
//! A test of a program that uses [`hub-auth-blocking`](https://docs.rs/hub-auth-blocking):
//!
//! ```
//! use hub_auth_blocking::{Account, Client, Code, Credential, FailureKind, Options};
//! use hub_auth_testkit::{Fault, Loopback, SimHub, demo};
//!
//! #[test]
//! # fn a_doctest_drops_tests_so_the_next_function_is_called_below() {}
//! fn my_program_logs_in_and_knows_a_rate_limit() -> Result<(), Box<dyn std::error::Error>> {
//!     let server = Loopback::start(SimHub::demo())?; // or SimHub::scenario("edge-blocked")
//!     let client = Client::new(Options::new().base(server.url()))?;
//!     let account = Account::new(demo::USER, Credential::password(demo::PASSWORD))?;
//!
//!     server.hub().script(Fault::DropAfter); // the answer to the first request is lost
//!     let code = |_: &_| Code::new(&server.code(demo::USER)?).ok();
//!     let grant = client.login_with(&account, code)?;
//!     assert_eq!(grant.user(), demo::USER);
//!     assert_eq!(server.requests().len(), 3); // the password twice, and the code
//!
//!     server.hub().rate_limit(0);
//!     let failure = client.login_with(&account, |_| None).unwrap_err();
//!     assert_eq!(failure.kind(), FailureKind::RateLimited);
//!     Ok(())
//! }
//! # my_program_logs_in_and_knows_a_rate_limit().unwrap();
//! ```
//!
//! A program of your own needs one thing for this: an option for the base URL of the Hub. Programs in other languages start the
//! same server as `hub-auth sim`, and reach its [control routes](control).
//!
//! | to simulate | use |
//! |---|---|
//! | a known answer of the Hub or the network, one of over 140 with sources | [`SimHub::scenario`], [`Scenario::all`] |
//! | a fault for one request, for all, or for calls after the login | [`SimHub::script`], [`SimHub::always`], [`SimHub::on_api_calls`] |
//! | accounts, tokens, limits and lockouts | [`SimUser`], [`SimHub::add`], [`SimHub::rate_limit`], [`SimHub::lock_out_after`] |
//! | the passing of time | [`Loopback::advance`], [`Loopback::set_now`] |
//! | a proxy | [`LoopbackProxy`] |
//! | https, with good and bad certificates (feature `tls`) | `Loopback::start_tls`, `tls::Authority` |
//! | a server that breaks HTTP or TLS, or says nothing | [`wire::Wire`], [`wire::Act::Stall`] |
//! | an address that refuses or swallows connections | [`wire::Nowhere`] |
//!
//! # Resources of the simulated Hub
//!
//! All take GET with a bearer. The data is made up, and the same request always gets the same data.
//!
//! | path | answer |
//! |---|---|
//! | `/v2/user` | the owner of the token |
//! | `/v2/access-tokens` | an empty list; 403 to a token that came from an access token (docker/terraform-provider-docker#84) |
//! | `/v2/namespaces/{namespace}/repositories` and below | repositories and tags in pages, with `page` and `page_size` |
//! | `/v2/repositories/{namespace}` and below | the same; 403 to the token of an organization |
//! | `/api/publisher/analytics/v1/` and below | namespaces, pull counts and exports of 2025 |
//! | `/exports/{file}` | the CSV files of the exports, on another origin, without a bearer, with `Range` |
//!
//! The login routes are `POST /v2/users/login`, `/v2/users/2fa-login` and `/v2/auth/token`.
//!
//! # Features
//!
//! | feature | adds |
//! |---|---|
//! | `tls` | https for the servers, and an authority that issues certificates |
//! | `conformance` | the `conformance` suite, which checks a transport or a session of your own |
//!
//! # The other crates
//!
//! [`hub-auth-core`](https://docs.rs/hub-auth-core) holds the protocol, [`hub-auth-hyper`](https://docs.rs/hub-auth-hyper) and
//! [`hub-auth-blocking`](https://docs.rs/hub-auth-blocking) send it, and [`hub-auth-host`](https://docs.rs/hub-auth-host) holds the
//! options of both.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![expect(clippy::test_attr_in_doctest, reason = "the example calls its test")]

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
