//! Log a program in to Docker Hub, second factor included: the blocking transport of `hub-auth`, on ureq and rustls.
//!
//! ```
//! use hub_auth_blocking::{Account, Client, Code, Credential, Options};
//! use hub_auth_testkit::hub::{SimHub, demo};
//! use hub_auth_testkit::Loopback;
//!
//! let server = Loopback::start(SimHub::demo())?; // in real life: `Client::docker_hub()?`
//! let client = Client::new(Options::new().base(server.url()).user_agent("my-tool/1.2"))?;
//!
//! let account = Account::new(demo::USER, Credential::password(demo::PASSWORD))?;
//! let grant = client.login_with(&account, |challenge| {
//!     let typed = server.code(challenge.user())?; // in real life: ask the person
//!     Code::new(&typed).ok()
//! })?;
//!
//! assert_eq!(grant.user(), "alice");
//! assert_eq!(server.connections(), 1); // both calls share it
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Where nobody can be asked on the spot, [`Client::login`] hands the [`Challenge`] back; it can be kept, or
//! [sealed](Challenge::seal), and [answered](Client::answer) later.
//!
//! # Staying logged in
//!
//! A [`Session`] logs in when a token is needed, once for all threads, renews it before it ends, and sends requests
//! with it, to the Hub's own origin only:
//!
//! ```
//! use std::time::Duration;
//!
//! use hub_auth_blocking::core::http::{HeaderMap, Request};
//! use hub_auth_blocking::{Account, Client, Credential, MemoryStore, Options, Session};
//! use hub_auth_testkit::hub::{SimHub, demo};
//! use hub_auth_testkit::Loopback;
//!
//! let server = Loopback::start(SimHub::demo())?;
//! let client = Client::new(Options::new().base(server.url()))?;
//! let account = Account::new(demo::USER, Credential::personal_token(demo::PAT))?;
//! let session = Session::new(client, account).store(MemoryStore::new()); // a `FileStore` outlives the process
//!
//! // Send with it: a 401 is answered by one login and one more try.
//! let request = Request::get(format!("{}v2/user", server.url())).body("".into())?;
//! assert_eq!(session.send(request)?.status(), 200);
//!
//! // Or take the token to a client of your own.
//! let mut headers = HeaderMap::new();
//! session.authorize(&mut headers)?;
//! let bearer = session.token(Duration::from_secs(120))?; // good for two minutes more
//! assert_eq!(server.requests().len(), 2); // one login, one call
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! One-time codes come from a [closure](Session::ask), from the account's own secret (`Session::totp`, with the feature
//! `totp`), or later: [`Session::login`] hands the challenge back. With none of these a session never asks anybody, and
//! fails.
//!
//! # How it sends
//!
//! What it does, in the order of a request's life:
//!
//! - A connection that was kept is taken if it is still open. Else one is opened: the host is looked up (for that alone
//!   there is [`Options::resolve_timeout`]), its addresses are tried in turn, each with half of the time that is left, a
//!   proxy opens its tunnel (`socks5://` to the first of the Hub's addresses alone; `socks5h://` leaves the choice to the
//!   proxy), and TLS is agreed on; all within [`Options::connect_timeout`]. [`Client::warm`] does it ahead.
//! - The request goes out as the core made it, with `Host` added: HTTP/1.1, an exact `Content-Length`, no redirect
//!   followed.
//! - The answer is read up to [1 MiB](hub_auth_core::MAX_REPLY), that to a session's call up to
//!   [16 MiB](MAX_ANSWER), its head up to 32 KiB and 100 headers (more of these break the attempt as a closed connection
//!   would, so that a first call is sent once more); from the look-up to the last byte it has [`Options::timeout`], and
//!   the whole login [`Options::login_timeout`].
//! - A connection whose answer was read to its end is kept for the next request, up to 64 of them, for a minute. One that
//!   is closed says goodbye: over TLS with a `close_notify`.
//! - An exchange that broke is reported with what is proved: [`Delivery::NotSent`](hub_auth_core::Delivery::NotSent) only where it broke
//!   before there was a connection to write to. What is then tried again is the core's decision. What is wrong with TLS is a
//!   [`TlsError`], with a proxy a [`ProxyError`].
//!
//! How many round trips that takes: to open a connection one, and one more for TLS 1.3 (two for TLS 1.2); then one for each call.
//! So three for the first login over https, four with a second factor, and one for each call on a connection that is there.
//!
//! # Proxies
//!
//! The environment decides, as [`Options::proxy`] tells, unless the options do. A proxy is always asked for a tunnel, and
//! never sees a request. Its password is sent once for each connection that is opened, and not again within a login that it
//! was refused in. A loopback host is never proxied, but by [`Proxy::also_for_loopback`].
//!
//! # Ending a call
//!
//! A call blocks its thread, waits of the [policy](hub_auth_core::Policy) included. [`Client::shutdown`], from any
//! thread, ends all calls of that client at once and for good; there is no way to cancel one of them alone. Look-up and TCP
//! connect run in a thread of their own, which is left behind if it is not done in time; it ends by itself.
//!
//! # What is logged
//!
//! ureq logs through the crate `log`, and **at level TRACE what it logs holds secrets**: under the target `ureq_proto`
//! it dumps, in hexadecimal and as text, whole answers, and with them the access token and the ticket of a second
//! factor, and the heads of requests, with the token of a session's calls. The body of a request is in no line, so
//! neither the password nor the code is, and a proxy is not spoken to by ureq, so its password is not either; at DEBUG and
//! above nothing secret is. No library can turn that off for the program it is part of, so a program that logs at TRACE
//! should let `ureq_proto` through from DEBUG up only: `ureq_proto=debug` in `RUST_LOG`, or `max_level_debug` among the
//! features of `log`.
//!
//! What this crate itself has to tell goes to `tracing`, with the feature of that name: under the target `hub_auth`, at
//! level DEBUG, a span for each attempt (`route`, `attempt`) or call of a session, and the events `connection`
//! (`reused`), `answered` (`status`, `bytes` of the body), `broke` (`what`, `sent`, `status`) and `waits` (`waited`, in
//! milliseconds). Nothing in them is secret.
//!
//! # What stays in memory
//!
//! The buffer a request is written from is wiped when it was sent, the one an answer is read into when it was read to
//! its end, or the connection is closed. What cannot be reached from here: the buffers of rustls, in which an answer is
//! decrypted (the token, the ticket), and the kernel's.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod client;
mod connect;
mod dial;
mod error;
mod exchange;
mod session;
mod stop;
mod wire;

pub use client::Client;
pub use hub_auth_core::SealError;
#[cfg(feature = "totp")]
#[cfg_attr(docsrs, doc(cfg(feature = "totp")))]
pub use hub_auth_core::Totp;
pub use hub_auth_core::session::{Bearer, Rejected};
pub use hub_auth_core::{Account, Challenge, Code, Credential, Failure, Grant, LoginOutcome};
#[cfg(feature = "file-store")]
#[cfg_attr(docsrs, doc(cfg(feature = "file-store")))]
pub use hub_auth_host::FileStore;
pub use hub_auth_host::{
    BadProxy, BadTrust, BuildError, Options, Proxy, ProxyError, ProxyFault, TlsError, TlsFault, Trust,
};
pub use hub_auth_host::{MemoryStore, StoreError, StoreKey, StoreLock, TokenStore};
pub use session::{MAX_ANSWER, SendError, Session, SessionLogin};

/// The core, whose types are part of this crate's interface.
pub use hub_auth_core as core;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
