//! Looks a host up and connects to it.

use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::thread;
use std::time::Duration;

use hub_auth_core::TransportErrorKind;
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::exchange::within;
use crate::stage_error::StageError;

/// The pause before the next address of a host is tried beside the first. RFC 8305 section 5 recommends this length.
const NEXT_ADDRESS: Duration = Duration::from_millis(250);

/// Looks up the addresses of a host. Tests bring their own.
type Resolve = fn(&str, u16) -> io::Result<Vec<SocketAddr>>;

/// Connects to hosts.
pub(crate) struct Dialer {
    resolve: Resolve,
    resolve_timeout: Duration,
}

impl Dialer {
    pub(crate) fn new(resolve_timeout: Duration) -> Dialer {
        Dialer { resolve: |host, port| Ok((host, port).to_socket_addrs()?.collect()), resolve_timeout }
    }

    /// Connects to a host. With `only_loopback`, tries no other addresses: plain http shows its password to everybody on
    /// the way, and a name such as `localhost` may resolve to any machine.
    pub(crate) async fn connect(&self, host: &str, port: u16, only_loopback: bool) -> Result<TcpStream, StageError> {
        let mut addresses = self.addresses(host, port).await?;
        if only_loopback {
            addresses.retain(|address| address.ip().to_canonical().is_loopback());
        }
        if addresses.is_empty() {
            let what = if only_loopback { "no loopback address, and http goes nowhere else" } else { "no address" };
            return Err(StageError::new(TransportErrorKind::Resolve, format!("{host} has {what}")));
        }
        let stream = race(addresses, TcpStream::connect).await.and_then(|stream| {
            // A small request must not wait for the acknowledgement of an earlier packet.
            stream.set_nodelay(true)?;
            Ok(stream)
        });
        stream.map_err(|error| {
            StageError::new(TransportErrorKind::Connect, format!("{host} cannot be reached")).with(error)
        })
    }

    /// Looks a name up on a thread of its own. hyper-util's `GaiResolver` uses tokio's blocking threads, and dropping a
    /// runtime waits for these: a resolver that hangs would keep the whole program from ending.
    pub(crate) async fn addresses(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, StageError> {
        if let Ok(address) = host.parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(address, port)]);
        }
        let (resolve, asked, (sender, found)) = (self.resolve, host.to_owned(), oneshot::channel());
        let failed = |error| StageError::new(TransportErrorKind::Resolve, format!("{host} was not found")).with(error);
        let look_up = move || drop(sender.send(resolve(&asked, port)));
        thread::Builder::new().name("hub-auth-lookup".into()).spawn(look_up).map_err(failed)?;
        let late = || StageError::late(&format!("{host} was not looked up"), self.resolve_timeout);
        let found = within(self.resolve_timeout, found).await.ok_or_else(late)?;
        found.map_err(io::Error::other).and_then(|found| found).map_err(failed)
    }
}

/// Connects to the first address that answers, both families in turn (RFC 8305 section 4). hyper-util's `HttpConnector`
/// tries the addresses of one family one after the other, and waits seconds for each dead one.
async fn race<S, C>(addresses: Vec<SocketAddr>, connect: impl Fn(SocketAddr) -> C) -> io::Result<S>
where
    S: Send + 'static,
    C: Future<Output = io::Result<S>> + Send + 'static,
{
    let first_is_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (first, second): (Vec<_>, Vec<_>) = addresses.into_iter().partition(|a| a.is_ipv6() == first_is_v6);
    let mut turns: Vec<_> = first.into_iter().enumerate().chain(second.into_iter().enumerate()).collect();
    turns.sort_by_key(|&(turn, _)| turn);
    let mut turns = turns.into_iter();
    let mut attempts = JoinSet::new();
    let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
    loop {
        let pause = match turns.next() {
            Some((_, address)) => {
                attempts.spawn(connect(address));
                NEXT_ADDRESS
            }
            None => Duration::MAX,
        };
        match timeout(pause, attempts.join_next()).await {
            Ok(Some(Ok(Ok(stream)))) => return Ok(stream),
            Ok(Some(Ok(Err(error)))) => last = error,
            Ok(Some(Err(panicked))) => last = io::Error::other(panicked),
            Ok(None) => return Err(last),
            Err(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::{Future, pending};
    use std::iter::repeat_n;
    use std::net::{Ipv4Addr, Ipv6Addr};
    use std::pin::Pin;
    use std::sync::mpsc;

    use tokio::runtime::Builder;
    use tokio::time::Instant;

    use super::*;

    /// The port of an address that answers.
    const GOOD: u16 = 1;
    /// The port of an address that refuses connections.
    const REFUSES: u16 = 2;
    /// The port of an address that never answers.
    const DEAD: u16 = 3;

    fn v4(port: u16) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, port).into()
    }

    fn v6(port: u16) -> SocketAddr {
        (Ipv6Addr::LOCALHOST, port).into()
    }

    fn connect(address: SocketAddr) -> Pin<Box<dyn Future<Output = io::Result<SocketAddr>> + Send>> {
        Box::pin(async move {
            match address.port() {
                GOOD => Ok(address),
                REFUSES => Err(io::ErrorKind::ConnectionRefused.into()),
                _ => pending().await,
            }
        })
    }

    /// The clock stands still but for the pauses of the race itself.
    #[tokio::test(start_paused = true)]
    async fn dead_addresses_of_either_family_cost_less_than_a_second() {
        type At = fn(u16) -> SocketAddr;
        // Of the other family, any number may be dead.
        let cases: [(At, usize, At); 4] = [(v4, 3, v4), (v6, 3, v6), (v4, 10, v6), (v6, 10, v4)];
        for (dead, count, good) in cases {
            for count in [1, count] {
                let start = Instant::now();
                let addresses = repeat_n(dead(DEAD), count).chain([good(GOOD)]).collect();
                assert_eq!(race(addresses, connect).await.unwrap(), good(GOOD));
                assert!(start.elapsed() < Duration::from_secs(1), "{count} dead: {:?}", start.elapsed());
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_next_address_is_tried_at_once_after_a_refusal() {
        let start = Instant::now();
        assert_eq!(race(vec![v4(REFUSES), v4(DEAD), v6(GOOD)], connect).await.unwrap(), v6(GOOD));
        assert_eq!(start.elapsed(), Duration::ZERO);
        let refused = race(vec![v4(REFUSES), v6(REFUSES)], connect).await.unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
    }

    #[tokio::test]
    async fn http_goes_to_loopback_addresses_only() {
        let elsewhere = |_: &str, port| Ok(vec![(Ipv4Addr::new(192, 0, 2, 1), port).into()]);
        let dialer = Dialer { resolve: elsewhere, resolve_timeout: Duration::from_secs(60) };
        let error = dialer.connect("localhost", 80, true).await.unwrap_err();
        assert_eq!(error.kind, TransportErrorKind::Resolve);
        assert_eq!(error.to_string(), "localhost has no loopback address, and http goes nowhere else");
    }

    #[test]
    fn a_resolver_that_hangs_keeps_neither_the_caller_nor_the_runtime() {
        let never: Resolve = |_, _| {
            loop {
                thread::park();
            }
        };
        let (sender, done) = mpsc::channel();
        thread::spawn(move || {
            let runtime = Builder::new_current_thread().enable_all().build().unwrap();
            let dialer = Dialer { resolve: never, resolve_timeout: Duration::from_millis(50) };
            let error = runtime.block_on(dialer.addresses("localhost", 80)).unwrap_err();
            drop(runtime);
            sender.send((error.kind, error.to_string())).unwrap();
        });
        // The limit only ends a test that hangs.
        let error = done.recv_timeout(Duration::from_secs(60)).unwrap();
        assert_eq!(error, (TransportErrorKind::Timeout, "localhost was not looked up within 50ms".to_owned()));
    }
}
