//! What takes too long.

use std::time::Duration;

use http::Uri;
use hub_auth_core::{Delivery, Failure, FailureKind};

use super::super::Target;
use super::super::bench::{Bench, Checked, ensure, ensure_kind, ensure_sent};
use crate::tls::Authority;
use crate::wire::{Act, Nowhere};
use crate::{Loopback, Recorded};

/// A deadline that is sure to pass.
const SHORT: Duration = Duration::from_millis(500);
/// One that passes while an answer drips, and not while a piece of it comes, however slow the machine.
const LATE: Duration = Duration::from_secs(3);
/// The pause before each piece.
const DRIP: Duration = Duration::from_millis(50);

pub(super) async fn silence(bench: &Bench<'_>) -> Checked {
    let server = bench.wire(vec![vec![Act::Read, Act::Stall]])?;
    let failure = bench.client(&Target::new(server.url()).timeout(SHORT))?.failure().await?;
    late(&failure, &server.requests())
}

pub(super) async fn drip(bench: &Bench<'_>) -> Checked {
    let head = "HTTP/1.1 200 OK\r\n";
    for (start, piece) in [(format!("{head}Content-Length: 100\r\n\r\n"), " "), (head.to_owned(), "x: y\r\n")] {
        let mut answer = vec![Act::Read, Act::write(start)];
        for _ in 0..100 {
            answer.extend([Act::call(|| std::thread::sleep(DRIP)), Act::write(piece)]);
        }
        let server = bench.wire(vec![answer])?;
        let failure = bench.client(&Target::new(server.url()).timeout(LATE))?.failure().await?;
        late(&failure, &server.requests())?;
    }
    Ok(())
}

pub(super) async fn tls_silence(bench: &Bench<'_>) -> Checked {
    let (server, target) = deaf(bench)?;
    let failure = bench.client(&target.timeout(SHORT))?.failure().await?;
    late(&failure, &server.requests())
}

pub(super) async fn connect_timeout(bench: &Bench<'_>) -> Checked {
    let (_server, target) = deaf(bench)?;
    let failure = bench.client(&target.connect_timeout(SHORT))?.failure().await?;
    ensure_kind(&failure, FailureKind::TimedOut)?;
    ensure_sent(&failure, Delivery::NotSent)?;
    // Elsewhere there is no such address to be had.
    if cfg!(target_os = "linux") {
        let nobody = Nowhere::silent()?;
        let url: Uri = nobody.url()?;
        let failure = bench.client(&Target::new(url).connect_timeout(SHORT))?.failure().await?;
        ensure_kind(&failure, FailureKind::TimedOut)?;
        ensure_sent(&failure, Delivery::NotSent)?;
    }
    Ok(())
}

/// A server that never shakes hands.
fn deaf(bench: &Bench<'_>) -> std::io::Result<(Loopback, Target)> {
    let authority = Authority::new()?;
    let server = Loopback::start_tls(crate::hub::SimHub::demo(), &authority.issue(&["localhost"])?)?;
    server.deaf(true);
    let server = bench.watched(server);
    let target = Target::new(server.url()).ca_pem(authority.pem());
    Ok((server, target))
}

/// It was too late, and nothing is called unsent that was.
fn late(failure: &Failure, arrived: &[Recorded]) -> Checked {
    ensure_kind(failure, FailureKind::TimedOut)?;
    let unsent = failure.transport().is_some_and(|(_, sent)| sent == Delivery::NotSent);
    ensure(!unsent || arrived.is_empty(), "it was called unsent, and had arrived")
}
