//! Delays each direction of a connection, and counts its round trips.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use crate::listener::{Listener, Stop};
use crate::pipe;

/// Relays TCP on loopback in front of a server. Delays each piece in each direction, and counts the round trips of the client.
/// Dropping it ends every connection through it.
///
/// Opening a connection is one round trip, and so is every flight of the client that the server answered. The relay counts turns
/// and no time. The delay keeps turns apart: whatever a client sends without waiting for an answer is one flight.
pub(super) struct Relay {
    round_trips: Arc<AtomicUsize>,
    listener: Listener,
}

impl Relay {
    /// Starts a relay to this address.
    pub(super) fn start(to: SocketAddr, delay: Duration) -> io::Result<Relay> {
        let (round_trips, stop) = (Arc::<AtomicUsize>::default(), Arc::<Stop>::default());
        let (count, of_thread) = (Arc::clone(&round_trips), Arc::clone(&stop));
        let listener = Listener::start(0, stop, move |client, _| {
            count.fetch_add(1, Ordering::SeqCst);
            // The server may be gone. Then the client's connection ends.
            let _ = relay(client, to, delay, &count, &of_thread);
        })?;
        Ok(Relay { round_trips, listener })
    }

    pub(super) fn port(&self) -> u16 {
        self.listener.address().port()
    }

    /// Counts the round trips on all connections.
    pub(super) fn round_trips(&self) -> usize {
        self.round_trips.load(Ordering::SeqCst)
    }
}

/// The number of pauses that make one delay. If the machine stands still, one of them is late and not the whole delay.
const STEPS: u32 = 20;

/// Pauses, and returns true if the relay goes on.
fn hold(stop: &Stop, delay: Duration) -> bool {
    (0..STEPS).all(|_| stop.pause(delay / STEPS))
}

fn relay(client: &TcpStream, to: SocketAddr, delay: Duration, count: &AtomicUsize, stop: &Arc<Stop>) -> io::Result<()> {
    let server = TcpStream::connect(to)?;
    server.set_nodelay(true)?;
    let _open = Stop::open(stop, &server)?;
    // True if the client has sent something that the server has not answered yet.
    let asked = AtomicBool::new(false);
    let up = || {
        asked.store(true, Ordering::SeqCst);
        hold(stop, delay)
    };
    let down = || {
        let goes_on = hold(stop, delay);
        count.fetch_add(usize::from(asked.swap(false, Ordering::SeqCst)), Ordering::SeqCst);
        goes_on
    };
    pipe::join(client, &server, up, down);
    Ok(())
}
