//! Logs a program in to Docker Hub, second factor included: the async transport of `hub-auth`, on hyper and tokio.
//!
//! A [`Session`] keeps the token for all tasks of a program: one login for any number of them, renewed before the token
//! ends, and no refused password is sent again.
//!
//! ```
//! use hub_auth_hyper::{Account, Client, Code, Credential, Options, Session};
//! use hub_auth_testkit::{Loopback, SimHub, demo};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let server = Loopback::start(SimHub::demo())?; // in real life: `Client::docker_hub()?`
//! let client = Client::new(Options::new().base(server.url()).user_agent("my-tool/1.2"))?;
//!
//! let account = Account::new(demo::USER, Credential::password(demo::PASSWORD))?;
//! let typed = server.code(demo::USER).unwrap_or_default(); // in real life: ask the person
//! let session = Session::new(client, account).ask(async move |_challenge| Code::new(&typed).ok());
//!
//! for _ in 0..10 {
//!     assert_eq!(session.get("/v2/user").await?.status(), 200);
//! }
//! assert_eq!(server.requests().len(), 12, "two of them are the login");
//! assert_eq!(server.connections(), 1, "all of them share a connection");
//! # Ok(())
//! # }
//! ```
//!
//! - For one token, [`Client::login_with`] is enough. Where nobody can be asked on the spot, [`Client::login`] returns the
//!   [`Challenge`]; keep it or [seal](Challenge::seal) it, and [answer](Client::answer) it later.
//! - To keep the token for the next process, give the session a [store](Session::store).
//! - With an HTTP client of your own, use [`Session::call`], or `AuthLayer` (feature `tower`).
//!
//! # Features
//!
//! | feature | default | gives |
//! |---|---|---|
//! | `aws-lc-rs` | yes | TLS by aws-lc-rs, with post-quantum key exchange; needs a C compiler |
//! | `ring` | no | TLS by ring; used where `aws-lc-rs` is off |
//! | `platform-verifier` | yes | `Trust::system`: the operating system's roots |
//! | `webpki-roots` | no | `Trust::webpki`: Mozilla's roots, compiled in |
//! | `totp` | no | `Session::totp`: one-time codes from an account's TOTP secret |
//! | `file-store` | no | `FileStore`: tokens kept in files, shared by the processes of a user |
//! | `tower` | no | `AuthLayer`: a session's token for any tower service of HTTP requests |
//!
//! # On the wire
//!
//! - hyper-util's client sends the requests: HTTP/1.1, an exact `Content-Length`, no redirect followed. It keeps up to 64 idle
//!   connections, each for a minute, and replaces one that the other side has closed before anything is sent.
//! - The addresses of a host are tried 250 ms apart, both families in turn (RFC 8305). Plain http goes to loopback addresses
//!   only, whatever the name resolves to. A [`Proxy`] is asked for a tunnel once: a refusal is final.
//! - An attempt ends within [`Options::timeout`], a login within [`Options::login_timeout`] without the time a person types.
//! - The answer to a login is read up to [1 MiB](hub_auth_core::MAX_REPLY), that to an API call up to [`MAX_ANSWER`], their
//!   heads up to 32 KiB.
//! - An attempt that fails is [`Delivery::NotSent`] only if there was no connection to send it on. What is then tried again is
//!   the core's decision.
//!
//! Dropping a future cancels it: the connection in use is closed, and nothing more is sent. A name is looked up on a thread of
//! its own, so the end of the runtime does not wait for a resolver that hangs. The crate `tracing` is told of each attempt
//! and each wait, under the target `hub_auth`: routes, numbers and kinds, never a secret.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod api;
mod broken;
mod client;
mod connect;
mod exchange;
#[cfg(feature = "tower")]
mod layer;
mod session;

pub use client::Client;
pub use exchange::MAX_ANSWER;
pub use http;
#[cfg(feature = "totp")]
#[cfg_attr(docsrs, doc(cfg(feature = "totp")))]
pub use hub_auth_core::Totp;
pub use hub_auth_core::api::Verdict;
pub use hub_auth_core::session::{Bearer, Rejected};
pub use hub_auth_core::{
    Account, Advice, Challenge, Code, Credential, Delivery, Failure, FailureKind, Grant, InvalidInput, LoginOutcome,
    Policy, Route, SealError, Secret, TransportError, TransportErrorKind,
};
#[cfg(feature = "file-store")]
#[cfg_attr(docsrs, doc(cfg(feature = "file-store")))]
pub use hub_auth_host::FileStore;
pub use hub_auth_host::api::SendError;
pub use hub_auth_host::{
    BuildError, MemoryStore, Options, Proxy, ProxyError, ProxyFault, StoreError, StoreKey, StoreLock, TlsError,
    TlsFault, TokenStore, Trust,
};
#[cfg(feature = "tower")]
#[cfg_attr(docsrs, doc(cfg(feature = "tower")))]
pub use layer::{Auth, AuthError, AuthLayer};
pub use session::{Session, SessionLogin};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
