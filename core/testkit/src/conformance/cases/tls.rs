//! https.

use crate::hub::SimHub;
use hub_auth_core::{Delivery, Failure, FailureKind, TransportErrorKind};

use super::super::Target;
use super::super::bench::{Bench, Checked, ensure, ensure_broke, ensure_kind, ensure_sent};
use crate::Loopback;
use crate::tls::{Authority, Identity, Server};
use crate::wire::{Act, Nowhere, Wire};

const NAME: &[&str] = &["localhost"];

pub(super) async fn versions(bench: &Bench<'_>) -> Checked {
    let authority = Authority::new()?;
    for narrow in [Server::only_tls12, Server::only_tls13] {
        let server = start(bench, narrow(Server::new(&authority.issue(NAME)?)))?;
        let target = Target::new(server.url()).ca_pem(authority.pem());
        bench.client(&target)?.both_calls(&server).await?;
    }
    Ok(())
}

pub(super) async fn half_answer(bench: &Bench<'_>) -> Checked {
    let authority = Authority::new()?;
    for part in ["", "HTTP/1.1 200 OK\r\nContent-Length: 26\r\n\r\n{\"token\":\"aaaa.bbb"] {
        let acts = vec![Act::Read, Act::write(part), Act::Cut];
        let server = bench.watched_wire(Wire::start_tls(&authority.issue(NAME)?, vec![acts])?);
        let target = Target::new(server.url()).ca_pem(authority.pem());
        let failure = bench.client(&target)?.failure().await?;
        ensure_kind(&failure, FailureKind::Transport)?;
        ensure_sent(&failure, Delivery::MaybeSent)?;
    }
    Ok(())
}

pub(super) async fn expired(bench: &Bench<'_>) -> Checked {
    let authority = Authority::new()?;
    untrusted(bench, &authority, &authority.issue_expired(NAME)?).await.map(drop)
}

pub(super) async fn not_yet_valid(bench: &Bench<'_>) -> Checked {
    let authority = Authority::new()?;
    untrusted(bench, &authority, &authority.issue_not_yet_valid(NAME)?).await.map(drop)
}

pub(super) async fn wrong_name(bench: &Bench<'_>) -> Checked {
    let authority = Authority::new()?;
    untrusted(bench, &authority, &authority.issue(&["hub.test"])?).await.map(drop)
}

pub(super) async fn unknown_issuer(bench: &Bench<'_>) -> Checked {
    let stranger = Authority::new()?;
    untrusted(bench, &Authority::new()?, &stranger.issue(NAME)?).await.map(drop)
}

pub(super) async fn client_certificate(bench: &Bench<'_>) -> Checked {
    let authority = Authority::new()?;
    let own = authority.issue(&["client.test"])?;
    for narrow in [Server::only_tls12, Server::only_tls13] {
        let tls = narrow(Server::new(&authority.issue(NAME)?)).only_clients_of(&authority);
        let server = start(bench, tls)?;
        let target = Target::new(server.url()).ca_pem(authority.pem());
        let failure = bench.client(&target)?.failure().await?;
        ensure_kind(&failure, FailureKind::Transport)?;
        ensure(server.requests().is_empty(), "a request arrived without a certificate")?;
        bench.client(&target.client_pem(own.pem()))?.both_calls(&server).await?;
    }
    Ok(())
}

pub(super) async fn stages(bench: &Bench<'_>) -> Checked {
    let nobody = Nowhere::refused()?;
    let failure = bench.client(&Target::new(nobody.url()?))?.failure().await?;
    ensure_broke(&failure, TransportErrorKind::Connect)?;
    let authority = Authority::new()?;
    let failure = untrusted(bench, &authority, &authority.issue_expired(NAME)?).await?;
    ensure_broke(&failure, TransportErrorKind::Tls)
}

/// A login to a server that shows this, by a client that trusts the authority: it fails, and nothing was sent.
async fn untrusted(
    bench: &Bench<'_>,
    authority: &Authority,
    identity: &Identity,
) -> Result<Failure, hub_auth_core::BoxError> {
    let server = start(bench, Server::new(identity))?;
    let target = Target::new(server.url()).ca_pem(authority.pem());
    let failure = bench.client(&target)?.failure().await;
    ensure(server.requests().is_empty(), "the password was sent")?;
    let failure = failure?;
    ensure_kind(&failure, FailureKind::Transport)?;
    ensure_sent(&failure, Delivery::NotSent)?;
    Ok(failure)
}

fn start(bench: &Bench<'_>, tls: Server) -> std::io::Result<Loopback> {
    Ok(bench.watched(Loopback::start_tls(SimHub::demo(), tls)?))
}
