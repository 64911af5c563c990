//! Checks proxies.

use std::io;
use std::net::SocketAddr;

use http::HeaderValue;
use http::header::CONNECTION;
use hub_auth_core::{BoxError, Delivery, Failure, FailureKind, Policy, TransportErrorKind};

use super::super::Target;
use super::super::setup::{
    Checked, Setup, chain, described, ensure, ensure_broken, ensure_delivery, ensure_failed, failed, granted,
};
use crate::tls::Authority;
use crate::{Fault, Loopback, LoopbackProxy};

const USER: &str = "us er";
const PASSWORD: &str = "p@ss:w/%rd";
/// User and password as they stand in a URL.
const IN_A_URL: &str = "us%20er:p%40ss%3Aw%2F%25rd";
const WRONG: &str = "canary";

/// Starts one kind of proxy.
type Start = fn(SocketAddr, Option<(&str, &str)>) -> io::Result<LoopbackProxy>;

pub(super) async fn http(setup: &Setup<'_>) -> Checked {
    through(setup, LoopbackProxy::http, None).await
}

pub(super) async fn http_credentials(setup: &Setup<'_>) -> Checked {
    through(setup, LoopbackProxy::http, Some(IN_A_URL)).await
}

pub(super) async fn http_refuses(setup: &Setup<'_>) -> Checked {
    refused(setup, LoopbackProxy::http).await.map(drop)
}

pub(super) async fn http_refuses_code(setup: &Setup<'_>) -> Checked {
    let (server, target) = far_away(setup)?;
    // So that the code needs a tunnel of its own.
    server.hub().always(Fault::Headers([(CONNECTION, HeaderValue::from_static("close"))].into_iter().collect()));
    let proxy = LoopbackProxy::http(server.address(), Some((USER, PASSWORD)))?;
    let target = Target { proxy: Some(with(&proxy, Some(IN_A_URL))), ..target };
    // A policy under which a code that was not sent may be asked for again.
    let client = setup.patient_client(&target, Policy::new(1))?;
    let challenge = client.challenge().await?;
    proxy.refuse();
    let failure = failed(client.answer(challenge, &server).await)?;
    ensure_broken(&failure, TransportErrorKind::Proxy)?;
    ensure_delivery(&failure, Delivery::NotSent)?;
    let refused = proxy.asked().iter().filter(|asked| !asked.granted).count();
    ensure(refused == 1, format!("the proxy was asked {refused} times"))
}

pub(super) async fn socks5(setup: &Setup<'_>) -> Checked {
    through(setup, LoopbackProxy::socks5, None).await
}

pub(super) async fn socks5_credentials(setup: &Setup<'_>) -> Checked {
    through(setup, LoopbackProxy::socks5, Some(IN_A_URL)).await
}

pub(super) async fn socks5_refuses(setup: &Setup<'_>) -> Checked {
    refused(setup, LoopbackProxy::socks5).await.map(drop)
}

pub(super) async fn stages(setup: &Setup<'_>) -> Checked {
    ensure_broken(&refused(setup, LoopbackProxy::http).await?, TransportErrorKind::Proxy)
}

pub(super) async fn loopback(setup: &Setup<'_>) -> Checked {
    let server = setup.hub(|_| {})?;
    let proxy = LoopbackProxy::http(server.address(), None)?;
    let target = Target { proxy: Some(proxy.url()), ..Target::new(server.url()) };
    granted(setup.client(&target)?.login().await)?;
    ensure(proxy.connections() == 0, "the proxy was asked")
}

/// Starts a Hub whose name only a proxy can find, and returns a target that names it.
fn far_away(setup: &Setup<'_>) -> Result<(Loopback, Target), BoxError> {
    let authority = Authority::new()?;
    let (server, target) = setup.tls_hub(&authority, &authority.issue(&["hub.test"])?)?;
    let url = format!("https://hub.test:{}", server.address().port()).parse()?;
    Ok((server, Target { url, ..target }))
}

/// Logs in with the second factor through a proxy that wants these credentials, written as in a URL.
async fn through(setup: &Setup<'_>, start: Start, credentials: Option<&str>) -> Checked {
    let (server, target) = far_away(setup)?;
    let proxy = start(server.address(), credentials.map(|_| (USER, PASSWORD)))?;
    let target = Target { proxy: Some(with(&proxy, credentials)), ..target };
    setup.client(&target)?.both_calls(&server).await?;
    let asked = format!("hub.test:{}", server.address().port());
    let tunnels = proxy.asked();
    ensure(tunnels.iter().all(|tunnel| tunnel.target == asked), "the proxy was asked for another target")?;
    ensure(tunnels.len() == server.connections(), "a connection was made beside the proxy")?;
    ensure(tunnels.iter().all(|tunnel| tunnel.granted), "the proxy was asked without the credentials first")?;
    // Company proxies filter on it. SOCKS5 has no such field.
    let is_connect = proxy.url().starts_with("http:");
    ensure(!is_connect || tunnels.iter().all(|tunnel| tunnel.user_agent.is_some()), "CONNECT had no User-Agent")
}

/// Logs in through a proxy that wants other credentials.
async fn refused(setup: &Setup<'_>, start: Start) -> Result<Failure, BoxError> {
    let (server, target) = far_away(setup)?;
    let proxy = start(server.address(), Some((USER, PASSWORD)))?;
    let target = Target { proxy: Some(with(&proxy, Some(&format!("someone:{WRONG}")))), ..target };
    let failure = setup.client(&target)?.failure().await;
    ensure(server.connections() == 0, "the Hub was reached")?;
    let failure = failure?;
    ensure_failed(&failure, FailureKind::Transport, Delivery::NotSent)?;
    let said = format!("{} {failure:?}", chain(&failure));
    ensure(
        said.to_lowercase().contains("proxy"),
        format!("nothing said that it was the proxy: {}", described(&failure)),
    )?;
    ensure(!said.contains(WRONG), "the proxy's password was told")?;
    ensure(proxy.asked().len() == 1, format!("the proxy was asked {} times", proxy.asked().len()))?;
    Ok(failure)
}

/// Returns the proxy's URL with these credentials in it.
fn with(proxy: &LoopbackProxy, credentials: Option<&str>) -> String {
    match credentials {
        Some(credentials) => proxy.url().replacen("://", &format!("://{credentials}@"), 1),
        None => proxy.url(),
    }
}
