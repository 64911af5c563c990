//! Connections for the agent: ureq's own CONNECT and SOCKS, over a TCP and below a TLS that keep what ureq's do not.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hub_auth_core::TransportErrorKind;
use hub_auth_core::http::Uri;
use hub_auth_host::rustls::ClientConfig;
use hub_auth_host::{Proxy, Setup, TlsError};
use ureq::config::Config;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{
    ConnectProxyConnector, ConnectionDetails, Connector, NextTimeout, SocksConnector, Transport,
};
use ureq::{Error, Timeout};

use crate::dial::{self, Host};
use crate::error::{NotSent, tunnel_failed};
use crate::wire::{Tcp, Tls};

/// Opens connections to one Hub. Everything that fails here fails before a byte of the request was written, and is marked
/// as [`NotSent`], which ureq's errors do not tell.
///
/// TLS is our own because ureq takes either the system's roots or others, never both, and no whole `ClientConfig`.
#[derive(Debug)]
pub(crate) struct Connect {
    tls: Option<Arc<ClientConfig>>,
    proxy: Option<Proxy>,
    proxy_tls: Option<Arc<ClientConfig>>,
    resolve_timeout: Duration,
}

impl Connect {
    pub(crate) fn new(setup: &Setup) -> Connect {
        Connect {
            tls: setup.tls.clone(),
            proxy: setup.proxy.clone(),
            proxy_tls: setup.proxy_tls.clone(),
            resolve_timeout: setup.resolve_timeout,
        }
    }

    fn open(&self, details: &ConnectionDetails) -> Result<Box<dyn Transport>, NotSent> {
        let deadline = Instant::now() + *details.timeout.after;
        let below = match self.tunnel(details)? {
            Some(tunnel) => tunnel,
            None => self.dial(details, deadline)?,
        };
        let tls = if self.is_for_proxy(details) { &self.proxy_tls } else { &self.tls };
        match tls.as_ref().filter(|_| details.needs_tls()) {
            Some(tls) => match Tls::agree(tls, details, below, deadline) {
                Ok(tls) => Ok(Box::new(tls)),
                Err(Error::Timeout(_)) => Err(NotSent::new(TransportErrorKind::Timeout, "TLS took too long")),
                // ureq's error names no source, so it is unpacked.
                Err(Error::Other(source)) => Err(NotSent::new(TransportErrorKind::Tls, TlsError::of(source))),
                Err(error) => Err(NotSent::new(TransportErrorKind::Tls, TlsError::of(error))),
            },
            None => Ok(below),
        }
    }

    /// A tunnel through the proxy; `None` where this connection needs none.
    fn tunnel(&self, details: &ConnectionDetails) -> Result<Option<Box<dyn Transport>>, NotSent> {
        let (Some(proxy), false) = (&self.proxy, self.is_for_proxy(details)) else { return Ok(None) };
        if proxy.is_socks() {
            let tunnel = SocksConnector::default().connect(details, None::<()>);
            return Ok(tunnel.map_err(|error| tunnel_failed(proxy, error))?.map(|tunnel| Box::new(tunnel) as _));
        }
        let tunnel = ConnectProxyConnector::default().connect(details, None::<()>);
        Ok(tunnel.map_err(|error| tunnel_failed(proxy, error))?.map(|tunnel| Box::new(tunnel) as _))
    }

    fn dial(&self, details: &ConnectionDetails, deadline: Instant) -> Result<Box<dyn Transport>, NotSent> {
        let host = Host::of(details.uri)?;
        let resolved_by = deadline.min(Instant::now() + self.resolve_timeout);
        let mut addresses = host.look_up(resolved_by, &*details.register_shutdown)?;
        if !details.needs_tls() && !self.is_for_proxy(details) {
            host.keep_loopback(&mut addresses)?;
        }
        let socket = dial::race(&addresses, deadline, &*details.register_shutdown)?;
        Ok(Box::new(Tcp::new(socket, details, deadline)?))
    }

    /// Tells whether ureq's CONNECT asks for its connection to the proxy: then the configuration names no proxy.
    fn is_for_proxy(&self, details: &ConnectionDetails) -> bool {
        self.proxy.is_some() && details.config.proxy().is_none()
    }
}

impl Connector for Connect {
    type Out = Box<dyn Transport>;

    fn connect(&self, details: &ConnectionDetails, _: Option<()>) -> Result<Option<Self::Out>, Error> {
        // While ureq waits for a proxy's answer it grants each read the whole time again. By this reason `Tcp` knows that a
        // connection is being opened, and keeps to the deadline.
        let details = &ConnectionDetails {
            uri: details.uri,
            addrs: details.addrs.clone(),
            config: details.config,
            request_level: details.request_level,
            resolver: details.resolver,
            now: details.now,
            timeout: NextTimeout { reason: Timeout::Connect, ..details.timeout },
            current_time: Arc::clone(&details.current_time),
            run_connector: Arc::clone(&details.run_connector),
            register_shutdown: Arc::clone(&details.register_shutdown),
        };
        let opened = self.open(details).map_err(|error| match &self.proxy {
            Some(proxy) if self.is_for_proxy(details) => error.beneath(|source| proxy.unreachable(source)),
            _ => error,
        });
        Ok(Some(opened?))
    }
}

/// Looks names up for ureq's SOCKS only. ureq asks before every request, and starts a thread each time; [`Connect`] looks
/// up when it opens a connection.
#[derive(Debug)]
pub(crate) struct Resolve {
    pub(crate) timeout: Duration,
}

impl Resolver for Resolve {
    fn resolve(&self, uri: &Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        use ureq::ProxyProtocol::{Http, Https};
        let mut found = self.empty();
        if config.proxy().is_none_or(|proxy| matches!(proxy.protocol(), Http | Https)) {
            return Ok(found);
        }
        let host = Host::of(uri)?;
        let mut addresses = host.look_up(Instant::now() + self.timeout.min(*timeout.after), &|_| Ok(()))?;
        if uri.scheme_str() == Some("http") {
            host.keep_loopback(&mut addresses)?;
        }
        for address in addresses.into_iter().take(16) {
            found.push(address);
        }
        Ok(found)
    }
}
