//! Reads the values of a host into the types of core.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hub_auth_core::http::response::Parts;
use hub_auth_core::http::{HeaderName, HeaderValue, Response, Uri};
use hub_auth_core::{Account, Code, Credential, Delivery, Hub, MAX_REPLY, Policy, TransportError, TransportErrorKind};
use serde_json::Value;

use crate::fields::{Fields, Misuse, wrong};

/// Holds an event that a host reports to an open step.
pub(crate) enum Event {
    /// A whole answer came, or what is known of one that did not.
    Came(Came),
    /// A person gave a code.
    Code(Code),
    /// The wait is over, or the login that was waited for.
    Resume,
    /// There is no time to wait, or nobody to ask.
    GiveUp,
    /// The API call was answered.
    Answered(Parts),
}

type Came = Result<(Parts, Vec<u8>), TransportError>;

/// Reads the fields of an event but for `id` and `now`; `None` for a name that is none.
pub(crate) fn event(name: &str, fields: &mut Fields) -> Result<Option<Event>, Misuse> {
    Ok(Some(match name {
        "reply" => Event::Came(reply(fields)?),
        "failed" => Event::Came(Err(failed(fields)?)),
        "code" => Event::Code(Code::new(&fields.text("code")?)?),
        "resume" => Event::Resume,
        "give_up" => Event::GiveUp,
        "answered" => Event::Answered(head(fields.object("head")?)?),
        _ => return Ok(None),
    }))
}

/// Reads the address of the Hub, the user agent and the policy. A missing field has core's default.
pub(crate) fn hub(fields: &mut Fields) -> Result<Hub, Misuse> {
    let mut fields = fields.object("hub")?;
    let mut policy = Policy::new(fields.number("seed")?);
    if let Some(sends) = fields.count_if_any("sends")? {
        policy = policy.with_sends(sends);
    }
    if let Some(codes) = fields.count_if_any("codes")? {
        policy = policy.with_codes(codes);
    }
    if let Some(millis) = fields.number_if_any("longest_wait")? {
        policy = policy.with_longest_wait(Duration::from_millis(millis));
    }
    let hub = match fields.text_if_any("base")? {
        // What is no URL at all has no host.
        Some(base) => Hub::new(base.parse().unwrap_or(Uri::from_static("/")), policy)?,
        None => Hub::docker(policy),
    };
    let hub = match fields.text_if_any("user_agent")? {
        Some(product) => hub.user_agent(&product)?,
        None => hub,
    };
    fields.end()?;
    Ok(hub)
}

/// Reads the account. Without `kind`, the prefix of the secret tells its kind.
pub(crate) fn account(fields: &mut Fields) -> Result<Account, Misuse> {
    let secret = fields.text("secret")?;
    let credential = match fields.text_if_any("kind")?.as_deref() {
        None => Credential::detect(secret),
        Some("password") => Credential::password(secret),
        Some("pat") => Credential::personal_token(secret),
        Some("oat") => Credential::organization_token(secret),
        Some(_) => return Err(wrong("kind", "is none of password, pat, oat")),
    };
    Ok(Account::new(&fields.text("user")?, credential)?)
}

/// A whole answer. A longer one than core reads counts as cut off.
fn reply(fields: &mut Fields) -> Result<Came, Misuse> {
    let (head, body) = answer(fields)?;
    Ok(if body.len() > MAX_REPLY {
        Err(TransportError::new(Delivery::MaybeSent, TransportErrorKind::TooLarge).with_head(head))
    } else {
        Ok((head, body))
    })
}

/// Head and body of an answer. The body is in base64, since it may have any bytes.
pub(crate) fn answer(fields: &mut Fields) -> Result<(Parts, Vec<u8>), Misuse> {
    let head = head(fields.object("head")?)?;
    let body = BASE64_STANDARD.decode(fields.text("body")?).map_err(|_| wrong("body", "is not base64"))?;
    Ok((head, body))
}

/// The news that no whole answer came, with its head if that much did.
fn failed(fields: &mut Fields) -> Result<TransportError, Misuse> {
    let kind = match fields.text("kind")?.as_str() {
        "resolve" => TransportErrorKind::Resolve,
        "connect" => TransportErrorKind::Connect,
        "tls" => TransportErrorKind::Tls,
        "proxy" => TransportErrorKind::Proxy,
        "timeout" => TransportErrorKind::Timeout,
        "too_large" => TransportErrorKind::TooLarge,
        "unreadable" => TransportErrorKind::Unreadable,
        "closed" => TransportErrorKind::Closed,
        _ => {
            let wanted = "is none of resolve, connect, tls, proxy, timeout, too_large, unreadable, closed";
            return Err(wrong("kind", wanted));
        }
    };
    let delivery = match fields.text("delivery")?.as_str() {
        "not_sent" => Delivery::NotSent,
        "maybe_sent" => Delivery::MaybeSent,
        _ => return Err(wrong("delivery", "is neither not_sent nor maybe_sent")),
    };
    let head = fields.object_if_any("head")?.map(head).transpose()?.map(Box::new);
    Ok(TransportError { head, ..TransportError::new(delivery, kind) })
}

/// Status and headers. A header that cannot be one is left out.
fn head(mut fields: Fields) -> Result<Parts, Misuse> {
    let (mut parts, ()) = Response::new(()).into_parts();
    let status = u16::try_from(fields.number("status")?).ok().and_then(|status| status.try_into().ok());
    parts.status = status.ok_or_else(|| wrong("status", "is not a number from 100 to 999"))?;
    for header in fields.list("headers")? {
        let text = |index: usize| header.get(index).and_then(Value::as_str);
        let (Some(name), Some(value)) = (text(0), text(1)) else {
            return Err(wrong("headers", "is not a list of pairs of texts"));
        };
        // One character a byte, as Latin-1 has them.
        let value: Option<Vec<u8>> = value.chars().map(|byte| u8::try_from(byte).ok()).collect();
        let value = value.and_then(|value| HeaderValue::from_bytes(&value).ok());
        if let (Ok(name), Some(value)) = (HeaderName::from_bytes(name.as_bytes()), value) {
            parts.headers.append(name, value);
        }
    }
    fields.end()?;
    Ok(parts)
}
