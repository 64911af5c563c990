//! The server: starting, looking in, stopping.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::Ordering;
use std::sync::{Arc, MutexGuard};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use http::Uri;
use hub_auth_core::UnixTime;
use hub_auth_core::sim::SimHub;

use crate::shared::{Shared, lock};
use crate::{Recorded, connection};

/// A simulated Hub on a free port of 127.0.0.1. Dropping it stops it: no thread and no socket is left.
pub struct Loopback {
    shared: Arc<Shared>,
    address: SocketAddr,
    url: Uri,
    accepting: Option<JoinHandle<()>>,
}

impl Loopback {
    /// Starts a server of plain HTTP/1.1.
    pub fn start(hub: SimHub) -> io::Result<Loopback> {
        Loopback::bind(hub, "http://127.0.0.1", |mut socket, number, shared| {
            // An error is the client's going away, which is its right.
            let _ = connection::serve(&mut socket, number, shared);
        })
    }

    /// Starts a server of HTTP/1.1 over TLS: a [`tls::Server`](crate::tls::Server), or an identity for one that asks for
    /// nothing. Issue it for `localhost`: that is what [`Loopback::url`] names.
    #[cfg(feature = "tls")]
    #[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
    pub fn start_tls(hub: SimHub, tls: impl Into<crate::tls::Server>) -> io::Result<Loopback> {
        let config = tls.into().config()?;
        Loopback::bind(hub, "https://localhost", move |socket, number, shared| {
            let _ = crate::tls::serve(&config, socket, number, shared);
        })
    }

    fn bind<F>(hub: SimHub, origin: &str, talk: F) -> io::Result<Loopback>
    where
        F: Fn(&TcpStream, usize, &Shared) + Send + Sync + 'static,
    {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let url = format!("{origin}:{}", address.port()).parse().map_err(io::Error::other)?;
        let shared = Arc::new(Shared::new(hub));
        let (of_thread, talk) = (Arc::clone(&shared), Arc::new(talk));
        let accepting = thread::Builder::new().spawn(move || accept(&listener, &of_thread, &talk))?;
        Ok(Loopback { shared, address, url, accepting: Some(accepting) })
    }

    /// Where it is, to be used as a base URL: `http://127.0.0.1:PORT` or `https://localhost:PORT`.
    #[must_use]
    pub fn url(&self) -> Uri {
        self.url.clone()
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The hub, to add to it or to look in. No request is answered while the guard is held.
    pub fn hub(&self) -> MutexGuard<'_, SimHub> {
        lock(&self.shared.hub)
    }

    /// The time on the server's clock.
    #[must_use]
    pub fn now(&self) -> UnixTime {
        self.shared.now()
    }

    /// Moves the server's clock forward.
    pub fn advance(&self, by: Duration) {
        self.shared.advance(by);
    }

    /// Sets the server's clock, which then runs on; back in time as well.
    pub fn set_now(&self, now: UnixTime) {
        self.shared.set_now(now);
    }

    /// The code that this user's authenticator shows now: [`SimHub::code`].
    #[must_use]
    pub fn code(&self, user: &str) -> Option<String> {
        self.hub().code(user, self.now())
    }

    /// From now on connections are accepted and nothing is ever said on them, a TLS handshake included; or no longer
    /// so.
    pub fn deaf(&self, deaf: bool) {
        self.shared.deaf.store(deaf, Ordering::SeqCst);
    }

    /// How many connections were accepted so far.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.shared.accepted.load(Ordering::SeqCst)
    }

    /// Every request that was read, oldest first.
    #[must_use]
    pub fn requests(&self) -> Vec<Recorded> {
        lock(&self.shared.requests).clone()
    }
}

impl Drop for Loopback {
    fn drop(&mut self) {
        self.shared.stop();
        // Wakes the thread in accept. If nobody listens any more it has ended by itself.
        let woken = TcpStream::connect(self.address);
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
        drop(woken);
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

/// Gives each connection its thread, and at the end waits for all of them.
fn accept<F>(listener: &TcpListener, shared: &Arc<Shared>, talk: &Arc<F>)
where
    F: Fn(&TcpStream, usize, &Shared) + Send + Sync + 'static,
{
    let mut threads: Vec<JoinHandle<()>> = Vec::new();
    loop {
        let accepted = listener.accept();
        if shared.is_stopped() {
            break;
        }
        threads.retain(|thread| !thread.is_finished());
        let Ok((socket, _)) = accepted else {
            // Too many open files, say: it may pass.
            shared.pause(Duration::from_millis(10));
            continue;
        };
        // Registered before its thread starts: a stop from here on ends it.
        let Ok(handle) = socket.try_clone() else { continue };
        let deaf = shared.deaf.load(Ordering::SeqCst);
        let number = shared.accepted.fetch_add(1, Ordering::SeqCst);
        let open = Shared::open(shared, number, handle);
        let (shared, talk) = (Arc::clone(shared), Arc::clone(talk));
        let spawned = thread::Builder::new().spawn(move || {
            let _open = open;
            // Without delay each dripped byte leaves at once; where that fails they leave together.
            let _ = socket.set_nodelay(true);
            if deaf {
                connection::ignore(&socket);
            } else {
                talk(&socket, number, &shared);
                connection::close(&socket);
            }
        });
        threads.extend(spawned);
    }
    shared.stop();
    for thread in threads {
        // It ended in a panic, and said so on standard error.
        let _ = thread.join();
    }
}
