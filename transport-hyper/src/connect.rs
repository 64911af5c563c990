//! From a host name to a connection, by stages, so that what failed is known.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hub_auth_core::TransportErrorKind;
use hub_auth_host::rustls::ClientConfig;
use hub_auth_host::rustls::pki_types::ServerName;
use hub_auth_host::{Proxy, Setup};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::broken::Broken;
use crate::connection::Connection;
use crate::look_up::{self, LookUp};
use crate::stream::Stream;
use crate::{race, tunnel};

/// Opens connections to one origin.
pub(crate) struct Connector {
    /// Without the brackets of an IPv6 address.
    host: Box<str>,
    port: u16,
    tls: Option<TlsConnector>,
    proxy: Option<Proxy>,
    proxy_tls: Option<TlsConnector>,
    look_up: LookUp,
    resolve_timeout: Duration,
    connect_timeout: Duration,
}

impl Connector {
    pub(crate) fn new(setup: &Setup) -> Connector {
        let connector = |config: &Option<Arc<ClientConfig>>| config.clone().map(TlsConnector::from);
        Connector {
            host: setup.hub.host().into(),
            port: setup.hub.port(),
            tls: connector(&setup.tls),
            proxy: setup.proxy.clone(),
            proxy_tls: connector(&setup.proxy_tls),
            look_up: look_up::by_system,
            resolve_timeout: setup.resolve_timeout,
            connect_timeout: setup.connect_timeout,
        }
    }

    /// A connection on which HTTP can be spoken, within its deadline.
    pub(crate) async fn connect(&self) -> Result<Connection, Broken> {
        let mut at_proxy = None;
        let connected = within(self.connect_timeout, self.stages(&mut at_proxy)).await;
        connected.unwrap_or_else(|| {
            let late = Broken::late("no connection", self.connect_timeout);
            Err(match at_proxy {
                Some(proxy) => late.at(proxy),
                None => late,
            })
        })
    }

    /// `at_proxy` is set for as long as the proxy is to blame.
    async fn stages<'a>(&'a self, at_proxy: &mut Option<&'a Proxy>) -> Result<Connection, Broken> {
        let mut stream = match &self.proxy {
            None => self.reach(&self.host, self.port).await?,
            Some(proxy) => {
                let mut address = None;
                if proxy.looks_up_here() {
                    address = self.resolve(&self.host, self.port).await?.first().map(|found| found.ip().to_string());
                }
                *at_proxy = Some(proxy);
                let mut stream = self.reach_proxy(proxy).await.map_err(|broken| broken.at(proxy))?;
                tunnel::open(&mut stream, proxy, address.as_deref().unwrap_or(&self.host), self.port).await?;
                *at_proxy = None;
                stream
            }
        };
        if let Some(tls) = &self.tls {
            stream = secure(stream, tls, &self.host).await?;
        }
        Connection::start(stream).await.map_err(|error| Broken::new(TransportErrorKind::Connect, error))
    }

    async fn reach_proxy(&self, proxy: &Proxy) -> Result<Stream, Broken> {
        let stream = self.reach(proxy.host(), proxy.port()).await?;
        match &self.proxy_tls {
            Some(tls) => secure(stream, tls, proxy.host()).await,
            None => Ok(stream),
        }
    }

    async fn reach(&self, host: &str, port: u16) -> Result<Stream, Broken> {
        let addresses = self.resolve(host, port).await?;
        let socket = race::connect(addresses).await.map_err(|error| Broken::new(TransportErrorKind::Connect, error))?;
        // A small request, which must not wait for the answer to an earlier packet.
        socket.set_nodelay(true).map_err(|error| Broken::new(TransportErrorKind::Connect, error))?;
        Ok(Stream::tcp(socket))
    }

    /// The addresses of this host; at least one.
    async fn resolve(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, Broken> {
        if let Ok(address) = host.parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(address, port)]);
        }
        let late = || Broken::late("the host name was not looked up", self.resolve_timeout);
        let found = within(self.resolve_timeout, look_up::look_up(self.look_up, host, port)).await.ok_or_else(late)?;
        found.map_err(|error| Broken::new(TransportErrorKind::Resolve, error))
    }
}

/// `None` if it took longer than that. Where there is no time at all, nothing is begun.
async fn within<F: Future>(limit: Duration, stage: F) -> Option<F::Output> {
    if limit.is_zero() {
        return None;
    }
    timeout(limit, stage).await.ok()
}

/// TLS on this stream, with the host of this name.
async fn secure(stream: Stream, tls: &TlsConnector, host: &str) -> Result<Stream, Broken> {
    let name = ServerName::try_from(host.to_owned()).map_err(Broken::untrusted)?;
    let doubt = stream.doubt();
    Ok(Stream::on(tls.connect(name, stream).await.map_err(Broken::untrusted)?, doubt))
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;

    use hub_auth_host::Options;
    use tokio::runtime::Builder;

    use super::*;
    use crate::look_up::tests::never;

    /// Long beside what it takes, on any machine.
    const GUARD: Duration = Duration::from_secs(60);

    /// Looks names up where nobody answers.
    fn connector(base: &str, resolve_timeout: Duration) -> Connector {
        let options = Options::new().no_proxy().base(base.parse().unwrap());
        let setup = options.resolve_timeout(resolve_timeout).connect_timeout(GUARD * 2).build().unwrap();
        Connector { look_up: never, ..Connector::new(&setup) }
    }

    #[test]
    fn a_resolver_that_hangs_keeps_neither_the_caller_nor_the_runtime() {
        for mut runtime in [Builder::new_current_thread(), Builder::new_multi_thread()] {
            let (sender, done) = mpsc::channel();
            thread::spawn(move || {
                let runtime = runtime.enable_all().build().unwrap();
                let connector = connector("http://localhost:9", Duration::from_millis(50));
                sender.send(runtime.block_on(connector.connect()).err()).unwrap();
                drop(runtime);
                sender.send(None).unwrap();
            });
            let broken = done.recv_timeout(GUARD).expect("the caller is kept").unwrap();
            assert_eq!(broken.what, TransportErrorKind::Timeout);
            assert!(broken.cause.to_string().contains("looked up"), "{}", broken.cause);
            done.recv_timeout(GUARD).expect("the runtime is kept");
        }
    }

    #[tokio::test]
    async fn an_address_is_not_looked_up() {
        for (base, address) in [("http://127.0.0.1", "127.0.0.1"), ("http://[::1]", "::1")] {
            let connector = connector(base, Duration::ZERO);
            let found = connector.resolve(&connector.host, 80).await.ok().unwrap();
            assert_eq!(found, [SocketAddr::new(address.parse().unwrap(), 80)]);
        }
    }
}
