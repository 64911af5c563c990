#![doc = include_str!("../README.md")]
//!
//! Start with [`Session`] or [`Client`]. [`hub_auth_core`] holds the protocol and the rules of a session, and
//! [`hub_auth_host`] the options, proxies and stores.
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
