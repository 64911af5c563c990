//! Serves the simulated Hub behind a socket.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::sync::{Arc, MutexGuard};
use std::time::Duration;

use crate::hub::SimHub;
use http::Uri;
use hub_auth_core::UnixTime;

use crate::listener::Listener;
#[cfg(feature = "conformance")]
use crate::listener::Stop;
use crate::shared::{Shared, lock};
use crate::stream::{self, Stream, Tls};
use crate::{Recorded, connection};

/// Serves a simulated Hub on a port of 127.0.0.1. Dropping it stops the server, and leaves no thread and no socket behind.
pub struct Loopback {
    shared: Arc<Shared>,
    url: Uri,
    listener: Listener,
}

impl Loopback {
    /// Starts a server of plain HTTP/1.1 on a free port.
    pub fn start(hub: SimHub) -> io::Result<Loopback> {
        Loopback::start_at(hub, 0)
    }

    /// Starts a server of plain HTTP/1.1 on this port. Fails if another program has the port.
    pub fn start_at(hub: SimHub, port: u16) -> io::Result<Loopback> {
        Loopback::bind(hub, port, None)
    }

    /// Starts a server of HTTP/1.1 over TLS on a free port, with an identity or with a whole [`tls::Server`](crate::tls::Server).
    /// Issue the identity for `localhost`, which [`Loopback::url`] names.
    #[cfg(feature = "tls")]
    #[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
    pub fn start_tls(hub: SimHub, tls: impl Into<crate::tls::Server>) -> io::Result<Loopback> {
        Loopback::start_tls_at(hub, 0, tls)
    }

    /// Starts a server of HTTP/1.1 over TLS on this port. Fails if another program has the port.
    #[cfg(feature = "tls")]
    #[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
    pub fn start_tls_at(hub: SimHub, port: u16, tls: impl Into<crate::tls::Server>) -> io::Result<Loopback> {
        Loopback::bind(hub, port, Some(tls.into().config()?))
    }

    fn bind(hub: SimHub, port: u16, tls: Option<Tls>) -> io::Result<Loopback> {
        let shared = Arc::new(Shared::new(hub));
        let (of_thread, is_tls) = (Arc::clone(&shared), tls.is_some());
        let listener = Listener::start(port, Arc::clone(&shared.stop), move |socket, number| {
            // The client may go away whenever it likes.
            let _ = Stream::open(socket, tls.as_ref())
                .and_then(|mut stream| connection::serve(&mut stream, number, &of_thread));
            connection::close(socket);
        })?;
        let url = stream::url(is_tls, listener.address().port())?;
        lock(&shared.hub).set_origin(&url.to_string());
        Ok(Loopback { shared, url, listener })
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

    /// Locks the hub, to change it or to read its state. The server answers no request while the guard lives.
    pub fn hub(&self) -> MutexGuard<'_, SimHub> {
        lock(&self.shared.hub)
    }

    /// Returns the time on the server's clock.
    #[must_use]
    pub fn now(&self) -> UnixTime {
        self.shared.now()
    }

    /// Moves the server's clock forward.
    pub fn advance(&self, by: Duration) {
        self.shared.advance(by);
    }

    /// Sets the server's clock, forward or back. The clock runs on from there.
    pub fn set_now(&self, now: UnixTime) {
        self.shared.set_now(now);
    }

    /// Returns the code that this user's authenticator shows now: [`SimHub::code`].
    #[must_use]
    pub fn code(&self, user: &str) -> Option<String> {
        self.hub().code(user, self.now())
    }

    /// Serves the [control routes](crate::control) as well, beside the Hub's own.
    pub fn serve_controls(&self) {
        self.shared.controls.store(true, Ordering::SeqCst);
    }

    /// Counts the connections that were accepted.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.listener.connections()
    }

    /// Closes every open connection, as a server closes those that were idle for too long.
    pub fn hang_up(&self) {
        self.shared.stop.hang_up();
    }

    /// Lists the requests that arrived whole, oldest first.
    #[must_use]
    pub fn requests(&self) -> Vec<Recorded> {
        lock(&self.shared.requests).clone()
    }

    /// Returns a handle that ends its connections from elsewhere.
    #[cfg(feature = "conformance")]
    pub(crate) fn end(&self) -> Arc<Stop> {
        self.listener.end()
    }
}

impl std::fmt::Debug for Loopback {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Loopback")
            .field("url", &self.url)
            .field("connections", &self.connections())
            .finish_non_exhaustive()
    }
}
