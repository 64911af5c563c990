//! Checks TLS and certificates.

use hub_auth_core::{BoxError, Delivery, Failure, FailureKind, TransportErrorKind};

use super::super::Target;
use super::super::setup::{Checked, GRANTS, Setup, ensure, ensure_broken, ensure_failed, ensure_kind, row};
use crate::tls::{Authority, Identity, Server};
use crate::wire::{Act, Nowhere};

const NAME: &[&str] = &["localhost"];

pub(super) async fn versions(setup: &Setup<'_>) -> Checked {
    let authority = Authority::new()?;
    for narrow in [Server::only_tls12, Server::only_tls13] {
        let (server, target) = setup.tls_hub(&authority, narrow(Server::new(&authority.issue(NAME)?)))?;
        setup.client(&target)?.both_calls(&server).await?;
    }
    Ok(())
}

pub(super) async fn cut(setup: &Setup<'_>) -> Checked {
    let no_goodbye = |part: &str| vec![Act::Read, Act::write(part), Act::Cut];
    for (name, script) in [
        ("before the answer", no_goodbye("")),
        ("within the body", no_goodbye(GRANTS.split_at(50).0)),
        // The length is unknown, so only TLS tells the end from a cut.
        ("behind a body that ends with the connection", no_goodbye("HTTP/1.1 200 OK\r\n\r\n{\"token\":\"opaque\"}")),
        ("within the record of TLS", vec![Act::Read, Act::Limit(30), Act::write(GRANTS), Act::Cut]),
    ] {
        let (_server, target) = setup.tls_wire(vec![script])?;
        let failure = row(name, setup.client(&target)?.failure().await)?;
        row(name, ensure_failed(&failure, FailureKind::Transport, Delivery::MaybeSent))?;
    }
    Ok(())
}

pub(super) async fn certificates(setup: &Setup<'_>) -> Checked {
    let (authority, stranger) = (Authority::new()?, Authority::new()?);
    for (name, identity) in [
        ("expired", authority.issue_expired(NAME)?),
        ("not valid yet", authority.issue_not_yet_valid(NAME)?),
        ("for another name", authority.issue(&["hub.test"])?),
        ("of an unknown authority", stranger.issue(NAME)?),
    ] {
        row(name, untrusted(setup, &authority, &identity).await)?;
    }
    Ok(())
}

pub(super) async fn client_certificate(setup: &Setup<'_>) -> Checked {
    let authority = Authority::new()?;
    let own = authority.issue(&["client.test"])?;
    for narrow in [Server::only_tls12, Server::only_tls13] {
        let tls = narrow(Server::new(&authority.issue(NAME)?)).only_clients_of(&authority);
        let (server, target) = setup.tls_hub(&authority, tls)?;
        let failure = setup.client(&target)?.failure().await?;
        ensure_kind(&failure, FailureKind::Transport)?;
        ensure(server.requests().is_empty(), "a request arrived without a certificate")?;
        let target = Target { client_pem: Some(own.pem()), ..target };
        setup.client(&target)?.both_calls(&server).await?;
    }
    Ok(())
}

pub(super) async fn stages(setup: &Setup<'_>) -> Checked {
    let nobody = Nowhere::refused()?;
    let failure = setup.client(&Target::new(nobody.url()?))?.failure().await?;
    ensure_broken(&failure, TransportErrorKind::Connect)?;
    let authority = Authority::new()?;
    let failure = untrusted(setup, &authority, &authority.issue_expired(NAME)?).await?;
    ensure_broken(&failure, TransportErrorKind::Tls)
}

/// Logs in to a server that shows this identity, with a client that trusts the authority. The login has to fail with nothing
/// sent.
async fn untrusted(setup: &Setup<'_>, authority: &Authority, identity: &Identity) -> Result<Failure, BoxError> {
    let (server, target) = setup.tls_hub(authority, identity)?;
    let failure = setup.client(&target)?.failure().await;
    ensure(server.requests().is_empty(), "the password was sent")?;
    let failure = failure?;
    ensure_failed(&failure, FailureKind::Transport, Delivery::NotSent)?;
    Ok(failure)
}
