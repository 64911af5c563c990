//! From a host's name to a connection that can be written to.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use std::{fmt, io};

use hub_auth_core::TransportErrorKind;
use hub_auth_core::http::Uri;
use hub_auth_host::rustls::ClientConfig;
use hub_auth_host::{Proxy, Setup, TlsError, observe};
use ureq::Error;
use ureq::config::Config;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{ConnectionDetails, Connector, NextTimeout};

use crate::broke::NotSent;
use crate::connection::Connection;
use crate::deadline::Deadline;
use crate::dial::{self, LookUp};
use crate::idle::{Idle, Lease};
use crate::stop::Stop;
use crate::stream::Stream;
use crate::tls::Tls;
use crate::tunnel;

/// Looks nothing up. ureq asks for addresses before it asks for a connection; [`Reach`] does it when there is none.
#[derive(Debug)]
pub(crate) struct Unresolved;

impl Resolver for Unresolved {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        Ok(self.empty())
    }
}

/// The way to one Hub: a connection that was kept, or a new one.
///
/// A new one has one deadline for all its stages (look-up, TCP, proxy, TLS), and whatever fails in them is marked as not
/// sent.
pub(crate) struct Reach {
    /// A name, or an address without brackets.
    host: String,
    port: u16,
    tls: Option<Arc<ClientConfig>>,
    proxy: Option<Proxy>,
    proxy_tls: Option<Arc<ClientConfig>>,
    resolve_timeout: Duration,
    look_up: LookUp,
    idle: Arc<Idle>,
    stop: Arc<Stop>,
}

impl Reach {
    pub(crate) fn new(setup: &Setup, stop: Arc<Stop>) -> Reach {
        Reach {
            host: setup.hub.host().to_owned(),
            port: setup.hub.port(),
            tls: setup.tls.clone(),
            proxy: setup.proxy.clone(),
            proxy_tls: setup.proxy_tls.clone(),
            resolve_timeout: setup.resolve_timeout,
            look_up: dial::by_system,
            idle: Arc::new(Idle::new(Arc::clone(&stop))),
            stop,
        }
    }

    /// Sees to it that a connection is open for the next request.
    pub(crate) fn warm(&self, time: Duration) -> Result<(), NotSent> {
        let ready = match self.idle.take() {
            Some(ready) => ready,
            None => self.open(Deadline::within(time))?,
        };
        ready.give_back();
        Ok(())
    }

    /// Closes what is kept.
    pub(crate) fn close(&self) {
        self.idle.clear();
    }

    fn open(&self, deadline: Deadline) -> Result<Lease, NotSent> {
        let mut stream = match &self.proxy {
            None => self.dial(&self.host, self.port, deadline)?,
            Some(proxy) => self.through(proxy, deadline)?,
        };
        if let Some(tls) = &self.tls {
            stream.set_deadline(Some(deadline.instant()));
            stream = agree(tls, &self.host, stream)?;
        }
        Ok(self.idle.lease(Connection::new(stream)))
    }

    fn dial(&self, host: &str, port: u16, deadline: Deadline) -> Result<Stream, NotSent> {
        let addresses = self.look_up(host, port, deadline)?;
        let socket = dial::connect(addresses, deadline, &self.stop);
        Ok(Stream::tcp(socket.map_err(NotSent::by(TransportErrorKind::Connect))?))
    }

    /// A tunnel to the Hub. What fails on the way to the proxy names the proxy.
    fn through(&self, proxy: &Proxy, deadline: Deadline) -> Result<Stream, NotSent> {
        let to_proxy = |error: NotSent| error.beneath(|cause| proxy.unreachable(cause));
        let mut stream = self.dial(proxy.host(), proxy.port(), deadline).map_err(to_proxy)?;
        stream.set_deadline(Some(deadline.instant()));
        if let Some(tls) = &self.proxy_tls {
            stream = agree(tls, proxy.host(), stream).map_err(to_proxy)?;
        }
        let mut host = self.host.clone();
        if proxy.looks_up_here() {
            let addresses = self.look_up(&host, self.port, deadline)?;
            host = addresses.first().map(|address| address.ip().to_string()).unwrap_or(host);
        }
        tunnel::open(proxy, &host, self.port, &mut stream)?;
        Ok(stream)
    }

    fn look_up(&self, host: &str, port: u16, deadline: Deadline) -> Result<Vec<SocketAddr>, NotSent> {
        let time = self.resolve_timeout.min(deadline.left());
        dial::look_up(self.look_up, host, port, time, &self.stop).map_err(NotSent::by(TransportErrorKind::Resolve))
    }
}

fn agree(tls: &Arc<ClientConfig>, host: &str, stream: Stream) -> Result<Stream, NotSent> {
    Tls::agree(tls, host, stream).map_err(|error| match error.kind() {
        io::ErrorKind::TimedOut => NotSent::new(TransportErrorKind::Timeout, error),
        _ => NotSent::new(TransportErrorKind::Tls, TlsError::of(error)),
    })
}

/// [`Reach`], as ureq takes it.
pub(crate) struct Connect(pub(crate) Arc<Reach>);

impl Connector for Connect {
    type Out = Lease;

    fn connect(&self, details: &ConnectionDetails, _: Option<()>) -> Result<Option<Lease>, Error> {
        let kept = self.0.idle.take();
        let reused = kept.is_some();
        let lease = match kept {
            Some(kept) => kept,
            None => self.0.open(Deadline::within(*details.timeout.after))?,
        };
        observe::connection(reused);
        Ok(Some(lease))
    }
}

impl fmt::Debug for Connect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connect").field("host", &self.0.host).field("port", &self.0.port).finish_non_exhaustive()
    }
}
