//! A server of bytes: it follows a script, whatever HTTP and TLS would have it do.
//!
//! ```
//! use std::io::{Read, Write};
//! use std::net::TcpStream;
//!
//! use hub_auth_testkit::wire::{Act, Wire};
//!
//! // Half an answer to the first connection, none to all others.
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
mod line;
mod nowhere;
#[cfg(feature = "tls")]
mod secure;

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};

use http::Uri;

pub use act::Act;
pub use nowhere::Nowhere;

use crate::Recorded;
use crate::listener::{Listener, Stop};
use crate::shared::lock;
use line::{Layer, Line};

/// A scripted server on a free port of 127.0.0.1. Dropping it stops it: no thread and no socket is left.
pub struct Wire {
    play: Arc<Play>,
    address: SocketAddr,
    url: Uri,
    listener: Option<Listener>,
}

/// Makes the layer between a connection's bytes and its socket.
type NewLayer = Box<dyn Fn() -> io::Result<Box<dyn Layer>> + Send + Sync>;

/// The scripts, and the record of what arrived.
struct Play {
    scripts: Vec<Vec<Act>>,
    layer: Option<NewLayer>,
    requests: Mutex<Vec<Recorded>>,
    /// The bytes that were read, by connection.
    received: Mutex<Vec<Vec<u8>>>,
}

impl Wire {
    /// Starts a server of plain bytes, with a script for each connection; the last one is for all that follow.
    pub fn start(scripts: Vec<Vec<Act>>) -> io::Result<Wire> {
        Wire::bind(scripts, None, "http://127.0.0.1")
    }

    /// Starts a server beneath TLS. Issue the identity for `localhost`, which [`Wire::url`] names. The handshake is made by the
    /// first act that reads or writes what TLS protects.
    #[cfg(feature = "tls")]
    #[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
    pub fn start_tls(tls: impl Into<crate::tls::Server>, scripts: Vec<Vec<Act>>) -> io::Result<Wire> {
        let config = tls.into().config()?;
        let layer = move || -> io::Result<Box<dyn Layer>> {
            let tls = rustls::ServerConnection::new(Arc::clone(&config)).map_err(io::Error::other)?;
            Ok(Box::new(secure::Secure(tls)))
        };
        Wire::bind(scripts, Some(Box::new(layer)), "https://localhost")
    }

    fn bind(scripts: Vec<Vec<Act>>, layer: Option<NewLayer>, origin: &str) -> io::Result<Wire> {
        let play = Arc::new(Play { scripts, layer, requests: Mutex::default(), received: Mutex::default() });
        let of_thread = Arc::clone(&play);
        let listener = Listener::start(0, Arc::<Stop>::default(), move || {
            let play = Arc::clone(&of_thread);
            move |socket: &TcpStream, number| play.follow(number, socket)
        })?;
        let address = listener.address();
        let url = format!("{origin}:{}", address.port()).parse().map_err(io::Error::other)?;
        Ok(Wire { play, address, url, listener: Some(listener) })
    }

    /// Returns its base URL: `http://127.0.0.1:PORT` or `https://localhost:PORT`.
    #[must_use]
    pub fn url(&self) -> Uri {
        self.url.clone()
    }

    /// Returns the address it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Counts the connections that were accepted.
    #[must_use]
    pub fn connections(&self) -> usize {
        lock(&self.play.received).len()
    }

    /// Counts the connections that this side has closed or reset.
    #[must_use]
    pub fn closed(&self) -> usize {
        self.listener.as_ref().map_or_else(|| self.connections(), Listener::closed)
    }

    /// Every request that was read whole, oldest first.
    #[must_use]
    pub fn requests(&self) -> Vec<Recorded> {
        lock(&self.play.requests).clone()
    }

    /// All bytes that were read, by connection; what TLS protects is here in the clear, its handshakes are not.
    #[must_use]
    pub fn received(&self) -> Vec<Vec<u8>> {
        lock(&self.play.received).clone()
    }

    /// Returns a handle that ends its connections from elsewhere, as long as it runs.
    #[cfg(feature = "conformance")]
    pub(crate) fn end(&self) -> Option<Arc<Stop>> {
        self.listener.as_ref().map(Listener::end)
    }

    /// Ends every connection and waits for it, so that what was read is known for good.
    pub fn stop(&mut self) {
        self.listener = None;
    }
}

impl std::fmt::Debug for Wire {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Wire").field("url", &self.url).field("connections", &self.connections()).finish_non_exhaustive()
    }
}

impl Play {
    /// Follows the script of this connection.
    fn follow(&self, number: usize, socket: &TcpStream) {
        let mut received = lock(&self.received);
        let most = received.len().max(number + 1);
        received.resize_with(most, Vec::new);
        drop(received);
        let read = |bytes: &[u8]| {
            if let Some(received) = lock(&self.received).get_mut(number) {
                received.extend(bytes);
            }
        };
        let request = |recorded| lock(&self.requests).push(recorded);
        let acts = self.scripts.get(number).or(self.scripts.last()).map(Vec::as_slice).unwrap_or_default();
        if let Ok(layer) = self.layer.as_ref().map(|new| new()).transpose() {
            // An error is the client's going away, which is its right.
            let _ = Line::new(socket, number, layer, &read, &request).play(acts);
        }
    }
}
