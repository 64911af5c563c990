//! Connects to the first address of a host that answers (RFC 8305). ureq tries the addresses one after the other, and
//! spends seconds on each dead one.

use std::net::SocketAddr;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use ureq::{Error, Timeout};

/// The pause before the next address is tried beside the ones before (RFC 8305, section 5).
const NEXT_ADDRESS: Duration = Duration::from_millis(250);

/// Tries the addresses side by side, each a pause after the one before or as soon as one has failed. Returns what `connect`
/// returned first, by the deadline.
pub(crate) fn race<T: Send + 'static>(
    addresses: Vec<SocketAddr>,
    deadline: Instant,
    connect: impl Fn(SocketAddr, Duration) -> Result<T, Error> + Clone + Send + 'static,
) -> Result<T, Error> {
    let (sender, connected) = mpsc::channel();
    let mut waiting = addresses.into_iter();
    let mut running = 0;
    let mut last = Error::HostNotFound;
    loop {
        let mut pause = left(deadline);
        if let Some(address) = waiting.next() {
            let (sender, connect) = (sender.clone(), connect.clone());
            // The standard library takes no time for an error.
            let time = pause.max(Duration::from_millis(1));
            let attempt = move || drop(sender.send(connect(address, time)));
            thread::Builder::new().name("hub-auth-connect".into()).spawn(attempt)?;
            running += 1;
            pause = pause.min(NEXT_ADDRESS);
        } else if running == 0 {
            return Err(last);
        }
        match connected.recv_timeout(pause) {
            Ok(Ok(connection)) => return Ok(connection),
            Ok(Err(error)) => (last, running) = (error, running - 1),
            Err(_) if left(deadline).is_zero() => return Err(Error::Timeout(Timeout::Connect)),
            Err(_) => {}
        }
    }
}

/// Puts the two families in turn, beginning with the one that the system put first (RFC 8305, section 4).
pub(crate) fn in_turn(addresses: &[SocketAddr]) -> Vec<SocketAddr> {
    let is_of_first =
        |address: &&SocketAddr| addresses.first().is_some_and(|first| first.is_ipv4() == address.is_ipv4());
    let (first, second): (Vec<_>, Vec<_>) = addresses.iter().partition(is_of_first);
    let turns = (0..first.len().max(second.len())).flat_map(|turn| [first.get(turn), second.get(turn)]);
    turns.flatten().copied().copied().collect()
}

pub(crate) fn left(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(Instant::now())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    /// So late that a test which waits for a dead address hangs.
    const LATE: Duration = Duration::from_secs(60 * 60);
    const _: () = assert!(NEXT_ADDRESS.as_millis() * 3 < 1000, "three dead addresses cost less than a second");

    /// Never answers.
    fn silence() -> ! {
        loop {
            thread::park();
        }
    }

    /// Races to `good`, the only address that answers, and returns the addresses that were tried.
    fn tried(addresses: &[&str], good: &str) -> Vec<SocketAddr> {
        let good: SocketAddr = good.parse().unwrap();
        let tried = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&tried);
        let connect = move |address: SocketAddr, _| {
            seen.lock().unwrap().push(address);
            if address == good { Ok(address) } else { silence() }
        };
        let addresses: Vec<_> = addresses.iter().map(|address| address.parse().unwrap()).collect();
        assert_eq!(race(in_turn(&addresses), Instant::now() + LATE, connect).unwrap(), good);
        tried.lock().unwrap().clone()
    }

    #[test]
    fn dead_addresses_of_either_family_cost_one_pause_each() {
        const V4: [&str; 4] = ["192.0.2.1:1", "192.0.2.2:1", "192.0.2.3:1", "192.0.2.4:1"];
        const V6: [&str; 4] = ["[2001:db8::1]:1", "[2001:db8::2]:1", "[2001:db8::3]:1", "[2001:db8::4]:1"];
        for (own, other) in [(V4, V6), (V6, V4)] {
            assert_eq!(tried(&[own[0], other[0]], other[0]).len(), 2);
            assert_eq!(tried(&own, own[3]).len(), 4);
            // The first address of the other family is tried second, however many dead ones stand before it.
            assert_eq!(tried(&[own[0], own[1], own[2], other[0]], other[0]).len(), 2);
        }
    }

    #[test]
    fn a_refused_address_is_followed_by_the_next_one_at_once() {
        let [refused, good] = ["192.0.2.1:1", "[2001:db8::1]:1"].map(|address| address.parse().unwrap());
        let connect = move |address, _| if address == good { Ok(address) } else { Err(Error::ConnectionFailed) };
        let race = |addresses: &[SocketAddr]| race(addresses.to_vec(), Instant::now() + LATE, connect);
        assert_eq!(race(&[refused, refused, good]).unwrap(), good);
        assert!(matches!(race(&[refused]), Err(Error::ConnectionFailed)));
        assert!(matches!(race(&[]), Err(Error::HostNotFound)));
    }

    #[test]
    fn the_deadline_ends_the_race() {
        let addresses = vec!["192.0.2.1:1".parse().unwrap()];
        let error = race(addresses, Instant::now(), |_, _| -> Result<(), Error> { silence() }).unwrap_err();
        assert!(matches!(error, Error::Timeout(_)), "{error}");
    }
}
