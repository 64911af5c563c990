//! Opens connections to the Hub: TCP, the proxy, TLS.

use std::future::{Ready, ready};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hub_auth_core::{Hub, TransportErrorKind};
use hub_auth_host::rustls::ClientConfig;
use hub_auth_host::{Proxy, Setup, TlsError};
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::Connection;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower_service::Service;

use crate::dial::Dialer;
use crate::exchange::within;
use crate::stage_error::StageError;
use crate::tunnel;

/// A connection to the Hub or to a proxy.
pub(crate) type Hop = MaybeHttpsStream<TokioIo<TcpStream>>;
/// A connection to the Hub; TLS to the Hub may run inside of TLS to the proxy.
type Stream = MaybeHttpsStream<Hop>;

/// Opens connections to the Hub for the connection pool of hyper-util.
#[derive(Clone)]
pub(crate) struct Connector(Arc<Inner>);

struct Inner {
    hub: Hub,
    proxy: Option<Proxy>,
    proxy_tls: Option<Arc<ClientConfig>>,
    tls: Option<Arc<ClientConfig>>,
    dialer: Dialer,
    connect_timeout: Duration,
}

impl Connector {
    pub(crate) fn new(setup: &Setup) -> Connector {
        Connector(Arc::new(Inner {
            hub: setup.hub.clone(),
            proxy: setup.proxy.clone(),
            proxy_tls: setup.proxy_tls.clone(),
            tls: setup.tls.clone(),
            dialer: Dialer::new(setup.resolve_timeout),
            connect_timeout: setup.connect_timeout,
        }))
    }
}

impl Service<Uri> for Connector {
    type Response = Stream;
    type Error = StageError;
    type Future = Pin<Box<dyn Future<Output = Result<Stream, StageError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), StageError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, url: Uri) -> Self::Future {
        let inner = Arc::clone(&self.0);
        Box::pin(async move {
            let late = || {
                let through = inner.proxy.as_ref().map(|proxy| format!(" through the proxy {}", name(proxy)));
                let missing = format!("no connection to {}{}", inner.hub.host(), through.unwrap_or_default());
                StageError::late(&missing, inner.connect_timeout)
            };
            within(inner.connect_timeout, inner.open(url)).await.unwrap_or_else(|| Err(late()))
        })
    }
}

impl Inner {
    async fn open(&self, url: Uri) -> Result<Stream, StageError> {
        let stream = match &self.proxy {
            None => {
                let only_loopback = self.tls.is_none();
                Hop::Http(TokioIo::new(self.dialer.connect(self.hub.host(), self.hub.port(), only_loopback).await?))
            }
            Some(proxy) => self.through(proxy).await?,
        };
        secure(stream, self.tls.as_ref(), url).await
    }

    async fn through(&self, proxy: &Proxy) -> Result<Hop, StageError> {
        let (host, port) = (self.hub.host(), self.hub.port());
        let mut target = authority(host, port);
        if proxy.looks_up_here() {
            let address = self.dialer.addresses(host, port).await?.into_iter().next();
            target = address.map_or(target, |address| address.to_string());
        }
        let unreachable = |error: StageError| {
            StageError::new(error.kind, "no tunnel through the proxy").with(proxy.unreachable(error))
        };
        let stream = self.dialer.connect(proxy.host(), proxy.port(), false).await.map_err(unreachable)?;
        let stream =
            secure(TokioIo::new(stream), self.proxy_tls.as_ref(), url(&name(proxy))?).await.map_err(unreachable)?;
        if proxy.is_socks() {
            tunnel::socks(stream, proxy, url(&target)?).await
        } else {
            tunnel::http(stream, proxy, &target, self.hub.user_agent_header()).await
        }
    }
}

/// Speaks TLS on this stream, if a configuration is given.
async fn secure<S>(stream: S, tls: Option<&Arc<ClientConfig>>, url: Uri) -> Result<MaybeHttpsStream<S>, StageError>
where
    S: Connection + hyper::rt::Read + hyper::rt::Write + Send + Unpin + 'static,
{
    let Some(tls) = tls else { return Ok(MaybeHttpsStream::Http(stream)) };
    let secured = HttpsConnector::from((Opened(Some(stream)), Arc::clone(tls))).call(url).await;
    secured.map_err(|error| StageError::tls(TlsError::of(error)))
}

/// Gives a connection that is open already to a layer of a library that would open one.
pub(crate) struct Opened<S>(pub(crate) Option<S>);

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
fn url(authority: &str) -> Result<Uri, StageError> {
    let url = Uri::builder().scheme("https").authority(authority).path_and_query("/").build();
    url.map_err(|bad| StageError::new(TransportErrorKind::Connect, format!("{authority} is no host name")).with(bad))
}
