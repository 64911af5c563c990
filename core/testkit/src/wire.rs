//! Sends the bytes of a script to each connection, also bytes that break HTTP and TLS.
//!
//! ```
//! use std::io::{Read, Write};
//! use std::net::TcpStream;
//!
//! use hub_auth_testkit::wire::{Act, Wire};
//!
//! // The first connection gets half an answer, all others none.
//! let half = Act::write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{");
//! let server = Wire::start(vec![vec![Act::Read, half, Act::Cut], vec![Act::Reset]])?;
//!
//! let mut stream = TcpStream::connect(server.address())?;
//! stream.write_all(b"GET / HTTP/1.1\r\n\r\n")?;
//! let mut answer = String::new();
//! stream.read_to_string(&mut answer)?;
//! assert!(answer.ends_with("\r\n\r\n{"));
//! assert_eq!(server.requests().len(), 1);
//! # Ok::<(), std::io::Error>(())
//! ```

mod act;
mod nowhere;

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use http::Uri;

pub use act::Act;
pub use nowhere::Nowhere;

use crate::Recorded;
use crate::listener::Listener;
use crate::shared::lock;
use crate::stream::{self, Stream, Tls};
use act::Line;

/// Serves scripts on a free port of 127.0.0.1. Dropping it stops the server, and leaves no thread and no socket behind.
pub struct Wire {
    requests: Arc<Mutex<Vec<Recorded>>>,
    url: Uri,
    listener: Listener,
}

impl Wire {
    /// Starts a server of plain bytes, with a script for each connection. The last script serves all later connections.
    pub fn start(scripts: Vec<Vec<Act>>) -> io::Result<Wire> {
        Wire::bind(scripts, None)
    }

    /// Starts a server beneath TLS. Issue its identity for `localhost`, which [`Wire::url`] names. The first act that reads or
    /// writes what TLS protects shakes hands.
    #[cfg(feature = "tls")]
    #[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
    pub fn start_tls(tls: impl Into<crate::tls::Server>, scripts: Vec<Vec<Act>>) -> io::Result<Wire> {
        Wire::bind(scripts, Some(tls.into().config()?))
    }

    fn bind(scripts: Vec<Vec<Act>>, tls: Option<Tls>) -> io::Result<Wire> {
        let requests = Arc::<Mutex<Vec<Recorded>>>::default();
        let (arrived, is_tls) = (Arc::clone(&requests), tls.is_some());
        let listener = Listener::start(0, Arc::default(), move |socket, number| {
            let acts = scripts.get(number).or(scripts.last()).map(Vec::as_slice).unwrap_or_default();
            let request = &|recorded| lock(&arrived).push(recorded);
            // The client may go away whenever it likes.
            let _ = Stream::open(socket, tls.as_ref()).and_then(|stream| Line { stream, number, request }.play(acts));
        })?;
        let url = stream::url(is_tls, listener.address().port())?;
        Ok(Wire { requests, url, listener })
    }

    /// Returns the base URL: `http://127.0.0.1:PORT` or `https://localhost:PORT`.
    #[must_use]
    pub fn url(&self) -> Uri {
        self.url.clone()
    }

    /// Returns the address on which the server listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.listener.address()
    }

    /// Counts the connections that were accepted.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.listener.connections()
    }

    /// Counts the connections that the server has closed or reset.
    #[must_use]
    pub fn closed(&self) -> usize {
        self.listener.closed()
    }

    /// Lists the requests that arrived whole, oldest first.
    #[must_use]
    pub fn requests(&self) -> Vec<Recorded> {
        lock(&self.requests).clone()
    }

    /// Returns a handle that ends the connections from elsewhere.
    #[cfg(feature = "conformance")]
    pub(crate) fn end(&self) -> Arc<crate::listener::Stop> {
        self.listener.end()
    }

    /// Ends every connection and waits for it, so that no further request arrives.
    pub fn stop(&mut self) {
        self.listener.stop();
    }
}

impl std::fmt::Debug for Wire {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Wire").field("url", &self.url).field("connections", &self.connections()).finish_non_exhaustive()
    }
}
