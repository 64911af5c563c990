//! Checks connections that break: a transport must not call a request unsent that may have arrived.

use hub_auth_core::{BoxError, Code, Delivery, Failure, FailureKind, UnixTime};

use super::super::setup::{
    ASKS_FOR_CODE, Checked, GRANTS, Setup, described, ensure, ensure_delivery, ensure_failed, ensure_kind, failed, row,
};
use crate::wire::{Act, Nowhere};

pub(super) async fn refused(setup: &Setup<'_>) -> Checked {
    let nobody = Nowhere::refused()?;
    let failure = setup.client_of(nobody.url()?)?.failure().await?;
    ensure_failed(&failure, FailureKind::Transport, Delivery::NotSent)
}

pub(super) async fn cut(setup: &Setup<'_>) -> Checked {
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n12\r\n{\"token\":\"opaque\"}\r\n0\r\n\r\n";
    for answer in [GRANTS, chunked] {
        let head = answer.find("\r\n\r\n").map_or(answer.len(), |at| at + 4);
        let script = |at| vec![Act::Read, Act::write(answer.get(..at).unwrap_or_default()), Act::Cut];
        // Some clients do without the line end after the last chunk.
        let length = answer.len() - if answer == chunked { 2 } else { 0 };
        let server = setup.wire((0..length).map(script).collect())?;
        let client = setup.client_of(server.url())?;
        for at in 0..length {
            let name = format!("cut after {at} of {} bytes", answer.len());
            let failure = row(&name, client.failure().await)?;
            row(&name, ensure_failed(&failure, FailureKind::Transport, Delivery::MaybeSent))?;
            let keeps_head = failure.status().is_some() == (at >= head);
            ensure(keeps_head, format!("{name}: the head was lost or made up: {}", described(&failure)))?;
        }
    }
    ensure_delivery(&lost_code(setup).await?.1, Delivery::MaybeSent)
}

pub(super) async fn cut_429(setup: &Setup<'_>) -> Checked {
    let part = "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 77\r\nContent-Length: 100\r\n\r\n{\"deta";
    let server = setup.wire(vec![vec![Act::Read, Act::write(part), Act::Cut]])?;
    let failure = setup.client_of(server.url())?.failure().await?;
    ensure_kind(&failure, FailureKind::RateLimited)?;
    ensure(failure.retry_at().is_some(), "Retry-After was lost")
}

pub(super) async fn reset(setup: &Setup<'_>) -> Checked {
    let half = Act::write("HTTP/1.1 200 OK\r\nContent-Le");
    for (name, script) in [
        ("a reset within the request", vec![Act::Peek(20), Act::Reset]),
        ("a reset after the request", vec![Act::Read, Act::Reset]),
        ("a reset within the head", vec![Act::Read, half, Act::Reset]),
    ] {
        let server = setup.wire(vec![script])?;
        let failure = row(name, setup.client_of(server.url())?.failure().await)?;
        row(name, ensure_failed(&failure, FailureKind::Transport, Delivery::MaybeSent))?;
    }
    // The connection ends before anything is read: either claim is true. It must be a failure, and no second sending.
    for script in [vec![], vec![Act::Reset]] {
        let mut server = setup.wire(vec![script])?;
        ensure_kind(&setup.client_of(server.url())?.failure().await?, FailureKind::Transport)?;
        server.stop();
        ensure(server.requests().len() <= 1, "the login was sent again")?;
    }
    Ok(())
}

pub(super) async fn once(setup: &Setup<'_>) -> Checked {
    let server = setup.wire(vec![vec![Act::Read, Act::Cut]])?;
    let _ = setup.client_of(server.url())?.login().await;
    let logins = server.requests().len();
    ensure(logins == 1, format!("the login was sent {logins} times"))?;
    let (codes, _) = lost_code(setup).await?;
    ensure(codes == 1, format!("the code was sent {codes} times"))
}

/// Sends a code that gets no answer, on a kept connection where the transport keeps one. Returns how often the code arrived,
/// and the failure.
async fn lost_code(setup: &Setup<'_>) -> Result<(usize, Failure), BoxError> {
    let asks = Act::write(ASKS_FOR_CODE);
    let server = setup.wire(vec![vec![Act::Read, asks, Act::Read, Act::Cut], vec![Act::Read, Act::Cut]])?;
    let client = setup.client_of(server.url())?;
    let challenge = client.challenge().await?;
    let failure = failed(client.run(challenge.answer(Code::new("123456")?, UnixTime::default())).await)?;
    let codes = server.requests().iter().filter(|request| request.target == "/v2/users/2fa-login").count();
    Ok((codes, failure))
}
