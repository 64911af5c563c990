//! From a URL to a connection: the look-up of the name, TCP, the proxy, TLS.

use std::future::{Ready, poll_fn, ready};
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use http::header::{HOST, PROXY_AUTHORIZATION, USER_AGENT};
use http::{Request, Uri};
use http_body_util::Empty;
use hub_auth_core::{Hub, TransportErrorKind};
use hub_auth_host::rustls::ClientConfig;
use hub_auth_host::{Proxy, ProxyFault, Setup, TlsError};
use hyper::client::conn::http1;
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::Connection;
use hyper_util::client::legacy::connect::proxy::SocksV5;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tower_service::Service;

use crate::broken::Broken;
use crate::exchange::within;

/// The longest head of an answer, in bytes; the Hub's have about 1 KiB.
pub(crate) const MAX_HEAD: usize = 32 * 1024;
/// The pause before the next address of a host is tried beside the first: RFC 8305 section 5 recommends this.
const NEXT_ADDRESS: Duration = Duration::from_millis(250);

/// A connection to the Hub or to a proxy.
type Hop = MaybeHttpsStream<TokioIo<TcpStream>>;
/// A connection to the Hub, itself in TLS or not.
pub(crate) type Stream = MaybeHttpsStream<Hop>;
/// Looks up the addresses of a host: by the system, or as a test says.
type Resolve = fn(&str, u16) -> io::Result<Vec<SocketAddr>>;

/// Opens connections to the Hub for the connection pool of hyper-util.
#[derive(Clone)]
pub(crate) struct Connector(Arc<Way>);

struct Way {
    hub: Hub,
    proxy: Option<Proxy>,
    proxy_tls: Option<Arc<ClientConfig>>,
    tls: Option<Arc<ClientConfig>>,
    resolve: Resolve,
    resolve_timeout: Duration,
    connect_timeout: Duration,
}

impl Connector {
    pub(crate) fn new(setup: &Setup) -> Connector {
        Connector(Arc::new(Way {
            hub: setup.hub.clone(),
            proxy: setup.proxy.clone(),
            proxy_tls: setup.proxy_tls.clone(),
            tls: setup.tls.clone(),
            resolve: |host, port| Ok((host, port).to_socket_addrs()?.collect()),
            resolve_timeout: setup.resolve_timeout,
            connect_timeout: setup.connect_timeout,
        }))
    }
}

impl Service<Uri> for Connector {
    type Response = Stream;
    type Error = Broken;
    type Future = Pin<Box<dyn Future<Output = Result<Stream, Broken>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, url: Uri) -> Self::Future {
        let way = Arc::clone(&self.0);
        Box::pin(async move {
            let limit = way.connect_timeout;
            let late = || {
                let through = way.proxy.as_ref().map(|proxy| format!(" through the proxy {}", name(proxy)));
                let missing = format!("no connection to {}{}", way.hub.host(), through.unwrap_or_default());
                Broken::late(&missing, limit)
            };
            within(limit, way.open(url)).await.unwrap_or_else(|| Err(late()))
        })
    }
}

impl Way {
    async fn open(&self, url: Uri) -> Result<Stream, Broken> {
        let stream = match &self.proxy {
            None => Hop::Http(self.tcp(self.hub.host(), self.hub.port(), self.tls.is_none()).await?),
            Some(proxy) => self.through(proxy).await?,
        };
        secure(stream, self.tls.as_ref(), url).await
    }

    /// Opens a tunnel through the proxy. A refusal is [`TransportErrorKind::Proxy`], which is never tried again.
    async fn through(&self, proxy: &Proxy) -> Result<Hop, Broken> {
        let (host, port) = (self.hub.host(), self.hub.port());
        let mut target = authority(host, port);
        if proxy.looks_up_here() {
            let address = self.addresses(host, port).await?.into_iter().next();
            target = address.map_or(target, |address| address.to_string());
        }
        let unreachable =
            |error: Broken| Broken::new(error.kind, "no tunnel through the proxy").with(proxy.unreachable(error));
        let stream = self.tcp(proxy.host(), proxy.port(), false).await.map_err(unreachable)?;
        let stream = secure(stream, self.proxy_tls.as_ref(), url(&name(proxy))?).await.map_err(unreachable)?;
        if proxy.is_socks() {
            return socks(stream, proxy, url(&target)?).await;
        }
        self.connect(stream, proxy, &target).await
    }

    /// Asks an HTTP proxy for a tunnel by `CONNECT`. Not by hyper-util's `Tunnel`: it calls each refusal but a 407
    /// "unsuccessful", and people need to read that a 403 comes of the proxy's rules.
    async fn connect(&self, stream: Hop, proxy: &Proxy, target: &str) -> Result<Hop, Broken> {
        let failed = |error: hyper::Error| {
            let is_http = !error.is_parse();
            no_tunnel(proxy, if is_http { ProxyFault::Closed } else { ProxyFault::NotAProxy })
        };
        // Some proxies refuse a CONNECT that does not say who asks.
        let agent = self.hub.user_agent_header();
        let mut request = Request::connect(target).header(HOST, target).header(USER_AGENT, agent);
        let credentials = proxy.basic_auth();
        if let Some(credentials) = &credentials {
            request = request.header(PROXY_AUTHORIZATION, credentials);
        }
        let request = request.body(Empty::<Bytes>::new());
        let request = request
            .map_err(|bad| Broken::new(TransportErrorKind::Proxy, "no proxy can be asked for this host").with(bad))?;
        let mut builder = http1::Builder::new();
        builder.max_buf_size(MAX_HEAD);
        let (mut sender, mut connection) = builder.handshake(stream).await.map_err(failed)?;
        let mut answer = pin!(sender.send_request(request));
        let answer = poll_fn(|cx| match connection.poll_without_shutdown(cx) {
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            _ => answer.as_mut().poll(cx),
        });
        let status = answer.await.map_err(failed)?.status().as_u16();
        let fault = match status {
            200 => return Ok(connection.into_parts().io),
            407 if credentials.is_some() => ProxyFault::CredentialsRefused,
            407 => ProxyFault::CredentialsWanted,
            405 | 501 => ProxyFault::NotAProxy,
            status => ProxyFault::Refused { status },
        };
        Err(no_tunnel(proxy, fault))
    }

    /// Connects to a host. Plain http carries its password in the clear, so it goes to `only_loopback` addresses,
    /// whatever a name resolves to.
    async fn tcp(&self, host: &str, port: u16, only_loopback: bool) -> Result<TokioIo<TcpStream>, Broken> {
        let mut addresses = self.addresses(host, port).await?;
        if only_loopback {
            addresses.retain(|address| address.ip().to_canonical().is_loopback());
        }
        if addresses.is_empty() {
            let what = if only_loopback { "no loopback address, and http goes nowhere else" } else { "no address" };
            return Err(Broken::new(TransportErrorKind::Resolve, format!("{host} has {what}")));
        }
        let stream = race(addresses).await.and_then(|stream| {
            // A small request must not wait for the acknowledgement of an earlier packet.
            stream.set_nodelay(true)?;
            Ok(stream)
        });
        let refused = |error| Broken::new(TransportErrorKind::Connect, format!("{host} cannot be reached")).with(error);
        Ok(TokioIo::new(stream.map_err(refused)?))
    }

    /// Looks a name up in a thread of its own. hyper-util's `GaiResolver` uses tokio's blocking threads, and dropping a
    /// runtime waits for these: a resolver that hangs would keep the whole program.
    async fn addresses(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, Broken> {
        if let Ok(address) = host.parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(address, port)]);
        }
        let (resolve, asked, (sender, found)) = (self.resolve, host.to_owned(), oneshot::channel());
        let failed = |error| Broken::new(TransportErrorKind::Resolve, format!("{host} was not found")).with(error);
        let look_up = move || drop(sender.send(resolve(&asked, port)));
        thread::Builder::new().name("hub-auth-lookup".into()).spawn(look_up).map_err(failed)?;
        let late = || Broken::late(&format!("{host} was not looked up"), self.resolve_timeout);
        let found = within(self.resolve_timeout, found).await.ok_or_else(late)?;
        found.map_err(io::Error::other).and_then(|found| found).map_err(failed)
    }
}

/// Connects to the first address that answers, both families in turn (RFC 8305 section 4). hyper-util's `HttpConnector`
/// tries the addresses of one family one after the other, and waits seconds for each dead one.
async fn race(addresses: Vec<SocketAddr>) -> io::Result<TcpStream> {
    let first_is_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (first, second): (Vec<_>, Vec<_>) = addresses.into_iter().partition(|a| a.is_ipv6() == first_is_v6);
    let turns = (0..first.len().max(second.len())).flat_map(|turn| [first.get(turn), second.get(turn)]);
    let mut turns = turns.flatten().copied().collect::<Vec<_>>().into_iter();
    let mut attempts = JoinSet::new();
    let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
    loop {
        let pause = match turns.next() {
            Some(address) => {
                attempts.spawn(TcpStream::connect(address));
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

/// Speaks TLS on this stream, if it is to be spoken.
async fn secure<S>(stream: S, tls: Option<&Arc<ClientConfig>>, url: Uri) -> Result<MaybeHttpsStream<S>, Broken>
where
    S: Connection + hyper::rt::Read + hyper::rt::Write + Send + Unpin + 'static,
{
    let Some(tls) = tls else { return Ok(MaybeHttpsStream::Http(stream)) };
    let secured = HttpsConnector::from((Opened(Some(stream)), Arc::clone(tls))).call(url).await;
    secured.map_err(|error| Broken::tls(TlsError::of(error)))
}

/// Asks a SOCKS 5 proxy for a tunnel.
async fn socks(stream: Hop, proxy: &Proxy, target: Uri) -> Result<Hop, Broken> {
    let mut socks = SocksV5::new(target.clone(), Opened(Some(stream)));
    if let Some((user, password)) = proxy.credentials() {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        socks = socks.with_auth(text(user), text(password));
    }
    // The type of the error has no public name.
    socks.call(target).await.map_err(|error| no_tunnel(proxy, socks_fault(proxy, &error.to_string())))
}

/// Returns the fault that an error of hyper-util's `SocksV5` stands for.
fn socks_fault(proxy: &Proxy, error: &str) -> ProxyFault {
    /// By their codes, from 1 on (RFC 1928, section 6).
    const REPLIES: [&str; 8] = [
        "general server failure",
        "connection not allowed",
        "network unreachable",
        "host unreachable",
        "connection refused",
        "ttl expired",
        "command not supported",
        "address type not supported",
    ];
    let refused = (1..).zip(REPLIES).find(|(_, reply)| error.ends_with(reply));
    match refused {
        Some((code, _)) => ProxyFault::SocksRefused { code },
        None if error.ends_with("credentials not accepted") => ProxyFault::CredentialsRefused,
        None if error.contains("server does not support") && proxy.credentials().is_none() => {
            ProxyFault::CredentialsWanted
        }
        None if error.contains("server does not support") => ProxyFault::MethodUnsupported,
        None if error.contains("io error") => ProxyFault::Closed,
        None => ProxyFault::NotAProxy,
    }
}

/// Reports a refusal, which is final: asked again, the proxy would be sent a password that it refused.
fn no_tunnel(proxy: &Proxy, fault: ProxyFault) -> Broken {
    Broken::new(TransportErrorKind::Proxy, "no tunnel through the proxy").with(proxy.failed(fault))
}

/// A connection that is there already, for a layer of a library that would open one.
struct Opened<S>(Option<S>);

impl<S> Service<Uri> for Opened<S> {
    type Response = S;
    type Error = io::Error;
    type Future = Ready<io::Result<S>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        ready(self.0.take().ok_or_else(|| io::ErrorKind::NotConnected.into()))
    }
}

/// Names a proxy as `host:port`, never with its credentials.
fn name(proxy: &Proxy) -> String {
    authority(proxy.host(), proxy.port())
}

/// Joins a host and a port; an IPv6 address gets its brackets.
fn authority(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

/// Makes the URL that hyper-rustls and hyper-util take a host name from.
fn url(authority: &str) -> Result<Uri, Broken> {
    let url = Uri::builder().scheme("https").authority(authority).path_and_query("/").build();
    url.map_err(|bad| Broken::new(TransportErrorKind::Connect, format!("{authority} is no host name")).with(bad))
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::sync::mpsc;

    use hub_auth_host::Options;
    use hub_auth_testkit::wire::Nowhere;
    use hub_auth_testkit::{Loopback, SimHub};
    use tokio::runtime::Builder;

    use super::*;

    /// Ends a test that hangs.
    const GUARD: Duration = Duration::from_secs(60);

    fn way(base: &str, resolve: Resolve) -> Way {
        let options = Options::new().no_proxy().base(base.parse().unwrap());
        let setup = options.resolve_timeout(Duration::from_millis(50)).connect_timeout(GUARD).build().unwrap();
        Way { resolve, ..Arc::into_inner(Connector::new(&setup).0).unwrap() }
    }

    /// The pauses that are waited for in a race against dead addresses, by a clock that moves with them alone.
    #[cfg(target_os = "linux")]
    async fn race_waits(dead: &[&Nowhere]) -> Duration {
        let server = Loopback::start(SimHub::demo()).unwrap();
        let addresses = dead.iter().map(|dead| dead.address()).chain([server.address()]).collect();
        let start = tokio::time::Instant::now();
        let stream = race(addresses).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), server.address());
        start.elapsed()
    }

    #[cfg(target_os = "linux")]
    #[tokio::test(start_paused = true)]
    async fn dead_addresses_before_a_good_one_cost_less_than_a_second() {
        let dead = [(); 3].map(|()| Nowhere::silent().unwrap());
        assert!(race_waits(&[&dead[0]]).await < Duration::from_secs(1));
        assert!(race_waits(&[&dead[0], &dead[1], &dead[2]]).await < Duration::from_secs(1));
    }

    #[tokio::test]
    async fn a_refused_address_is_followed_by_the_next_one_at_once() {
        let (refused, server) = (Nowhere::refused().unwrap(), Loopback::start(SimHub::demo()).unwrap());
        let stream = race(vec![refused.address(), server.address()]).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), server.address());
        assert_eq!(race(vec![refused.address()]).await.unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
    }

    #[tokio::test]
    async fn http_goes_to_loopback_addresses_only() {
        let elsewhere = |_: &str, port| Ok(vec![SocketAddr::new(Ipv4Addr::new(192, 0, 2, 1).into(), port)]);
        let error = way("http://localhost", elsewhere).open(Uri::from_static("http://localhost")).await.unwrap_err();
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
            let way = way("http://localhost", never);
            let error = runtime.block_on(way.open(Uri::from_static("http://localhost"))).unwrap_err();
            drop(runtime);
            sender.send(error).unwrap();
        });
        let error = done.recv_timeout(GUARD).unwrap();
        assert_eq!(
            (error.kind, &*error.to_string()),
            (TransportErrorKind::Timeout, "localhost was not looked up within 50ms")
        );
    }
}
