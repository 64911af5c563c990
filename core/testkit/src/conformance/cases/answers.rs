//! Checks answers that arrive whole, and unreadable answers.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::LOCATION;
use http::{HeaderValue, Response, StatusCode};
use hub_auth_core::{BoxError, Delivery, Failure, FailureKind, LoginOutcome, TransportErrorKind};

use super::super::setup::{
    Checked, GRANTS, Setup, chain, described, ensure, ensure_delivery, ensure_kind, failed, granted, row, told,
};
use crate::Fault;
use crate::wire::Act;

/// More than the buffers of two sockets hold.
const FAR_TOO_LONG: usize = 64 * 1024 * 1024;
/// `{"token":"opaque"}` in gzip.
const GZIPPED: &[u8] = &[
    31, 139, 8, 0, 0, 0, 0, 0, 2, 255, 171, 86, 42, 201, 207, 78, 205, 83, 178, 82, 202, 47, 72, 44, 44, 77, 85, 170,
    5, 0, 147, 122, 228, 209, 18, 0, 0, 0,
];

pub(super) async fn statuses(setup: &Setup<'_>) -> Checked {
    for status in [400, 401, 403, 404, 408, 429, 500, 503, 511, 599] {
        let status = StatusCode::from_u16(status)?;
        let server = setup.hub(|hub| {
            hub.always(Fault::json(status, r#"{"detail":"no"}"#));
        })?;
        let failure = setup.client_of(server.url())?.failure().await?;
        let is_answer = failure.transport().is_none() && failure.status() == Some(status);
        ensure(is_answer, format!("the status {status} came to {}", described(&failure)))?;
    }
    Ok(())
}

pub(super) async fn headers(setup: &Setup<'_>) -> Checked {
    let head = "HTTP/1.1 429 Too Many Requests\r\nRETRY-AFTER: 77\r\nX-Trace-Id:  a-b-c \r\n";
    let answer = format!("{head}Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{{}}");
    let server = setup.wire(vec![vec![Act::Read, Act::write(answer)]])?;
    let failure = setup.client_of(server.url())?.failure().await?;
    ensure_kind(&failure, FailureKind::RateLimited)?;
    ensure(failure.retry_at().is_some(), "Retry-After was lost")?;
    ensure(failure.trace_id() == Some("a-b-c"), format!("X-Trace-Id became {:?}", failure.trace_id()))
}

pub(super) async fn redirects(setup: &Setup<'_>) -> Checked {
    let elsewhere = setup.hub(|_| {})?;
    for status in [300, 301, 302, 303, 307, 308] {
        for to in [format!("{}v2/users/login", elsewhere.url()), "/v2/users/login?again".to_owned()] {
            let mut answer = Response::new(Vec::new());
            *answer.status_mut() = StatusCode::from_u16(status)?;
            answer.headers_mut().insert(LOCATION, HeaderValue::try_from(to)?);
            let server = setup.hub(|hub| {
                hub.script(Fault::Answer(answer));
            })?;
            let failure = setup.client_of(server.url())?.failure().await;
            ensure(elsewhere.connections() == 0, format!("{status} was followed to another host"))?;
            ensure(server.requests().len() == 1, format!("{status} was followed"))?;
            ensure_kind(&failure?, FailureKind::Redirected)?;
        }
    }
    Ok(())
}

/// Sends answers in all forms that RFC 9110 and RFC 9112 allow.
pub(super) async fn framing(setup: &Setup<'_>) -> Checked {
    let (head, body) = ("HTTP/1.1 200 OK\r\n", r#"{"token":"opaque"}"#);
    let chunked = |rest: &str| format!("{head}Transfer-Encoding: chunked\r\n\r\n7\r\n{}\r\n{rest}", &body[..7]);
    let rest = format!("b\r\n{}\r\n0\r\n", &body[7..]);
    let many = "X-A: b\r\n".repeat(60);
    let answers = [
        ("chunks", chunked(&format!("{rest}\r\n"))),
        ("chunks and a trailer", chunked(&format!("{rest}X-Trailer: 1\r\n\r\n"))),
        ("a chunk with an extension", chunked(&format!("{rest}\r\n").replace("b\r\n", "b;a=1\r\n"))),
        ("a body that ends with the connection", format!("{head}Connection: close\r\n\r\n{body}")),
        ("HTTP/1.0", GRANTS.replace("1.1", "1.0")),
        ("HTTP/1.0, a body that ends with the connection", format!("HTTP/1.0 200 OK\r\n\r\n{body}")),
        ("a status line without a reason", GRANTS.replace("OK", "")),
        ("a header that is not ASCII", GRANTS.replacen("\r\n", "\r\nX-A: \u{e9}\r\n", 1)),
        ("60 headers", GRANTS.replacen("\r\n", &format!("\r\n{many}"), 1)),
        ("100 Continue first", format!("HTTP/1.1 100 Continue\r\n\r\n{GRANTS}")),
        ("103 Early Hints first", format!("HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n{GRANTS}")),
        ("a second answer behind the first", format!("{GRANTS}{GRANTS}")),
    ];
    let mut scripts: Vec<_> = answers.map(|(name, answer)| (name, vec![Act::Read, Act::write(answer)])).into();
    scripts.push(("one byte at a time", vec![Act::Read, Act::Drip(GRANTS.into())]));
    scripts.push(("an answer before the request was read", vec![Act::Peek(20), Act::write(GRANTS)]));
    for (name, script) in scripts {
        let server = setup.wire(vec![script])?;
        let grant = row(name, granted(setup.client_of(server.url())?.login().await))?;
        ensure(grant.token().expose() == "opaque", format!("{name}: the body was changed on its way"))?;
    }
    Ok(())
}

pub(super) async fn unreadable(setup: &Setup<'_>) -> Checked {
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (name, answer) in [
        ("no HTTP", "garbage\r\n\r\n".to_owned()),
        ("records of TLS", "\u{15}\u{3}\u{3}\0\u{2}\u{2}(".to_owned()),
        ("a body without a head", r#"{"token":"opaque"}"#.to_owned()),
        ("a status of two digits", GRANTS.replace("200", "99")),
        ("a zero byte in a header", GRANTS.replacen("\r\n", "\r\nX-A: \0\r\n", 1)),
        ("lengths that differ", GRANTS.replacen("\r\n", "\r\nContent-Length: 17\r\n", 1)),
        ("a length that is no number", GRANTS.replace("18", "many")),
        ("a chunk size that is no number", format!("{chunked}many\r\n")),
    ] {
        let server = setup.wire(vec![vec![Act::Read, Act::write(answer)]])?;
        let failure = row(name, setup.client_of(server.url())?.failure().await)?;
        let told = failure.transport().is_none_or(|(_, delivery)| delivery == Delivery::MaybeSent);
        ensure(told, format!("{name}: it was called unsent: {}", described(&failure)))?;
        ensure(server.requests().len() == 1, format!("{name}: the request was sent again"))?;
    }
    Ok(())
}

/// Sends a folded header (RFC 9112, section 5.2), which some HTTP libraries cannot read.
pub(super) async fn folded(setup: &Setup<'_>) -> Checked {
    let answer = GRANTS.replacen("\r\n", "\r\nX-A: b\r\n c\r\n", 1);
    let server = setup.wire(vec![vec![Act::Read, Act::write(answer)]])?;
    match setup.client_of(server.url())?.login().await {
        Err(failure) => {
            ensure_delivery(&failure, Delivery::MaybeSent)?;
            let is_unreadable = failure.transport().is_some_and(|(kind, _)| kind == TransportErrorKind::Unreadable);
            let is_named = is_unreadable || chain(&failure).contains("header");
            ensure(is_named, format!("nothing said that the answer is unreadable: {}", described(&failure)))
        }
        login => granted(login).map(drop),
    }
}

pub(super) async fn coding(setup: &Setup<'_>) -> Checked {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", GZIPPED.len());
    let answer = Act::write([head.as_bytes(), GZIPPED].concat());
    let server = setup.wire(vec![vec![Act::Read, answer]])?;
    let login = setup.client_of(server.url())?.login().await;
    if login.is_ok() {
        return granted(login).map(drop);
    }
    let failure = failed(login)?;
    let is_whole = failure.status() == Some(StatusCode::OK) && failure.transport().is_none();
    ensure(is_whole, format!("the answer was lost: {}", described(&failure)))?;
    ensure(chain(&failure).contains("gzip"), format!("nothing named the coding: {}", described(&failure)))
}

/// Sends answers that repeat their token and ticket in their headers and claims: whole, cut, and unreadable.
pub(super) async fn secrets(setup: &Setup<'_>) -> Checked {
    const SECRET: &str = "canary-of-an-answer";
    let claims = format!(r#"{{"exp":1,"scope":"{SECRET}","source":"{SECRET}"}}"#);
    let token = format!("{}.{}.{SECRET}", URL_SAFE_NO_PAD.encode("{}"), URL_SAFE_NO_PAD.encode(claims));
    let body = format!(r#"{{"token":"{token}","refresh_token":"{SECRET}","login_2fa_token":"{SECRET}"}}"#);
    for status in ["200 OK", "401 Unauthorized", "307 Temporary Redirect", "503 Service Unavailable"] {
        for planted in [&*token, SECRET] {
            let names = ["Server", "X-Trace-Id", "CF-Ray", "Location", "Retry-After", "Set-Cookie", "Content-Language"];
            let headers = names.map(|name| format!("{name}: {planted}\r\n")).concat();
            let head = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n", body.len());
            for (name, answer) in [
                ("whole", format!("{head}\r\n{body}")),
                ("cut", format!("{head}\r\n{}", body.split_at(9).0)),
                ("unreadable", format!("{head}{planted}: \0\r\n\r\n{body}")),
            ] {
                let server = setup.wire(vec![vec![Act::Read, Act::write(answer), Act::Cut]])?;
                let login = setup.client_of(server.url())?.login().await;
                let said = match &login {
                    Ok(LoginOutcome::Done(grant)) => format!("{grant:?} {:?} {:?}", grant.claims(), grant.trace_id()),
                    // Nobody can know the secrets of an answer that broke off. Only the words of the transport count.
                    Err(failure) if name != "whole" => {
                        failure.source().map_or_else(String::new, |cause| format!("{cause:?} {}", chain(cause)))
                    }
                    _ => format!("{login:?} {}", told(&login)),
                };
                let is_silent = !said.contains(SECRET) && !said.contains(&token);
                ensure(is_silent, format!("{status}, {name}: a text repeats a secret of the answer"))?;
            }
        }
    }
    Ok(())
}

pub(super) async fn body_cap(setup: &Setup<'_>) -> Checked {
    for length in [format!("Content-Length: {FAR_TOO_LONG}"), "Connection: close".to_owned()] {
        let failure = too_long(setup, format!("HTTP/1.1 200 OK\r\n{length}\r\n\r\n"), "a body").await?;
        ensure_kind(&failure, FailureKind::AnswerTooLarge)?;
    }
    Ok(())
}

pub(super) async fn head_cap(setup: &Setup<'_>) -> Checked {
    let failure = too_long(setup, "HTTP/1.1 200 OK\r\nx: ".to_owned(), "a head").await?;
    // Many clients cannot tell such a head from an unreadable answer.
    let kinds = [FailureKind::AnswerTooLarge, FailureKind::Transport];
    ensure(kinds.contains(&failure.kind()), format!("it came to {}", described(&failure)))
}

/// Sends an answer that goes on and on after this start. The client has to refuse it before it has read everything.
async fn too_long(setup: &Setup<'_>, start: String, what: &str) -> Result<Failure, BoxError> {
    let all_read = Arc::new(AtomicBool::new(false));
    let of_server = Arc::clone(&all_read);
    let rest = Act::Write(vec![b' '; FAR_TOO_LONG]);
    let note = Act::call(move || of_server.store(true, Ordering::SeqCst));
    let server = setup.wire(vec![vec![Act::Read, Act::write(start), rest, note]])?;
    let failure = setup.client_of(server.url())?.failure().await;
    ensure(!all_read.load(Ordering::SeqCst), format!("{what} of {FAR_TOO_LONG} bytes was read"))?;
    failure
}
