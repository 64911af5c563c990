//! Opens tunnels to the Hub through a proxy. The core never retries a [`TransportErrorKind::Proxy`], since a retry would
//! send the proxy a password that it has refused.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use bytes::Bytes;
use http::header::{HOST, PROXY_AUTHORIZATION, USER_AGENT};
use http::{HeaderValue, Request, Uri};
use http_body_util::Empty;
use hub_auth_core::TransportErrorKind;
use hub_auth_host::{Proxy, ProxyFault};
use hyper::client::conn::http1;
use hyper_util::client::legacy::connect::proxy::SocksV5;
use tower_service::Service;

use crate::connect::{Hop, Opened};
use crate::exchange::MAX_HEAD;
use crate::stage_error::StageError;

/// Asks an HTTP proxy for a tunnel to `target` by `CONNECT`. hyper-util's `Tunnel` calls each refusal but a 407
/// "unsuccessful", and people need to read that a 403 comes of the proxy's rules.
pub(crate) async fn http(
    stream: Hop,
    proxy: &Proxy,
    target: &str,
    user_agent: &HeaderValue,
) -> Result<Hop, StageError> {
    let failed =
        |error: hyper::Error| refused(proxy, if error.is_parse() { ProxyFault::NotAProxy } else { ProxyFault::Closed });
    // Some proxies refuse a CONNECT that does not say who asks.
    let mut request = Request::connect(target).header(HOST, target).header(USER_AGENT, user_agent);
    let credentials = proxy.basic_auth();
    if let Some(credentials) = &credentials {
        request = request.header(PROXY_AUTHORIZATION, credentials);
    }
    let request = request
        .body(Empty::<Bytes>::new())
        .map_err(|bad| StageError::new(TransportErrorKind::Proxy, "no proxy can be asked for this host").with(bad))?;
    let (mut sender, mut connection) =
        http1::Builder::new().max_buf_size(MAX_HEAD).handshake(stream).await.map_err(failed)?;
    let mut answer = pin!(sender.send_request(request));
    // Drives the connection here, and not in a task, so that the stream can be taken back.
    let answer = poll_fn(|cx| match connection.poll_without_shutdown(cx) {
        Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
        _ => answer.as_mut().poll(cx),
    });
    let fault = match answer.await.map_err(failed)?.status().as_u16() {
        200 => return Ok(connection.into_parts().io),
        407 if credentials.is_some() => ProxyFault::CredentialsRefused,
        407 => ProxyFault::CredentialsWanted,
        405 | 501 => ProxyFault::NotAProxy,
        status => ProxyFault::Refused { status },
    };
    Err(refused(proxy, fault))
}

/// Asks a SOCKS 5 proxy for a tunnel to `target`.
pub(crate) async fn socks(stream: Hop, proxy: &Proxy, target: Uri) -> Result<Hop, StageError> {
    /// The texts of hyper-util's `SocksV5` for the replies from 1 on (RFC 1928, section 6). Its type of error has no public
    /// name.
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
    let mut socks = SocksV5::new(target.clone(), Opened(Some(stream)));
    if let Some((user, password)) = proxy.credentials() {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        socks = socks.with_auth(text(user), text(password));
    }
    let error = match socks.call(target).await {
        Ok(stream) => return Ok(stream),
        Err(error) => error.to_string(),
    };
    let reply = (1..).zip(REPLIES).find(|(_, reply)| error.ends_with(reply));
    let fault = match reply {
        Some((code, _)) => ProxyFault::SocksRefused { code },
        None if error.ends_with("credentials not accepted") => ProxyFault::CredentialsRefused,
        None if error.contains("server does not support") && proxy.credentials().is_none() => {
            ProxyFault::CredentialsWanted
        }
        None if error.contains("server does not support") => ProxyFault::MethodUnsupported,
        None if error.contains("io error") => ProxyFault::Closed,
        None => ProxyFault::NotAProxy,
    };
    Err(refused(proxy, fault))
}

fn refused(proxy: &Proxy, fault: ProxyFault) -> StageError {
    StageError::new(TransportErrorKind::Proxy, "no tunnel through the proxy").with(proxy.failed(fault))
}
