//! What comes back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::hub::Fault;
use http::header::LOCATION;
use http::{HeaderValue, Response, StatusCode};
use hub_auth_core::{BoxError, Failure, FailureKind};

use super::super::Target;
use super::super::bench::{Bench, Checked, described, ensure, ensure_kind, granted};
use crate::wire::Act;

/// More than the buffers of two sockets hold.
const FAR_TOO_LONG: usize = 64 * 1024 * 1024;
const TOKEN: &str = r#"{"token":"aaaa.bbbb.cccc"}"#;

pub(super) async fn statuses(bench: &Bench<'_>) -> Checked {
    for (status, kind) in [
        (StatusCode::UNAUTHORIZED, FailureKind::CredentialsRefused),
        (StatusCode::FORBIDDEN, FailureKind::RefusedByPolicy),
        (StatusCode::NOT_FOUND, FailureKind::MalformedAnswer),
        (StatusCode::TOO_MANY_REQUESTS, FailureKind::RateLimited),
        (StatusCode::INTERNAL_SERVER_ERROR, FailureKind::ServerFault),
        (StatusCode::SERVICE_UNAVAILABLE, FailureKind::ServerFault),
    ] {
        let server = bench.hub(|hub| {
            hub.always(Fault::json(status, r#"{"detail":"no"}"#));
        })?;
        let failure = bench.client(&Target::new(server.url()))?.failure().await?;
        ensure_kind(&failure, kind)?;
        ensure(failure.status() == Some(status), format!("the status {status} was lost"))?;
    }
    Ok(())
}

pub(super) async fn headers(bench: &Bench<'_>) -> Checked {
    let head = "HTTP/1.1 429 Too Many Requests\r\nRETRY-AFTER: 77\r\nX-Trace-Id:  a-b-c \r\n";
    let answer = Act::write(format!("{head}Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{{}}"));
    let server = bench.wire(vec![vec![Act::Read, answer]])?;
    let failure = bench.client(&Target::new(server.url()))?.failure().await?;
    ensure_kind(&failure, FailureKind::RateLimited)?;
    ensure(failure.retry_at().is_some(), "Retry-After was lost")?;
    ensure(failure.trace_id() == Some("a-b-c"), format!("X-Trace-Id became {:?}", failure.trace_id()))
}

pub(super) async fn redirects(bench: &Bench<'_>) -> Checked {
    let elsewhere = bench.hub(|_| {})?;
    for status in [301, 302, 303, 307, 308] {
        for to in [format!("{}v2/users/login", elsewhere.url()), "/v2/users/login?again".to_owned()] {
            let mut answer = Response::new(Vec::new());
            *answer.status_mut() = StatusCode::from_u16(status)?;
            answer.headers_mut().insert(LOCATION, HeaderValue::try_from(to)?);
            let server = bench.hub(|hub| {
                hub.script(Fault::Answer(answer));
            })?;
            let login = bench.client(&Target::new(server.url()))?.failure().await;
            ensure(elsewhere.connections() == 0, format!("{status} was followed to another host"))?;
            ensure(server.requests().len() == 1, format!("{status} was followed"))?;
            ensure_kind(&login?, FailureKind::Redirected)?;
        }
    }
    Ok(())
}

pub(super) async fn framing(bench: &Bench<'_>) -> Checked {
    let (first, second) = TOKEN.split_at(7);
    let chunked = format!(
        "Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{first}\r\n{:x}\r\n{second}\r\n0\r\n\r\n",
        first.len(),
        second.len()
    );
    for rest in [chunked, format!("Connection: close\r\n\r\n{TOKEN}")] {
        let answer = Act::write(format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{rest}"));
        let server = bench.wire(vec![vec![Act::Read, answer]])?;
        let grant = granted(bench.client(&Target::new(server.url()))?.login().await)?;
        ensure(grant.token().expose() == "aaaa.bbbb.cccc", "the body was changed on its way")?;
    }
    Ok(())
}

pub(super) async fn body_cap(bench: &Bench<'_>) -> Checked {
    for length in [format!("Content-Length: {FAR_TOO_LONG}"), "Connection: close".to_owned()] {
        let failure = too_long(bench, format!("HTTP/1.1 200 OK\r\n{length}\r\n\r\n"), "a body").await?;
        ensure_kind(&failure, FailureKind::AnswerTooLarge)?;
    }
    Ok(())
}

pub(super) async fn head_cap(bench: &Bench<'_>) -> Checked {
    let failure = too_long(bench, "HTTP/1.1 200 OK\r\nx: ".to_owned(), "a head").await?;
    // Many clients do not tell it from an answer that is none.
    let kinds = [FailureKind::AnswerTooLarge, FailureKind::Transport];
    ensure(kinds.contains(&failure.kind()), format!("it came to {}", described(&failure)))
}

/// An answer that goes on and on after this start is refused before it was all taken in.
async fn too_long(bench: &Bench<'_>, start: String, what: &str) -> Result<Failure, BoxError> {
    let all_taken = Arc::new(AtomicBool::new(false));
    let of_server = Arc::clone(&all_taken);
    let rest = Act::Write(vec![b' '; FAR_TOO_LONG]);
    let taken = Act::call(move || of_server.store(true, Ordering::SeqCst));
    let server = bench.wire(vec![vec![Act::Read, Act::write(start), rest, taken]])?;
    let failure = bench.client(&Target::new(server.url()))?.failure().await;
    ensure(!all_taken.load(Ordering::SeqCst), format!("{what} of {FAR_TOO_LONG} bytes was taken in"))?;
    failure
}
