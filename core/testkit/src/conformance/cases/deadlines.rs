//! Checks deadlines.

use std::time::Duration;

use hub_auth_core::{BoxError, Delivery, Failure, FailureKind};

use super::super::Target;
use super::super::setup::{Checked, Setup, ensure, ensure_failed, ensure_kind, granted};
use crate::Recorded;
use crate::tls::Authority;
use crate::wire::{Act, Nowhere, Wire};

/// A deadline that is sure to pass.
const SHORT: Duration = Duration::from_millis(500);
/// A deadline that passes while an answer drips, but not while one piece of it comes, however slow the machine.
const LATE: Duration = Duration::from_secs(3);
/// The pause before each piece.
const DRIP: Duration = Duration::from_millis(50);

pub(super) async fn silence(setup: &Setup<'_>) -> Checked {
    let server = setup.wire(vec![vec![Act::Read, Act::Stall]])?;
    let failure = setup.client(&Target { timeout: SHORT, ..Target::new(server.url()) })?.failure().await?;
    late(&failure, &server.requests())
}

pub(super) async fn drip(setup: &Setup<'_>) -> Checked {
    let head = "HTTP/1.1 200 OK\r\n";
    for (start, piece) in [(format!("{head}Content-Length: 100\r\n\r\n"), " "), (head.to_owned(), "x: y\r\n")] {
        let mut answer = vec![Act::Read, Act::write(start)];
        for _ in 0..100 {
            answer.extend([Act::call(|| std::thread::sleep(DRIP)), Act::write(piece)]);
        }
        let server = setup.wire(vec![answer])?;
        let failure = setup.client(&Target { timeout: LATE, ..Target::new(server.url()) })?.failure().await?;
        late(&failure, &server.requests())?;
    }
    Ok(())
}

pub(super) async fn tls_silence(setup: &Setup<'_>) -> Checked {
    let (server, target) = deaf(setup)?;
    let failure = setup.client(&Target { timeout: SHORT, ..target })?.failure().await?;
    late(&failure, &server.requests())
}

pub(super) async fn connect_timeout(setup: &Setup<'_>) -> Checked {
    let (_server, target) = deaf(setup)?;
    let failure = setup.client(&Target { connect_timeout: SHORT, ..target })?.failure().await?;
    ensure_failed(&failure, FailureKind::TimedOut, Delivery::NotSent)?;
    // Other systems refuse the connections of a full queue.
    if cfg!(target_os = "linux") {
        let nobody = Nowhere::silent()?;
        let target = Target { connect_timeout: SHORT, ..Target::new(nobody.url()?) };
        let failure = setup.client(&target)?.failure().await?;
        ensure_failed(&failure, FailureKind::TimedOut, Delivery::NotSent)?;
    }
    Ok(())
}

/// The Hub's name has two addresses, and the first never answers: a broken IPv6 route, as a rule (RFC 8305).
pub(super) async fn dead_address(setup: &Setup<'_>) -> Checked {
    let server = setup.hub(|_| {})?;
    let port = server.address().port();
    // Without IPv6 on loopback, or where the queue cannot be filled, the name has one good address, and this is a plain login.
    let _dead = Nowhere::silent_at((std::net::Ipv6Addr::LOCALHOST, port).into());
    let url = format!("http://localhost:{port}").parse()?;
    let target = Target { connect_timeout: LATE, ..Target::new(url) };
    granted(setup.client(&target)?.login().await).map(drop)
}

/// Starts a server that never shakes hands.
fn deaf(setup: &Setup<'_>) -> Result<(Wire, Target), BoxError> {
    let server = setup.wire(vec![vec![Act::Stall]])?;
    let url = format!("https://localhost:{}", server.address().port()).parse()?;
    Ok((server, Target::trusting(&Authority::new()?, url)))
}

/// Fails unless the failure is a timeout that does not call a request unsent that has arrived.
fn late(failure: &Failure, arrived: &[Recorded]) -> Checked {
    ensure_kind(failure, FailureKind::TimedOut)?;
    let unsent = failure.transport().is_some_and(|(_, sent)| sent == Delivery::NotSent);
    ensure(!unsent || arrived.is_empty(), "it was called unsent, and had arrived")
}
