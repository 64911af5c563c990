#![doc = include_str!("../README.md")]
//!
//! Start with [`Session`] or [`Client`]. [`hub_auth_core`] holds the protocol and the rules of a session, [`hub_auth_host`] the
//! options, proxies, stores and sources of credentials, and `hub_auth_testkit` a simulated Hub for your tests.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod api;
mod ask;
mod client;
mod connect;
mod dial;
mod drive;
mod exchange;
#[cfg(feature = "tower")]
mod layer;
mod session;
mod stage_error;
mod tunnel;

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
pub use hub_auth_host::{
    BuildError, MemoryStore, Options, Proxy, ProxyError, ProxyFault, SendError, StoreError, StoreKey, StoreLock,
    TlsError, TlsFault, TokenStore, Trust,
};
#[cfg(feature = "tower")]
#[cfg_attr(docsrs, doc(cfg(feature = "tower")))]
pub use layer::{Auth, AuthLayer};
pub use session::{Session, SessionLogin};
