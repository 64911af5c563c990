//! Logs a program in to Docker Hub, second factor included, and keeps it logged in: the blocking adapter of
//! [`hub-auth-core`](https://docs.rs/hub-auth-core), on [ureq](https://docs.rs/ureq) and rustls.
//!
//! ```
//! use std::sync::Arc;
//!
//! use hub_auth_blocking::{Account, Client, Code, Credential, Options, Session};
//! use hub_auth_testkit::{Loopback, SimHub, demo};
//!
//! let server = Arc::new(Loopback::start(SimHub::demo())?); // in real life: `Client::docker_hub()?`
//! let client = Client::new(Options::new().base(server.url()).user_agent("my-tool/1.2"))?;
//!
//! let account = Account::new(demo::USER, Credential::password(demo::PASSWORD))?;
//! let codes = Arc::clone(&server);
//! let session = Session::new(client, account).ask(move |challenge| {
//!     let typed = codes.code(challenge.user())?; // in real life: ask the person
//!     Code::new(&typed).ok()
//! });
//!
//! let answer = session.get("/v2/user")?; // logs in first
//! assert_eq!(answer.status(), 200);
//! assert_eq!(server.requests().len(), 3); // two for the login
//! assert_eq!(server.connections(), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! - [`Client`] logs in once. [`Client::login`] returns the [`Challenge`] instead of asking for a code; it can be kept, or
//!   [sealed](Challenge::seal), and [answered](Client::answer) later.
//! - [`Session`] logs in when a token is needed, once for all threads, and renews the token before it expires. A
//!   [store](Session::store) shares it with other processes. Codes come from a [closure](Session::ask) or from the account's
//!   own secret (`Session::totp`, with the feature `totp`).
//! - Calls: [`Session::send`], [`get`](Session::get) and [`post_json`](Session::post_json) use the client's own connections.
//!   For a client of your own there are [`Session::call`], [`Session::authorize`], and for a ureq agent the session itself as
//!   [middleware](Session#impl-Middleware-for-Session).
//!
//! Tests need no account: [`hub-auth-testkit`](https://docs.rs/hub-auth-testkit) simulates the Hub.
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
//!
//! # Requests
//!
//! - A ureq agent sends them: HTTP/1.1, no redirect followed. It keeps up to 64 idle connections, each for a minute.
//! - A new connection looks up the host, within [`Options::resolve_timeout`]. It tries the addresses side by side (RFC 8305),
//!   opens the proxy's tunnel and agrees on TLS, all within [`Options::connect_timeout`]. Plain http goes to loopback
//!   addresses only. A SOCKS proxy's own addresses are tried one after the other.
//! - An answer to a login is read up to [1 MiB](hub_auth_core::MAX_REPLY), an answer to a session's call up to
//!   [16 MiB](MAX_ANSWER), a head up to 32 KiB and 128 headers. [`Options::timeout`] bounds an attempt, and
//!   [`Options::login_timeout`] a whole login.
//! - [`Delivery::NotSent`] is reported only if no connection was opened. An answer that ureq cannot read is
//!   [`TransportErrorKind::Unreadable`], and its request is not sent again. The source of an error is a [`TlsError`] if TLS
//!   failed, and a [`ProxyError`] if a proxy did. An error of a deadline names the host, the stage and the limit.
//!
//! A cold login takes three round trips over https (TCP, TLS 1.3, one call), and four with a code. A call on a kept
//! connection takes one.
//!
//! # Proxies
//!
//! [`Options::proxy`] names the proxy. Without it, the environment does. The client always asks a proxy for a tunnel, so the
//! proxy never sees a request. The proxy's password is sent once for each new connection. After a refusal the login ends.
//! Requests to a loopback host bypass the proxy, unless [`Proxy::also_for_loopback`] is set.
//!
//! # Ending a call
//!
//! A call blocks its thread, also during the waits of the [policy](Policy). [`Client::shutdown`] ends all calls of a client
//! from another thread. One call alone cannot be cancelled.
//!
//! # Logs
//!
//! This crate logs to the crate `log` at DEBUG, target `hub_auth`: routes, attempts, statuses, waits and kinds of errors. It
//! never logs a secret, a header or a body. ureq logs there as well:
//!
//! - **At TRACE, ureq logs secrets.** Under the target `ureq_proto` it dumps whole answers and the heads of requests, and with
//!   them the token and the ticket of a second factor. It does not dump the body of a request, so no line holds the password
//!   or the code.
//! - At DEBUG it logs some headers of an answer as the server chose them (`Server`, `Content-Type` and the like). The Hub puts
//!   no secret there. A server that repeated a secret there would see it logged.
//!
//! A library cannot turn these lines off for its program. Limit `ureq` and `ureq_proto` to INFO yourself, for example by
//! `ureq=info,ureq_proto=info` in `RUST_LOG`.
//!
//! # Memory
//!
//! The buffers that requests are written from and answers are read into are wiped after each use. This crate cannot wipe the
//! copies in rustls, which decrypts the answers (the token, the ticket), in the kernel, and in ureq's settings of a SOCKS
//! proxy (its user name and password, for the life of the client).
#![cfg_attr(docsrs, feature(doc_cfg))]

mod api;
mod client;
mod connect;
mod error;
mod exchange;
mod middleware;
mod race;
mod session;
mod stop;
mod tls;
mod wiped;

pub use client::Client;
pub use exchange::MAX_ANSWER;
#[cfg(feature = "totp")]
#[cfg_attr(docsrs, doc(cfg(feature = "totp")))]
pub use hub_auth_core::Totp;
pub use hub_auth_core::api::Verdict;
/// The crate whose requests, answers and headers this crate takes and returns.
pub use hub_auth_core::http;
pub use hub_auth_core::session::{Bearer, Rejected};
pub use hub_auth_core::{
    Account, Advice, Challenge, Code, Credential, Delivery, Failure, FailureKind, Grant, Hub, InvalidInput,
    LoginOutcome, Policy, Route, SealError, Secret, Step, TransportError, TransportErrorKind, UnixTime,
};
#[cfg(feature = "file-store")]
#[cfg_attr(docsrs, doc(cfg(feature = "file-store")))]
pub use hub_auth_host::FileStore;
pub use hub_auth_host::{
    BuildError, MemoryStore, Options, Proxy, ProxyError, ProxyFault, SendError, StoreError, StoreKey, StoreLock,
    TlsError, TlsFault, TokenStore, Trust,
};
pub use session::{Session, SessionLogin};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
