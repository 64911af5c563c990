//! Connects ureq's pool to the Hub: looks the name up, opens TCP and the proxy's tunnel, agrees on TLS.

use std::io::{self, Read};
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use hub_auth_core::TransportErrorKind;
use hub_auth_core::http::Uri;
use hub_auth_host::rustls::ClientConfig;
use hub_auth_host::{Proxy, ProxyFault, Setup, TlsFault};
use ureq::config::Config;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{
    ConnectionDetails, Connector, LazyBuffers, NextTimeout, SocksConnector, TcpConnector, Transport, TransportAdapter,
};
use ureq::{Error, Timeout};
use zeroize::Zeroizing;

use crate::error::{NotSent, socks_fault};
use crate::exchange::{LONGEST, MAX_HEAD};
use crate::race::{in_turn, left, race};
use crate::tls::Tls;
use crate::wiped::{Wiped, write_wiped};

/// Opens connections to one Hub. Its errors prove that nothing of a request was written, which ureq's own do not tell.
#[derive(Debug)]
pub(crate) struct Connect(pub(crate) Setup);

impl Connector for Connect {
    type Out = Wiped;

    fn connect(&self, details: &ConnectionDetails, _: Option<()>) -> Result<Option<Wiped>, Error> {
        let deadline = Instant::now() + (*details.timeout.after).min(LONGEST);
        Ok(Some(Opening { setup: &self.0, details, deadline }.open()?))
    }
}

/// Opens one connection, by its deadline.
struct Opening<'a> {
    setup: &'a Setup,
    details: &'a ConnectionDetails<'a>,
    deadline: Instant,
}

impl Opening<'_> {
    fn open(&self) -> Result<Wiped, NotSent> {
        let Setup { hub, proxy, tls, .. } = self.setup;
        let stream = match proxy {
            None => self.tcp(self.details.uri, tls.is_none())?,
            Some(proxy) if proxy.is_socks() => self.socks(proxy)?,
            Some(proxy) => self.tunnel(proxy)?,
        };
        let stream = self.secure(stream, tls.as_ref(), hub.host())?;
        Ok(Wiped::new(stream))
    }

    /// Connects to a host. Plain http carries its password in the clear, so it goes to `only_loopback` addresses.
    fn tcp(&self, url: &Uri, only_loopback: bool) -> Result<Box<dyn Transport>, NotSent> {
        let mut addresses = self.look_up(url)?.to_vec();
        if only_loopback {
            keep_loopback(host(url), &mut addresses)?;
        }
        let connect = one_address(url, self.details);
        race(in_turn(&addresses), self.deadline, connect).map_err(|error| {
            let unreachable = || NotSent::new(TransportErrorKind::Connect, format!("{} cannot be reached", host(url)));
            self.broken(error, |error| unreachable().with(error))
        })
    }

    /// Looks a host up, and puts its first address in its place.
    fn with_address(&self, url: &Uri) -> Result<Uri, NotSent> {
        let addresses = self.look_up(url)?;
        let found = addresses.first().and_then(|address| format!("http://{address}/").parse().ok());
        found.ok_or_else(|| NotSent::new(TransportErrorKind::Resolve, format!("{} has no usable address", host(url))))
    }

    fn look_up(&self, url: &Uri) -> Result<ResolvedSocketAddrs, NotSent> {
        look_up(url, self.details.config, self.setup.resolve_timeout.min(left(self.deadline)))
    }

    /// Agrees on TLS over a stream, if `tls` is given.
    fn secure(
        &self,
        stream: Box<dyn Transport>,
        tls: Option<&Arc<ClientConfig>>,
        host: &str,
    ) -> Result<Box<dyn Transport>, NotSent> {
        let Some(tls) = tls else { return Ok(stream) };
        match Tls::agree(tls, host, self.adapter(stream), buffers(self.details.config)) {
            Ok(tls) => Ok(Box::new(tls)),
            Err(error) => Err(self.broken(error.into(), NotSent::tls)),
        }
    }

    /// Connects to an HTTP proxy, and opens a tunnel through it.
    fn tunnel(&self, proxy: &Proxy) -> Result<Box<dyn Transport>, NotSent> {
        let url = format!("http://{}/", authority(proxy.host(), proxy.port())).parse::<Uri>();
        let url = url.map_err(|error| NotSent::unreachable(TransportErrorKind::Connect, proxy, error))?;
        let stream = self.tcp(&url, false).map_err(|error| error.of_proxy(proxy))?;
        let stream = self.secure(stream, self.setup.proxy_tls.as_ref(), proxy.host());
        let mut stream = self.adapter(stream.map_err(|error| error.of_proxy(proxy))?);

        let fault = match self.ask_for_tunnel(&mut stream, proxy) {
            Ok(Some(200..=299)) => return Ok(stream.into_inner()),
            Ok(Some(407)) if proxy.credentials().is_some() => ProxyFault::CredentialsRefused,
            Ok(Some(407)) => ProxyFault::CredentialsWanted,
            Ok(None | Some(405 | 501)) => ProxyFault::NotAProxy,
            Ok(Some(status)) => ProxyFault::Refused { status },
            Err(error) => {
                return Err(self.broken(error.into(), |error| match TlsFault::find(&error) {
                    Some(_) => NotSent::tls(error).of_proxy(proxy),
                    None => NotSent::refused(proxy, ProxyFault::Closed),
                }));
            }
        };
        Err(NotSent::refused(proxy, fault))
    }

    /// Sends `CONNECT`, and returns the status of the answer; `None` if that is not of HTTP. Not by ureq's connector: it
    /// grants each read of the answer the whole time again, and tells the status in a text only.
    fn ask_for_tunnel(&self, stream: &mut TransportAdapter, proxy: &Proxy) -> io::Result<Option<u16>> {
        let hub = &self.setup.hub;
        let target = authority(hub.host(), hub.port());
        let credentials = proxy.basic_auth();
        let (name, value): (&[u8], &[u8]) = match &credentials {
            Some(credentials) => (b"\r\nProxy-Authorization: ", credentials.as_bytes()),
            None => (b"", b""),
        };
        let agent = hub.user_agent_header().as_bytes();
        let (target, head) = (target.as_bytes(), b" HTTP/1.1\r\nHost: ");
        let parts = [b"CONNECT ", target, head, target, b"\r\nUser-Agent: ", agent, name, value, b"\r\n\r\n"];
        write_wiped(stream, &Zeroizing::new(parts.concat()))?;

        let mut answer = Vec::new();
        let mut byte = [0];
        // Byte by byte, from ureq's buffer: what comes after the head is the tunnel's.
        while !answer.ends_with(b"\r\n\r\n") {
            stream.read_exact(&mut byte)?;
            answer.extend_from_slice(&byte);
            let is_http = b"HTTP/1.".starts_with(answer.get(..7).unwrap_or(&answer));
            if !is_http || answer.len() > MAX_HEAD {
                return Ok(None);
            }
        }
        let status = answer.get(9..12).and_then(|digits| std::str::from_utf8(digits).ok());
        Ok(status.and_then(|digits| digits.parse().ok()))
    }

    /// Asks a SOCKS proxy for a tunnel, to the Hub's name or to its address.
    fn socks(&self, proxy: &Proxy) -> Result<Box<dyn Transport>, NotSent> {
        use io::ErrorKind::{AddrNotAvailable, ConnectionRefused, HostUnreachable, NetworkDown, NetworkUnreachable};
        let hub = self.details.uri;
        let target = if proxy.looks_up_here() { self.with_address(hub)? } else { hub.clone() };
        let error = match SocksConnector::default().connect(&with_target(self.details, &target), None::<()>) {
            Ok(Some(tunnel)) => return Ok(Box::new(tunnel)),
            Ok(None) => Error::ConnectionFailed,
            Err(Error::Other(error)) => match error.downcast::<NotSent>() {
                Ok(error) => return Err(error.of_proxy(proxy)),
                Err(error) => Error::Other(error),
            },
            Err(error) => error,
        };
        Err(self.broken(error, |error| match error.kind() {
            ConnectionRefused | HostUnreachable | NetworkUnreachable | NetworkDown | AddrNotAvailable => {
                NotSent::unreachable(TransportErrorKind::Connect, proxy, error)
            }
            _ => NotSent::refused(proxy, socks_fault(proxy, &error.to_string())),
        }))
    }

    /// Makes a stream that rustls or a handshake can read and write, within the time left.
    fn adapter(&self, stream: Box<dyn Transport>) -> TransportAdapter {
        let mut adapter = TransportAdapter::new(stream, Arc::clone(&self.details.current_time));
        adapter.set_timeout(NextTimeout { after: left(self.deadline).into(), ..self.details.timeout });
        adapter
    }

    /// Reports an error of a stream: as a deadline, or as `otherwise` reports it.
    fn broken(&self, error: Error, otherwise: impl FnOnce(io::Error) -> NotSent) -> NotSent {
        match error {
            Error::Timeout(_) => self.late(),
            error => otherwise(error.into_io()),
        }
    }

    /// Reports the deadline of connecting, or that of the attempt where it is sooner.
    fn late(&self) -> NotSent {
        let timeouts = self.details.config.timeouts();
        let is_for_connecting = self.details.timeout.reason == Timeout::Connect;
        let limit = if is_for_connecting { timeouts.connect } else { timeouts.global }.unwrap_or_default();
        let through = match &self.setup.proxy {
            Some(proxy) => format!(" through the proxy {}", authority(proxy.host(), proxy.port())),
            None => String::new(),
        };
        NotSent::late(&format!("no connection to {}{through}", self.setup.hub.host()), limit)
    }
}

/// Looks up the SOCKS proxy that ureq connects to. Without one, ureq asks before every request: [`Connect`] looks the Hub up,
/// and only for a new connection.
#[derive(Debug)]
pub(crate) struct Resolve(pub(crate) Duration);

impl Resolver for Resolve {
    fn resolve(&self, url: &Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        if config.proxy().is_none() {
            return Ok(self.empty());
        }
        Ok(look_up(url, config, self.0.min(*timeout.after))?)
    }
}

/// Returns the details of the same connection to another target.
fn with_target<'a>(details: &'a ConnectionDetails, uri: &'a Uri) -> ConnectionDetails<'a> {
    ConnectionDetails {
        uri,
        addrs: details.addrs.clone(),
        config: details.config,
        request_level: details.request_level,
        resolver: details.resolver,
        now: details.now,
        timeout: details.timeout,
        current_time: Arc::clone(&details.current_time),
        run_connector: Arc::clone(&details.run_connector),
        register_shutdown: Arc::clone(&details.register_shutdown),
    }
}

/// Returns a function that connects to one address as ureq does, on any thread.
fn one_address(
    url: &Uri,
    details: &ConnectionDetails,
) -> impl Fn(SocketAddr, Duration) -> Result<Box<dyn Transport>, Error> + Clone + Send + use<> {
    let (url, config, request_level) = (url.clone(), details.config.clone(), details.request_level);
    let (current_time, reason) = (Arc::clone(&details.current_time), details.timeout.reason);
    let (run_connector, register_shutdown) =
        (Arc::clone(&details.run_connector), Arc::clone(&details.register_shutdown));
    move |address, time| {
        let resolver = DefaultResolver::default();
        let mut addrs = resolver.empty();
        addrs.push(address);
        let details = ConnectionDetails {
            uri: &url,
            addrs,
            config: &config,
            request_level,
            resolver: &resolver,
            now: current_time(),
            timeout: NextTimeout { after: time.into(), reason, ..NextTimeout::default() },
            current_time: Arc::clone(&current_time),
            run_connector: Arc::clone(&run_connector),
            register_shutdown: Arc::clone(&register_shutdown),
        };
        let stream = TcpConnector::default().connect(&details, None::<()>)?;
        stream.map_or(Err(Error::ConnectionFailed), |stream| Ok(Box::new(stream) as _))
    }
}

/// Looks a name up by ureq's resolver, on a thread that is left behind at the deadline. ureq itself panics where no thread
/// can be started.
fn look_up(url: &Uri, config: &Config, limit: Duration) -> Result<ResolvedSocketAddrs, NotSent> {
    let (wanted, settings) = (url.clone(), config.clone());
    // Without a deadline, ureq starts no thread of its own.
    let resolve = move || DefaultResolver::default().resolve(&wanted, &settings, NextTimeout::default());
    let found = if host(url).parse::<IpAddr>().is_ok() { resolve() } else { on_a_thread(resolve, limit) };
    found.map_err(|error| match error {
        Error::Timeout(_) => NotSent::late(&format!("{} was not looked up", host(url)), limit),
        error => NotSent::new(TransportErrorKind::Resolve, format!("{} was not found", host(url))).with(error),
    })
}

/// Waits for what `work` returns on a thread of its own.
fn on_a_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    limit: Duration,
) -> Result<T, Error> {
    let (sender, done) = mpsc::channel();
    thread::Builder::new().name("hub-auth-resolve".into()).spawn(move || drop(sender.send(work())))?;
    done.recv_timeout(limit).unwrap_or(Err(Error::Timeout(Timeout::Resolve)))
}

/// Keeps the loopback addresses: `/etc/hosts` can give any machine the name `localhost`.
fn keep_loopback(host: &str, addresses: &mut Vec<SocketAddr>) -> Result<(), NotSent> {
    addresses.retain(|address| address.ip().to_canonical().is_loopback());
    if addresses.is_empty() {
        let what = format!("{host} has no loopback address, and http goes nowhere else");
        return Err(NotSent::new(TransportErrorKind::Resolve, what));
    }
    Ok(())
}

fn buffers(config: &Config) -> LazyBuffers {
    LazyBuffers::new(config.input_buffer_size(), config.output_buffer_size())
}

/// Returns the host of a URL, an IPv6 address without its brackets.
fn host(url: &Uri) -> &str {
    url.host().unwrap_or_default().trim_matches(['[', ']'])
}

/// Joins a host and a port; an IPv6 address gets its brackets.
fn authority(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_used_without_a_look_up() {
        for text in ["http://127.0.0.1:9/", "http://[::1]:9/"] {
            let found = look_up(&text.parse().unwrap(), &Config::default(), Duration::ZERO).unwrap();
            assert_eq!(format!("http://{}/", found[0]), text);
        }
    }

    #[test]
    fn http_goes_to_loopback_addresses_only() {
        let [own, mapped, other] =
            ["127.0.0.1:80", "[::ffff:127.0.0.1]:80", "192.0.2.1:80"].map(|at| at.parse().unwrap());
        let mut mixed = vec![other, own, mapped];
        keep_loopback("localhost", &mut mixed).unwrap();
        assert_eq!(mixed, [own, mapped]);
        let error = keep_loopback("localhost", &mut vec![other]).unwrap_err();
        assert_eq!(error.to_string(), "localhost has no loopback address, and http goes nowhere else");
    }
}
