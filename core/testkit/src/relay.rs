//! A slow line: a relay that delays each direction and counts round trips.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use crate::listener::{Listener, Stop};
use crate::pipe;
use crate::shared::lock;

/// A TCP relay on loopback in front of a server. It holds every piece back for a while, in each direction, and counts
/// the round trips that a client made. Dropping it ends every connection through it.
///
/// Opening a connection is one, and so is every flight of the client that something of the server's followed: turns
/// are counted, not time. The delay keeps them apart: what a client sends without waiting is one flight, however the
/// threads are scheduled. So make it long beside what a client computes; 50 milliseconds do. It passes in small steps,
/// so that a machine that stands still for longer stands still for one of them.
pub struct Relay {
    count: Arc<Count>,
    listener: Listener,
}

#[derive(Default)]
struct Count {
    round_trips: Mutex<usize>,
    changed: Condvar,
}

impl Relay {
    /// A relay to this address.
    pub fn start(to: SocketAddr, delay: Duration) -> io::Result<Relay> {
        let count = Arc::new(Count::default());
        let (of_thread, stop) = (Arc::clone(&count), Arc::<Stop>::default());
        let listener = Listener::start(0, Arc::clone(&stop), move || {
            let (count, stop) = (Arc::clone(&of_thread), Arc::clone(&stop));
            count.add();
            // An error is the server's not being there: the client's connection ends.
            move |client, _| drop(relay(client, to, delay, &count, &stop))
        })?;
        Ok(Relay { count, listener })
    }

    /// Returns the address it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.listener.address()
    }

    /// Counts the connections that were opened through it.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.listener.connections()
    }

    /// Counts the round trips on all connections.
    #[must_use]
    pub fn round_trips(&self) -> usize {
        *lock(&self.count.round_trips)
    }

    /// Waits until there were this many round trips; `false` if there were not within this time.
    #[must_use]
    pub fn wait_for(&self, round_trips: usize, at_most: Duration) -> bool {
        let count = lock(&self.count.round_trips);
        let waited = self.count.changed.wait_timeout_while(count, at_most, |count| *count < round_trips);
        *waited.unwrap_or_else(PoisonError::into_inner).0 >= round_trips
    }
}

impl Count {
    fn add(&self) {
        *lock(&self.round_trips) += 1;
        self.changed.notify_all();
    }
}

/// The number of pauses that make one delay.
const STEPS: u32 = 20;

/// Pauses, and says whether all goes on.
fn hold(stop: &Stop, delay: Duration) -> bool {
    (0..STEPS).all(|_| stop.pause(delay / STEPS))
}

fn relay(client: &TcpStream, to: SocketAddr, delay: Duration, count: &Count, stop: &Arc<Stop>) -> io::Result<()> {
    let server = TcpStream::connect(to)?;
    server.set_nodelay(true)?;
    let _open = Stop::open(stop, &server)?;
    // Whether the client has sent something that nothing of the server's followed yet.
    let asked = Mutex::new(false);
    let up = || {
        *lock(&asked) = true;
        hold(stop, delay)
    };
    let down = || {
        let on = hold(stop, delay);
        if std::mem::take(&mut *lock(&asked)) {
            count.add();
        }
        on
    };
    pipe::join(client, &server, up, down);
    Ok(())
}

impl std::fmt::Debug for Relay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Relay")
            .field("address", &self.address())
            .field("round_trips", &self.round_trips())
            .finish_non_exhaustive()
    }
}
