//! From a name to a socket, without waiting for what does not answer.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::{Duration, Instant};

use hub_auth_core::TransportErrorKind;
use hub_auth_core::http::Uri;
use ureq::Error;
use ureq::unversioned::transport::ShutdownHandle;

use crate::error::NotSent;
use crate::stop::Stopped;

/// How long an address is waited for before the next is tried beside it (RFC 8305, section 5).
const HEAD_START: Duration = Duration::from_millis(200);

/// Registers a handle with the agent, which calls it when it is shut down.
pub(crate) type Register<'a> = &'a dyn Fn(Weak<dyn ShutdownHandle>) -> Result<(), Error>;

pub(crate) struct Host<'a> {
    /// A name, or an address without brackets.
    name: &'a str,
    port: u16,
}

impl<'a> Host<'a> {
    pub(crate) fn of(uri: &'a Uri) -> Result<Host<'a>, NotSent> {
        let name = uri.host().unwrap_or_default();
        let name = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
        let default = match uri.scheme_str() {
            Some("https") => 443,
            Some("http") => 80,
            _ => 1080,
        };
        if name.is_empty() {
            return Err(NotSent::new(TransportErrorKind::Connect, "the URL has no host"));
        }
        Ok(Host { name, port: uri.port_u16().unwrap_or(default) })
    }

    /// Returns the addresses of the host, at least one. The look-up runs in a thread of its own, which cannot be stopped; after
    /// the deadline nobody waits for it.
    pub(crate) fn look_up(&self, deadline: Instant, register: Register) -> Result<Vec<SocketAddr>, NotSent> {
        if let Ok(address) = self.name.parse::<IpAddr>() {
            return Ok(vec![(address, self.port).into()]);
        }
        let (sender, found) = mpsc::channel();
        let _handle = end_on_shutdown(&sender, register)?;
        let name = (self.name.to_owned(), self.port);
        spawn(move || sender.send((&*name.0, name.1).to_socket_addrs().map(Iterator::collect)))?;
        match found.recv_timeout(left(deadline)) {
            Ok(Ok(addresses)) if Vec::is_empty(&addresses) => {
                Err(NotSent::new(TransportErrorKind::Resolve, format!("{} has no address", self.name)))
            }
            Ok(Ok(addresses)) => Ok(addresses),
            Ok(Err(error)) => Err(NotSent::new(TransportErrorKind::Resolve, error)),
            Err(_) => {
                Err(NotSent::new(TransportErrorKind::Timeout, format!("the look-up of {} took too long", self.name)))
            }
        }
    }

    /// Keeps the loopback addresses. Plain http goes to no other, whatever the name resolves to: `/etc/hosts` can name any
    /// machine `localhost`.
    pub(crate) fn keep_loopback(&self, addresses: &mut Vec<SocketAddr>) -> Result<(), NotSent> {
        let other = addresses.iter().map(SocketAddr::ip).find(|address| !address.to_canonical().is_loopback());
        addresses.retain(|address| address.ip().to_canonical().is_loopback());
        match other {
            Some(other) if addresses.is_empty() => Err(NotSent::new(
                TransportErrorKind::Connect,
                format!("{} resolves to {other}, and plain http goes to a loopback address only", self.name),
            )),
            _ => Ok(()),
        }
    }
}

/// Connects to the first address that answers: both families in turn, each with a head start over the next (RFC 8305). ureq
/// tries one after the other, and a dead one costs it seconds.
pub(crate) fn race(addresses: &[SocketAddr], deadline: Instant, register: Register) -> Result<TcpStream, NotSent> {
    let (sender, connected) = mpsc::channel::<io::Result<TcpStream>>();
    let _handle = end_on_shutdown(&sender, register)?;
    let mut waiting = in_turn(addresses).into_iter();
    let mut running = 0;
    let mut why = NotSent::new(TransportErrorKind::Connect, "there is no address to connect to");
    loop {
        if let Some(address) = waiting.next() {
            let sender = sender.clone();
            // The standard library takes no time for an error.
            let time = left(deadline).max(Duration::from_millis(1));
            spawn(move || sender.send(TcpStream::connect_timeout(&address, time)))?;
            running += 1;
        } else if running == 0 {
            return Err(why);
        }
        let is_last = waiting.len() == 0;
        let patience = if is_last { left(deadline) } else { left(deadline).min(HEAD_START) };
        match connected.recv_timeout(patience) {
            Ok(Ok(socket)) => {
                // Head and body are written one after the other, and the second must not wait for the acknowledgement of the
                // first.
                return match socket.set_nodelay(true) {
                    Ok(()) => Ok(socket),
                    Err(error) => Err(NotSent::new(TransportErrorKind::Connect, error)),
                };
            }
            Ok(Err(error)) if error.get_ref().is_some_and(<dyn std::error::Error + Send + Sync>::is::<Stopped>) => {
                return Err(NotSent::new(TransportErrorKind::Closed, Stopped));
            }
            Ok(Err(error)) => {
                running -= 1;
                let is_late = error.kind() == ErrorKind::TimedOut;
                let kind = if is_late { TransportErrorKind::Timeout } else { TransportErrorKind::Connect };
                why = NotSent::new(kind, error);
            }
            Err(_) if left(deadline).is_zero() => {
                return Err(NotSent::new(TransportErrorKind::Timeout, "connecting took too long"));
            }
            Err(_) => {}
        }
    }
}

/// Puts the families in turn, beginning with the one that the system put first.
fn in_turn(addresses: &[SocketAddr]) -> Vec<SocketAddr> {
    let is_first = |address: &&SocketAddr| addresses.first().is_some_and(|first| first.is_ipv4() == address.is_ipv4());
    let (first, second): (Vec<_>, Vec<_>) = addresses.iter().partition(is_first);
    let mut both: Vec<_> = first.into_iter().enumerate().chain(second.into_iter().enumerate()).collect();
    both.sort_by_key(|(place, _)| *place);
    both.into_iter().map(|(_, address)| address).collect()
}

fn left(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(Instant::now())
}

fn spawn<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<(), NotSent> {
    let thread = thread::Builder::new().name("hub-auth-connect".into()).spawn(move || drop(work()));
    thread.map(drop).map_err(|error| NotSent::new(TransportErrorKind::Connect, error))
}

/// Sends an error when the agent is shut down, as long as what is returned lives.
fn end_on_shutdown<T: Send + 'static>(
    sender: &Sender<io::Result<T>>,
    register: Register,
) -> Result<Arc<dyn ShutdownHandle>, NotSent> {
    struct End<T>(Sender<io::Result<T>>);
    impl<T: Send> ShutdownHandle for End<T> {
        fn shutdown(&self) {
            drop(self.0.send(Err(io::Error::new(ErrorKind::NotConnected, Stopped))));
        }
    }
    let handle: Arc<dyn ShutdownHandle> = Arc::new(End(sender.clone()));
    register(Arc::downgrade(&handle)).map_err(|_| NotSent::new(TransportErrorKind::Closed, Stopped))?;
    Ok(handle)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use std::net::TcpListener;

    /// So late that a test which waits for a dead address hangs.
    const LATE: Duration = Duration::from_secs(60 * 60);

    fn raced(addresses: &[SocketAddr], time: Duration) -> Result<SocketAddr, NotSent> {
        let socket = race(addresses, Instant::now() + time, &|_| Ok(()))?;
        assert!(socket.nodelay().unwrap());
        Ok(socket.peer_addr().unwrap())
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn dead_addresses_are_not_waited_for() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let good = listener.local_addr().unwrap();
        let nowhere = hub_auth_testkit::wire::Nowhere::silent().unwrap();
        let dead = nowhere.address();
        assert_eq!(raced(&[dead, dead, dead, good], LATE).unwrap(), good);
        let error = raced(&[dead, dead], Duration::from_millis(300)).unwrap_err();
        assert!(format!("{error:?}").contains("Timeout"), "{error:?}");
    }

    #[test]
    fn a_refusal_leads_to_the_next_address() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let good = listener.local_addr().unwrap();
        let refusing = SocketAddr::new([127, 0, 0, 2].into(), good.port());
        assert_eq!(raced(&[refusing, refusing, good], LATE).unwrap(), good);
        assert!(format!("{:?}", raced(&[refusing], LATE)).contains("ConnectionRefused"));
        assert!(raced(&[], LATE).is_err());
    }

    #[test]
    fn families_take_turns() {
        let [a, b, c, d] = ["[::1]:1", "[::2]:1", "1.1.1.1:1", "2.2.2.2:1"].map(|address| address.parse().unwrap());
        assert_eq!(in_turn(&[a, b, c, d]), [a, c, b, d]);
        assert_eq!(in_turn(&[c, a, b]), [c, a, b]);
    }

    #[test]
    fn plain_http_keeps_to_loopback_whatever_a_name_resolves_to() {
        let host = Host { name: "localhost", port: 80 };
        let [own, mapped, other] =
            ["127.0.0.1:80", "[::ffff:127.0.0.1]:80", "192.0.2.1:80"].map(|at| at.parse().unwrap());
        let mut mixed = vec![other, own, mapped];
        host.keep_loopback(&mut mixed).unwrap();
        assert_eq!(mixed, [own, mapped]);
        let error = host.keep_loopback(&mut vec![other]).unwrap_err();
        assert!(error.to_string().contains("localhost resolves to 192.0.2.1"), "{error}");
    }
}
