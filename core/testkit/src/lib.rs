//! A Docker Hub on loopback: the simulated Hub ([`hub`]) behind a real socket, for tests and examples.
//!
//! ```
//! use std::io::{Read, Write};
//! use std::net::TcpStream;
//!
//! use hub_auth_testkit::hub::{SimHub, demo};
//! use hub_auth_testkit::Loopback;
//!
//! let server = Loopback::start(SimHub::demo())?;
//!
//! let body = format!(r#"{{"username":"{}","password":"{}"}}"#, demo::USER_WITHOUT_2FA, demo::PASSWORD_WITHOUT_2FA);
//! let mut stream = TcpStream::connect(server.address())?;
//! write!(stream, "POST /v2/users/login HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n")?;
//! write!(stream, "Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len())?;
//!
//! let mut answer = String::new();
//! stream.read_to_string(&mut answer)?;
//! assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"));
//! assert_eq!(server.requests()[0].target, "/v2/users/login");
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! What goes wrong is ordered from the hub, for one request at a time: `server.hub().script(Fault::DropAfter)`, and so
//! for dripping, endless, cut and missing answers. What happens before any request is the server's: [`Loopback::deaf`].
//! What no hub would do, down to single bytes and records of TLS, is scripted: [`wire::Wire`].
//! The server's clock is the system's, moved by [`Loopback::advance`] and [`Loopback::set_now`], so no test has to wait.
//!
//! What stands between: [`LoopbackProxy`] is a proxy, [`Relay`] a slow line that counts round trips.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod answer;
#[cfg(feature = "conformance")]
#[cfg_attr(docsrs, doc(cfg(feature = "conformance")))]
pub mod conformance;
mod connection;
pub mod control;
pub mod hub;
mod listener;
mod loopback;
mod pipe;
mod proxy;
mod relay;
mod request;
mod shared;
#[cfg(feature = "tls")]
#[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
pub mod tls;
pub mod wire;

pub use loopback::Loopback;
pub use proxy::{Asked, LoopbackProxy};
pub use relay::Relay;
pub use request::Recorded;
