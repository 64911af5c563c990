//! What breaks, and whether anything was sent.

use hub_auth_core::{BoxError, Code, Delivery, Failure, FailureKind, LoginOutcome, UnixTime};

use super::super::Target;
use super::super::bench::{Bench, Checked, alice, ensure, ensure_kind, ensure_sent, told};
use crate::wire::{Act, Nowhere};

pub(super) async fn refused(bench: &Bench<'_>) -> Checked {
    let nobody = Nowhere::refused()?;
    let failure = bench.client(&Target::new(nobody.url()?))?.failure().await?;
    ensure_kind(&failure, FailureKind::Transport)?;
    ensure_sent(&failure, Delivery::NotSent)
}

pub(super) async fn half_answer(bench: &Bench<'_>) -> Checked {
    for part in [
        "",
        "HTTP/1.1 200 OK\r\nContent-Le",
        "HTTP/1.1 200 OK\r\nContent-Length: 26\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 26\r\n\r\n{\"token\":\"aaaa.bbb",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1a\r\n{\"token\":\"aaaa.bbbb.cccc\"}\r\n",
    ] {
        let server = bench.wire(vec![vec![Act::Read, Act::write(part), Act::Cut]])?;
        let failure = bench.client(&Target::new(server.url()))?.failure().await?;
        ensure_kind(&failure, FailureKind::Transport)?;
        ensure_sent(&failure, Delivery::MaybeSent)?;
    }
    ensure_sent(&lost_code(bench).await?.1, Delivery::MaybeSent)
}

pub(super) async fn cut_429(bench: &Bench<'_>) -> Checked {
    let part = "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 77\r\nContent-Length: 100\r\n\r\n{\"deta";
    let server = bench.wire(vec![vec![Act::Read, Act::write(part), Act::Cut]])?;
    let failure = bench.client(&Target::new(server.url()))?.failure().await?;
    ensure_kind(&failure, FailureKind::RateLimited)?;
    ensure(failure.retry_at().is_some(), "Retry-After was lost")
}

pub(super) async fn once(bench: &Bench<'_>) -> Checked {
    let server = bench.wire(vec![vec![Act::Read, Act::Cut]])?;
    let _ = bench.client(&Target::new(server.url()))?.login().await;
    let logins = server.requests().len();
    ensure(logins == 1, format!("the login was sent {logins} times"))?;
    let (codes, _) = lost_code(bench).await?;
    ensure(codes == 1, format!("the code was sent {codes} times"))
}

/// A code to which no answer comes, on a kept connection where the transport keeps one: how often it arrived, and what
/// came of it.
async fn lost_code(bench: &Bench<'_>) -> Result<(usize, Failure), BoxError> {
    let asks = r#"{"detail":"Require secondary authentication on MFA enabled account","login_2fa_token":"ticket"}"#;
    let head = "HTTP/1.1 401 Unauthorized\r\nContent-Type: application/json\r\n";
    let asks = Act::write(format!("{head}Content-Length: {}\r\n\r\n{asks}", asks.len()));
    let server = bench.wire(vec![vec![Act::Read, asks, Act::Read, Act::Cut], vec![Act::Read, Act::Cut]])?;
    let client = bench.client(&Target::new(server.url()))?;
    let first = client.run(client.hub.login(&alice())).await;
    let Ok(LoginOutcome::NeedCode(challenge)) = first else {
        return Err(format!("the first call had to ask for a code, and came to {}", told(&first)).into());
    };
    let second = client.run(challenge.answer(Code::new("123456")?, UnixTime::default())).await;
    let codes = server.requests().iter().filter(|request| request.target == "/v2/users/2fa-login").count();
    match second {
        Err(failure) => Ok((codes, failure)),
        other => Err(format!("the second call had to fail, and came to {}", told(&other)).into()),
    }
}
