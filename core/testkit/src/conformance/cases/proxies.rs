//! What stands between.

use std::io;
use std::net::SocketAddr;

use crate::hub::SimHub;
use hub_auth_core::{BoxError, Delivery, Failure, FailureKind, TransportErrorKind};

use super::super::Target;
use super::super::bench::{Bench, Checked, chain, described, ensure, ensure_broke, ensure_kind, ensure_sent, granted};
use crate::tls::Authority;
use crate::{Loopback, LoopbackProxy};

const USER: &str = "us er";
const PASSWORD: &str = "p@ss:w/%rd";
/// Both, as a URL holds them.
const IN_A_URL: &str = "us%20er:p%40ss%3Aw%2F%25rd";
const WRONG: &str = "canary";

/// Either kind of proxy.
type Start = fn(SocketAddr, Option<(&str, &str)>) -> io::Result<LoopbackProxy>;

pub(super) async fn http(bench: &Bench<'_>) -> Checked {
    through(bench, LoopbackProxy::http, None).await
}

pub(super) async fn http_credentials(bench: &Bench<'_>) -> Checked {
    through(bench, LoopbackProxy::http, Some(IN_A_URL)).await
}

pub(super) async fn http_refuses(bench: &Bench<'_>) -> Checked {
    refused(bench, LoopbackProxy::http).await.map(drop)
}

pub(super) async fn socks5(bench: &Bench<'_>) -> Checked {
    through(bench, LoopbackProxy::socks5, None).await
}

pub(super) async fn socks5_credentials(bench: &Bench<'_>) -> Checked {
    through(bench, LoopbackProxy::socks5, Some(IN_A_URL)).await
}

pub(super) async fn socks5_refuses(bench: &Bench<'_>) -> Checked {
    refused(bench, LoopbackProxy::socks5).await.map(drop)
}

pub(super) async fn stages(bench: &Bench<'_>) -> Checked {
    ensure_broke(&refused(bench, LoopbackProxy::http).await?, TransportErrorKind::Proxy)
}

pub(super) async fn loopback(bench: &Bench<'_>) -> Checked {
    let server = bench.hub(|_| {})?;
    let proxy = LoopbackProxy::http(server.address(), None)?;
    let target = Target::new(server.url()).proxy(proxy.url());
    granted(bench.client(&target)?.login().await)?;
    ensure(proxy.connections() == 0, "the proxy was asked")
}

/// A Hub that only a proxy can find, and a target that names it.
fn far_away(bench: &Bench<'_>) -> Result<(Loopback, Target), BoxError> {
    let authority = Authority::new()?;
    let server = Loopback::start_tls(SimHub::demo(), &authority.issue(&["hub.test"])?)?;
    let url = format!("https://hub.test:{}", server.address().port()).parse()?;
    Ok((bench.watched(server), Target::new(url).ca_pem(authority.pem())))
}

/// A login with the second factor through a proxy that wants these credentials, as a URL holds them.
async fn through(bench: &Bench<'_>, start: Start, credentials: Option<&str>) -> Checked {
    let (server, target) = far_away(bench)?;
    let proxy = start(server.address(), credentials.map(|_| (USER, PASSWORD)))?;
    let url = with(&proxy, credentials);
    bench.client(&target.proxy(url))?.both_calls(&server).await?;
    let asked = format!("hub.test:{}", server.address().port());
    let tunnels = proxy.asked();
    ensure(tunnels.iter().all(|tunnel| tunnel.target == asked), "the proxy was asked for another target")?;
    ensure(tunnels.len() == server.connections(), "a connection was made beside the proxy")?;
    ensure(tunnels.iter().all(|tunnel| tunnel.granted), "the proxy was asked without the credentials first")
}

/// A login through a proxy that wants other credentials.
async fn refused(bench: &Bench<'_>, start: Start) -> Result<Failure, BoxError> {
    let (server, target) = far_away(bench)?;
    let proxy = start(server.address(), Some((USER, PASSWORD)))?;
    let url = with(&proxy, Some(&format!("someone:{WRONG}")));
    let failure = bench.client(&target.proxy(url))?.failure().await;
    ensure(server.connections() == 0, "the Hub was reached")?;
    let failure = failure?;
    ensure_kind(&failure, FailureKind::Transport)?;
    ensure_sent(&failure, Delivery::NotSent)?;
    let said = format!("{} {failure:?}", chain(&failure));
    ensure(
        said.to_lowercase().contains("proxy"),
        format!("nothing said that it was the proxy: {}", described(&failure)),
    )?;
    ensure(!said.contains(WRONG), "the proxy's password was told")?;
    ensure(proxy.asked().len() == 1, format!("the proxy was asked {} times", proxy.asked().len()))?;
    Ok(failure)
}

/// A proxy's URL with these credentials in it.
fn with(proxy: &LoopbackProxy, credentials: Option<&str>) -> String {
    match credentials {
        Some(credentials) => proxy.url().replacen("://", &format!("://{credentials}@"), 1),
        None => proxy.url(),
    }
}
