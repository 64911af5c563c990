//! Listens on loopback with a thread for each connection, and ends all of them.

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::shared::lock;

/// Listens on a port of 127.0.0.1. Dropping it stops it, and leaves no thread and no socket behind.
pub(crate) struct Listener {
    address: SocketAddr,
    stop: Arc<Stop>,
    accepting: Option<JoinHandle<()>>,
}

impl Listener {
    /// Accepts on this port, or on a free one for 0, until `stop` is given. Calls `talk` with each connection and its number,
    /// counted from zero, on a thread of its own.
    pub(crate) fn start<F>(port: u16, stop: Arc<Stop>, talk: F) -> io::Result<Listener>
    where
        F: Fn(&TcpStream, usize) + Send + Sync + 'static,
    {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        let address = listener.local_addr()?;
        let of_thread = Arc::clone(&stop);
        let accepting = thread::Builder::new().spawn(move || accept(&listener, &of_thread, &Arc::new(talk)))?;
        Ok(Listener { address, stop, accepting: Some(accepting) })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns a handle that ends the connections from elsewhere.
    #[cfg(feature = "conformance")]
    pub(crate) fn end(&self) -> Arc<Stop> {
        Arc::clone(&self.stop)
    }

    /// Counts the connections that were accepted.
    pub(crate) fn connections(&self) -> usize {
        self.stop.accepted.load(Ordering::SeqCst)
    }

    /// Counts the accepted connections that are closed again.
    pub(crate) fn closed(&self) -> usize {
        self.stop.closed.load(Ordering::SeqCst)
    }

    /// Ends every connection, and waits until its thread has ended.
    pub(crate) fn stop(&mut self) {
        let Some(accepting) = self.accepting.take() else { return };
        self.stop.stop();
        // Wakes the thread in accept. If nobody listens any more it has ended by itself.
        let woken = TcpStream::connect(self.address);
        let _ = accepting.join();
        drop(woken);
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Gives each connection its thread, and at the end waits for all of them.
fn accept<F>(listener: &TcpListener, stop: &Arc<Stop>, talk: &Arc<F>)
where
    F: Fn(&TcpStream, usize) + Send + Sync + 'static,
{
    let mut threads: Vec<JoinHandle<()>> = Vec::new();
    loop {
        let accepted = listener.accept();
        if stop.is_stopped() {
            break;
        }
        threads.retain(|thread| !thread.is_finished());
        let Ok((socket, _)) = accepted else {
            // Too many open files, say: it may pass.
            stop.pause(Duration::from_millis(10));
            continue;
        };
        // Before its thread starts, so that a stop from here on ends it.
        let Ok(open) = Stop::open(stop, &socket) else { continue };
        let talk = Arc::clone(talk);
        let number = stop.accepted.fetch_add(1, Ordering::SeqCst);
        let of_thread = Arc::clone(stop);
        let spawned = thread::Builder::new().spawn(move || {
            // Without delay each piece leaves at once; where that fails they leave together.
            let _ = socket.set_nodelay(true);
            talk(&socket, number);
            drop((open, socket));
            of_thread.closed.fetch_add(1, Ordering::SeqCst);
        });
        threads.extend(spawned);
    }
    for thread in threads {
        // A panic has told of itself on standard error.
        let _ = thread.join();
    }
}

/// Ends the pauses, and the reads and writes on the open connections.
#[derive(Default)]
pub(crate) struct Stop {
    accepted: AtomicUsize,
    closed: AtomicUsize,
    opened: AtomicUsize,
    sockets: Mutex<BTreeMap<usize, TcpStream>>,
    stopped: Mutex<bool>,
    changed: Condvar,
}

impl Stop {
    /// Keeps a handle to this socket, for [`Stop::stop`], until the guard is dropped.
    pub(crate) fn open(self: &Arc<Stop>, socket: &TcpStream) -> io::Result<Open> {
        let number = self.opened.fetch_add(1, Ordering::SeqCst);
        lock(&self.sockets).insert(number, socket.try_clone()?);
        if self.is_stopped() {
            self.stop();
        }
        Ok(Open { stop: Arc::clone(self), number })
    }

    pub(crate) fn stop(&self) {
        *lock(&self.stopped) = true;
        self.changed.notify_all();
        self.hang_up();
    }

    /// Ends the connections that are open now.
    pub(crate) fn hang_up(&self) {
        for socket in lock(&self.sockets).values() {
            // Fails where the connection is closed already.
            let _ = socket.shutdown(Shutdown::Both);
        }
    }

    pub(crate) fn is_stopped(&self) -> bool {
        *lock(&self.stopped)
    }

    /// Pauses. Returns true if the server goes on.
    pub(crate) fn pause(&self, time: Duration) -> bool {
        let stopped = lock(&self.stopped);
        let waited = self.changed.wait_timeout_while(stopped, time, |stopped| !*stopped);
        let (stopped, _) = waited.unwrap_or_else(PoisonError::into_inner);
        !*stopped
    }
}

/// Keeps a connection where [`Stop::stop`] can end it.
pub(crate) struct Open {
    stop: Arc<Stop>,
    number: usize,
}

impl Drop for Open {
    fn drop(&mut self) {
        lock(&self.stop.sockets).remove(&self.number);
    }
}
