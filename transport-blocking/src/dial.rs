//! From a name to a socket.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use crate::deadline::Deadline;
use crate::stop::{Interrupt, Stop, Stopped};

/// Names to addresses: the system's way, or a test's.
pub(crate) type LookUp = fn(&str, u16) -> io::Result<Vec<SocketAddr>>;

/// As the system does it.
pub(crate) fn by_system(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    Ok((host, port).to_socket_addrs()?.collect())
}

/// The addresses of a host, at least one.
pub(crate) fn look_up(by: LookUp, host: &str, port: u16, time: Duration, stop: &Stop) -> io::Result<Vec<SocketAddr>> {
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(address, port)]);
    }
    let name = host.to_owned();
    let found = abandonable(time, stop, move || by(&name, port))?;
    if found.is_empty() {
        return Err(io::Error::new(ErrorKind::NotFound, "the name has no address"));
    }
    Ok(found)
}

/// A connection to the first of these addresses that takes it. Each but the last has half of the time that is left.
pub(crate) fn connect(addresses: Vec<SocketAddr>, deadline: Deadline, stop: &Stop) -> io::Result<Arc<TcpStream>> {
    let socket = abandonable(deadline.left(), stop, move || {
        let mut last = ErrorKind::TimedOut.into();
        for (address, others) in addresses.iter().zip((0..addresses.len()).rev()) {
            let left = deadline.left();
            let time = if others == 0 { left } else { left / 2 };
            if time.is_zero() {
                return Err(ErrorKind::TimedOut.into());
            }
            match TcpStream::connect_timeout(address, time) {
                Ok(socket) => return Ok(socket),
                Err(error) => last = error,
            }
        }
        Err(last)
    })?;
    // Head and body are written one after the other.
    socket.set_nodelay(true)?;
    let socket = Arc::new(socket);
    let running: Arc<dyn Interrupt> = Arc::clone(&socket) as _;
    stop.interrupts(Arc::downgrade(&running))?;
    Ok(socket)
}

/// Does in a thread of its own what the system has no way to give up, and no longer waits for it when the time is over or
/// the client was shut down. The thread ends by itself.
fn abandonable<T: Send + 'static>(
    time: Duration,
    stop: &Stop,
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    if time.is_zero() {
        return Err(ErrorKind::TimedOut.into());
    }
    let (sender, done) = mpsc::channel();
    let waiting: Arc<dyn Interrupt> = Arc::new(Waiting(sender.clone()));
    stop.interrupts(Arc::downgrade(&waiting))?;
    // Nobody may be waiting any more.
    thread::Builder::new().name("hub-auth-connect".into()).spawn(move || drop(sender.send(work())))?;
    done.recv_timeout(time).unwrap_or_else(|_| Err(ErrorKind::TimedOut.into()))
}

struct Waiting<T>(mpsc::Sender<io::Result<T>>);

impl<T: Send> Interrupt for Waiting<T> {
    fn interrupt(&self) {
        drop(self.0.send(Err(Stopped.into())));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    use hub_auth_testkit::wire::Nowhere;

    /// Long beside what it takes, on any machine.
    const LONG: Duration = Duration::from_secs(20);

    fn listening() -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        (listener, address)
    }

    fn reached(addresses: Vec<SocketAddr>, time: Duration) -> io::Result<SocketAddr> {
        connect(addresses, Deadline::within(time), &Stop::default()).and_then(|socket| socket.peer_addr())
    }

    fn never(_: &str, _: u16) -> io::Result<Vec<SocketAddr>> {
        loop {
            thread::park();
        }
    }

    #[test]
    fn a_refusal_leads_to_the_next_address() {
        let (_listener, good) = listening();
        let refusing = SocketAddr::new([127, 0, 0, 2].into(), good.port());
        assert_eq!(reached(vec![refusing, refusing, good], LONG).unwrap(), good);
        let error = reached(vec![refusing, refusing], LONG).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_dead_address_leaves_time_for_the_next() {
        let (_listener, good) = listening();
        let nowhere = Nowhere::silent().unwrap();
        let dead = nowhere.address();
        assert_eq!(reached(vec![dead, good], Duration::from_secs(4)).unwrap(), good);
        let error = reached(vec![dead, dead], Duration::from_millis(300)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
    }

    #[test]
    fn an_address_is_not_looked_up() {
        for address in ["127.0.0.1", "::1"] {
            let found = look_up(never, address, 80, LONG, &Stop::default()).unwrap();
            assert_eq!(found, [SocketAddr::new(address.parse().unwrap(), 80)]);
        }
    }

    #[test]
    fn a_name_without_an_address_is_an_error() {
        let error = look_up(|_, _| Ok(Vec::new()), "hub.test", 443, LONG, &Stop::default()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }

    #[test]
    fn a_look_up_that_never_ends_is_given_up() {
        let error = look_up(never, "hub.test", 443, Duration::from_millis(50), &Stop::default()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
    }

    #[test]
    fn without_time_nothing_is_begun() {
        let held = Arc::new(());
        let by_thread = Arc::clone(&held);
        let never = move || {
            while Arc::strong_count(&by_thread) > 0 {
                thread::park();
            }
            Ok(())
        };
        let error = abandonable(Duration::ZERO, &Stop::default(), never).unwrap_err();
        assert_eq!((error.kind(), Arc::strong_count(&held)), (ErrorKind::TimedOut, 1));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_shutdown_ends_the_wait_for_both() {
        let stop = Arc::new(Stop::default());
        let nowhere = Nowhere::silent().unwrap();
        let dead = nowhere.address();
        let start = |work: fn(SocketAddr, &Stop) -> io::Error| {
            let stop = Arc::clone(&stop);
            thread::spawn(move || work(dead, &stop))
        };
        let looking = start(|_, stop| look_up(never, "hub.test", 443, LONG, stop).unwrap_err());
        let connecting = start(|dead, stop| connect(vec![dead], Deadline::within(LONG), stop).unwrap_err());
        while stop.running() < 2 && !looking.is_finished() {
            thread::yield_now();
        }
        stop.stop();
        for ended in [looking, connecting] {
            assert_eq!(ended.join().unwrap().to_string(), Stopped.to_string());
        }
        assert_eq!(look_up(never, "hub.test", 443, LONG, &stop).unwrap_err().to_string(), Stopped.to_string());
    }
}
