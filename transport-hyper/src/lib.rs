//! Log a program in to Docker Hub, second factor included: the async transport of `hub-auth`, on hyper and tokio.
//!
//! ```
//! use hub_auth_testkit::hub::{SimHub, demo};
//! use hub_auth_hyper::{Account, Client, Code, Credential, Options};
//! use hub_auth_testkit::Loopback;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let server = Loopback::start(SimHub::demo())?; // in real life: `Client::docker_hub()?`
//! let client = Client::new(Options::new().base(server.url()).user_agent("my-tool/1.2"))?;
//!
//! let account = Account::new(demo::USER, Credential::password(demo::PASSWORD))?;
//! let grant = client
//!     .login_with(&account, async |challenge| {
//!         let typed = server.code(challenge.user())?; // in real life: ask the person
//!         Code::new(&typed).ok()
//!     })
//!     .await?;
//!
//! assert_eq!(grant.user(), "alice");
//! assert_eq!(server.connections(), 1); // both calls share it
//! # Ok(())
//! # }
//! ```
//!
//! Where nobody can be asked on the spot, [`Client::login`] hands the [`Challenge`] back; it can be kept, or
//! [sealed](Challenge::seal), and [answered](Client::answer) later.
//!
//! # Staying logged in
//!
//! A [`Session`] keeps the token for all tasks of a program: one login for any number of them, renewed before the token
//! ends, and no refused password sent again.
//!
//! ```
//! use hub_auth_testkit::hub::{SimHub, demo};
//! use hub_auth_hyper::{Account, Client, Credential, Options, Session, core::http};
//! use hub_auth_testkit::Loopback;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let server = Loopback::start(SimHub::demo())?;
//! # let client = Client::new(Options::new().base(server.url()))?;
//! let account = Account::new(demo::USER, Credential::personal_token(demo::PAT))?;
//! // With a second factor also `.ask(..)` or `.totp(..)`; to keep the token for the next process `.store(..)`.
//! let session = Session::new(client, account);
//!
//! let user = format!("{}v2/user", server.url()); // in real life: https://hub.docker.com/v2/user
//! for _ in 0..10 {
//!     let answer = session.send(http::Request::get(&user).body("".into())?).await?;
//!     assert_eq!(answer.status(), 200);
//! }
//! assert_eq!(server.requests().len(), 11); // one of them the login
//! # Ok(())
//! # }
//! ```
//!
//! With an HTTP client of your own, [`Session::authorize`] its headers, and [report](Session::invalidate) a 401.
//!
//! # On the wire
//!
//! What it does, in the order of a request's life:
//!
//! - The host is looked up, within [`Options::resolve_timeout`]; its addresses are raced, both families in turn; a
//!   [`Proxy`], if one is set here or by the environment, is asked for a tunnel; TLS is agreed on. All of it within
//!   [`Options::connect_timeout`].
//! - The request goes out as the core made it, with `Host` added: HTTP/1.1, an exact `Content-Length`, no redirect
//!   followed.
//! - The answer is read up to [1 MiB](hub_auth_core::MAX_REPLY), its head up to 32 KiB and 100 headers; from the look-up
//!   to the last byte it has [`Options::timeout`], and the whole login [`Options::login_timeout`].
//! - A connection whose answer was read to its end is kept for the next request, for a minute; at most 64 are. One that
//!   the other side has closed meanwhile is replaced before anything is sent.
//! - An exchange that broke is reported with what is proved: [`Delivery::NotSent`](hub_auth_core::Delivery::NotSent) only where no byte
//!   of the request was written. What is then tried again is the core's decision.
//!
//! Dropping any of the futures cancels: the connection in use is closed. All of them are `Send`. A login spawns no task:
//! who uses a connection drives it, and an idle one is looked at when it is wanted again. A name is looked up in a
//! thread of its own, which is left behind if it is not done in time, and ends by itself; the end of the runtime does
//! not wait for it. A store's calls, which may block, are made on tokio's threads for that. A [`Client`] is cheap to
//! clone, wants to be kept, and may outlive the tokio runtime it began on, as may a [`Session`]. Over TLS a connection
//! is closed with a `close_notify`, but for those that outlive their runtime.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod broken;
mod budget;
mod client;
mod clock;
mod connect;
mod exchange;
mod session;

pub use client::Client;
pub use exchange::MAX_ANSWER;
#[cfg(feature = "totp")]
#[cfg_attr(docsrs, doc(cfg(feature = "totp")))]
pub use hub_auth_core::Totp;
pub use hub_auth_core::session::{Bearer, Rejected};
pub use hub_auth_core::{Account, Challenge, Code, Credential, Failure, Grant, LoginOutcome};
#[cfg(feature = "file-store")]
#[cfg_attr(docsrs, doc(cfg(feature = "file-store")))]
pub use hub_auth_host::FileStore;
pub use hub_auth_host::{
    BuildError, MemoryStore, Options, Proxy, ProxyError, ProxyFault, StoreError, TlsError, TlsFault, TokenStore, Trust,
};
pub use session::{SendError, Session, SessionLogin};

/// The core, whose types are part of this crate's interface.
pub use hub_auth_core as core;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
