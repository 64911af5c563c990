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
        for (after, address) in addresses.iter().enumerate().map(|(nth, address)| (addresses.len() - nth - 1, address))
        {
            let left = deadline.left();
            let time = if after == 0 { left } else { left / 2 };
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
