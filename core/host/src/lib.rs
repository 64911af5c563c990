//! Holds the parts that both adapters of [`hub-auth-core`](https://docs.rs/hub-auth-core),
//! [`hub-auth-hyper`](https://docs.rs/hub-auth-hyper) and [`hub-auth-blocking`](https://docs.rs/hub-auth-blocking), share:
//! [`Options`] of a client, the [roots](Trust) of TLS, the [proxy](Proxy), the [clock](now), [stores](TokenStore) for sessions,
//! and [sources](Sources) of accounts, the login of docker among them.
//!
//! A program gives [`Options`] to the client of a transport:
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
//! | feature | default | gives |
//! |---|---|---|
//! | `aws-lc-rs`, `ring` | the first | the cryptography of TLS |
//! | `platform-verifier` | yes | [`Trust::system`] |
//! | `webpki-roots` | no | `Trust::webpki` |
//! | `docker-login` | no | `DockerLogin` and `docker_login::CredentialHelper` |
//! | `file-store`, `redis-store`, `encrypted-store` | no | `FileStore`, `RedisStore`, `Encrypted` |
#![cfg_attr(docsrs, feature(doc_cfg))]

#[doc(hidden)]
pub mod api;
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

pub use api::SendError;
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

/// The `rustls` crate of [`Options::tls_config`] and [`Trust::with_provider`].
pub use rustls;
