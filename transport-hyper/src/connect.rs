//! From a host name to a connection, by stages, so that what failed is known.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderValue, Uri};
use hub_auth_core::{BoxError, Broke, Hub};
use hub_auth_host::rustls::ClientConfig;
use hub_auth_host::rustls::pki_types::ServerName;
use tokio::net::lookup_host;
use tokio_rustls::TlsConnector;

use crate::connection::Connection;
use crate::race;
use crate::stream::Stream;

/// What broke, and the error beneath.
pub(crate) struct Broken {
    pub(crate) what: Broke,
    pub(crate) cause: BoxError,
}

/// Opens connections to one origin.
pub(crate) struct Connector {
    /// Without the brackets of an IPv6 address.
    host: Box<str>,
    port: u16,
    tls: Option<TlsConnector>,
}

impl Connector {
    /// To this hub; also the value of `Host` there.
    #[expect(clippy::expect_used, reason = "core checked it")]
    pub(crate) fn new(hub: &Hub, tls: Option<Arc<ClientConfig>>) -> (Connector, HeaderValue) {
        let origin: Uri = hub.origin().parse().expect("a hub's origin is a URI");
        let authority = origin.authority().expect("a hub's origin has a host");
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').into();
        let port = authority.port_u16().unwrap_or(if hub.is_https() { 443 } else { 80 });
        let header = HeaderValue::from_str(authority.as_str()).expect("an authority is a header value");
        (Connector { host, port, tls: tls.map(TlsConnector::from) }, header)
    }

    pub(crate) async fn connect(&self) -> Result<Connection, Broken> {
        let addresses = self.resolve().await?;
        let socket = race::connect(addresses).await.map_err(|error| Broken::new(Broke::Connect, error))?;
        // A small request, which must not wait for the answer to an earlier packet.
        socket.set_nodelay(true).map_err(|error| Broken::new(Broke::Connect, error))?;
        let mut stream = Stream::new(socket);
        if let Some(tls) = &self.tls {
            let name = ServerName::try_from(self.host.to_string()).map_err(|error| Broken::new(Broke::Tls, error))?;
            let session = tls.connect(name, stream).await.map_err(|error| Broken::new(Broke::Tls, error))?;
            stream = Stream::new(session);
        }
        Connection::start(stream).await.map_err(|error| Broken::new(Broke::Connect, error))
    }

    async fn resolve(&self) -> Result<Vec<SocketAddr>, Broken> {
        if let Ok(ip) = self.host.parse::<IpAddr>() {
            return Ok(vec![(ip, self.port).into()]);
        }
        let addresses = lookup_host((&*self.host, self.port)).await;
        let addresses: Vec<_> = addresses.map_err(|error| Broken::new(Broke::Resolve, error))?.collect();
        if addresses.is_empty() {
            return Err(Broken::new(Broke::Resolve, "the host name has no address"));
        }
        Ok(addresses)
    }
}

impl Broken {
    pub(crate) fn new(what: Broke, cause: impl Into<BoxError>) -> Broken {
        Broken { what, cause: cause.into() }
    }

    /// What hyper met once there was a connection.
    pub(crate) fn on_the_wire(error: hyper::Error) -> Broken {
        let what = if error.is_parse_too_large() { Broke::TooLarge } else { Broke::Closed };
        Broken::new(what, error)
    }

    /// A deadline passed.
    pub(crate) fn late(missing: &str, limit: Duration) -> Broken {
        Broken::new(Broke::Timeout, format!("{missing} within {limit:?}"))
    }
}
