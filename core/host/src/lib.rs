//! What the transports of `hub-auth` need from the machine: [`Options`] of a client, the certificates TLS
//! [trusts](Trust), the [proxy](Proxy) on the way, the [clock](now), [stores](TokenStore) for sessions, and what
//! `docker login` stored. Impure, and therefore not in `hub-auth-core`.
//!
//! A program sets [`Options`] and gives them to a transport's client:
//!
//! ```
//! use std::time::Duration;
//! use hub_auth_host::{Options, Trust};
//!
//! let options = Options::new()
//!     .user_agent("my-tool/1.2")
//!     .timeout(Duration::from_secs(15))
//!     .trust(Trust::system());
//! ```
//!
//! A transport turns them into a [`Setup`], which is checked and ready:
//!
//! ```
//! # use hub_auth_host::Options;
//! let setup = Options::new().base("http://localhost:8080".parse()?).build()?;
//! assert_eq!(setup.hub.origin(), "http://localhost:8080");
//! assert!(setup.tls.is_none(), "no roots are read for plain http");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! No process-wide default of rustls is read or set.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod clock;
#[cfg(feature = "docker-login")]
pub mod docker_login;
mod error;
mod options;
mod proxy;
mod sources;
mod store;
mod tls;
mod trust;

#[doc = include_str!("../NETWORK.md")]
pub mod network {}

pub use clock::now;
#[cfg(feature = "docker-login")]
pub use docker_login::DockerLogin;
pub use error::BuildError;
pub use options::{Options, Setup};
pub use proxy::{Proxy, ProxyError, ProxyFault};
pub use sources::{Found, SourceError, Sources};
#[cfg(feature = "encrypted-store")]
pub use store::Encrypted;
#[cfg(feature = "file-store")]
pub use store::FileStore;
#[cfg(feature = "redis-store")]
pub use store::RedisStore;
pub use store::{MemoryStore, Refusal, StoreError, StoreKey, StoreLock, TokenStore};
pub use tls::{TlsError, TlsFault};
pub use trust::Trust;

/// The `rustls` crate whose configuration is part of [`Setup`].
pub use rustls;
