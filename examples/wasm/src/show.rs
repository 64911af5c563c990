//! The answers, as they are written to JSON. Times are milliseconds since 1970 on the host's clock.

use hub_auth_core::{Challenge, Delivery, Failure, Grant, Pause, Request, Secret, TransportErrorKind, UnixTime};
use serde_json::{Value, json};

use crate::machine::Id;

/// A request to put on the wire as it is.
pub(crate) fn send(id: Id, request: &Request) -> Value {
    let headers =
        request.headers().iter().map(|(name, value)| (name.as_str(), String::from_utf8_lossy(value.as_bytes())));
    json!({
        "step": "send",
        "id": id,
        "request": {
            "method": request.method().as_str(),
            "url": request.uri().to_string(),
            "headers": headers.collect::<Vec<_>>(),
            "body": String::from_utf8_lossy(request.body().as_ref()),
        },
    })
}

/// A code to ask a person for.
pub(crate) fn need_code(id: Id, challenge: &Challenge) -> Value {
    json!({
        "step": "need_code",
        "id": id,
        "user": challenge.user(),
        "codes_left": challenge.codes_left(),
        "not_before": millis(challenge.not_before()),
        "previous": challenge.previous_failure().map(failure),
    })
}

/// A challenge as one text. It is a secret.
pub(crate) fn sealed(sealed: &Secret) -> Value {
    json!({ "step": "sealed", "sealed": sealed.expose() })
}

/// An instant to wait for.
pub(crate) fn wait(id: Id, pause: &Pause) -> Value {
    json!({ "step": "wait", "id": id, "until": pause.until().as_millis() })
}

/// The token, and what is known of it.
pub(crate) fn done(grant: &Grant) -> Value {
    json!({
        "step": "done",
        "token": grant.token().expose(),
        "user": grant.user(),
        "kind": grant.kind().as_str(),
        "route": grant.route().as_str(),
        "expires_at": millis(grant.expires_at()),
        "name_mismatch": grant.name_mismatch(),
        "trace_id": grant.trace_id(),
    })
}

/// Why a login ended, and what to do next.
pub(crate) fn failed(why: &Failure) -> Value {
    json!({ "step": "failed", "failure": failure(why) })
}

/// A use of the interface that makes no sense.
pub(crate) fn error(message: &str) -> Value {
    json!({ "error": { "kind": "usage", "message": message } })
}

fn failure(failure: &Failure) -> Value {
    let advice = failure.advice();
    json!({
        "kind": failure.kind().as_str(),
        "cause": advice.cause,
        "next": advice.next,
        "route": failure.route().as_str(),
        "status": failure.status().map(|status| status.as_u16()),
        "retry_at": millis(failure.retry_at()),
        "trace_id": failure.trace_id(),
        "server_message": failure.server_message(),
        "redirected_to": failure.redirected_to(),
        "transport": failure.transport().map(|(kind, delivery)| json!({
            "kind": transport_kind(kind),
            "delivery": if delivery == Delivery::NotSent { "not_sent" } else { "maybe_sent" },
        })),
    })
}

fn transport_kind(kind: TransportErrorKind) -> &'static str {
    match kind {
        TransportErrorKind::Resolve => "resolve",
        TransportErrorKind::Connect => "connect",
        TransportErrorKind::Tls => "tls",
        TransportErrorKind::Proxy => "proxy",
        TransportErrorKind::Timeout => "timeout",
        TransportErrorKind::TooLarge => "too_large",
        _ => "closed",
    }
}

fn millis(time: Option<UnixTime>) -> Option<u64> {
    time.map(UnixTime::as_millis)
}
