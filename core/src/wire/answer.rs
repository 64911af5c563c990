//! Reads the keys that the Hub, and the network in front of it, put in their JSON answers, whatever the schema.
//!
//! One specification shows seven shapes for errors, and `error` is a boolean in one of them (PROTOCOL.md, "Bodies").

use http::HeaderMap;
use http::header::CONTENT_ENCODING;
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use crate::json;
use crate::secret::Secret;

/// Holds what could be read of a body.
pub(crate) enum Content<'a> {
    Object(Box<Answer>),
    /// Anything but a JSON object.
    Other(&'a [u8]),
    /// The body broke off or was too long, or it is in a coding that is named here.
    Unread(Option<&'static str>),
}

impl Content<'_> {
    /// Reads a whole body. A JSON object is one whatever the headers say of it.
    pub(crate) fn of<'a>(headers: &HeaderMap, body: &'a [u8]) -> Content<'a> {
        match (Answer::parse(body), coding(headers, body)) {
            (Some(answer), _) => Content::Object(Box::new(answer)),
            (None, None) => Content::Other(body),
            (None, coding) => Content::Unread(coding),
        }
    }

    pub(crate) fn object(&self) -> Option<&Answer> {
        match self {
            Content::Object(answer) => Some(answer),
            _ => None,
        }
    }
}

/// Returns the coding that a body is in although none was asked for. Some servers do not say so (mnutt/davros#94), which the
/// first bytes of gzip tell.
fn coding(headers: &HeaderMap, body: &[u8]) -> Option<&'static str> {
    if body.starts_with(b"\x1f\x8b") {
        return Some("gzip");
    }
    let codings = headers.get(CONTENT_ENCODING)?.to_str().ok()?;
    let outermost = codings.rsplit(',').map(str::trim).find(|coding| !coding.is_empty())?.to_ascii_lowercase();
    match outermost.as_str() {
        "identity" => None,
        "gzip" | "x-gzip" => Some("gzip"),
        "deflate" => Some("deflate"),
        "br" => Some("br"),
        "zstd" => Some("zstd"),
        _ => Some("another coding"),
    }
}

/// The texts of an answer that are not empty; a missing key and a value of another type read the same. Each is kept as a
/// secret, since nobody knows what a server puts where.
#[derive(Default)]
pub(crate) struct Answer {
    pub(crate) token: Option<Secret>,
    pub(crate) access_token: Option<Secret>,
    pub(crate) refresh_token: Option<Secret>,
    pub(crate) login_2fa_token: Option<Secret>,
    detail: Option<Secret>,
    message: Option<Secret>,
    text: Option<Secret>,
    error_description: Option<Secret>,
    error: Option<Secret>,
    /// `error: true` is a fault of the Hub under odd statuses too (goharbor/harbor#14803).
    pub(crate) is_fault: bool,
    pub(crate) edge: EdgeFields,
}

impl Answer {
    /// Returns `None` if the body is not a JSON object, whatever its content type says.
    pub(crate) fn parse(body: &[u8]) -> Option<Answer> {
        let plain = std::str::from_utf8(body).ok().and_then(Answer::read);
        plain.or_else(|| mended(body).and_then(|text| Answer::read(&text)))
    }

    fn read(json: &str) -> Option<Answer> {
        let mut answer = Answer::default();
        json::object(json, |key, value| {
            let place = match key {
                b"token" => &mut answer.token,
                b"access_token" => &mut answer.access_token,
                b"refresh_token" => &mut answer.refresh_token,
                b"login_2fa_token" => &mut answer.login_2fa_token,
                b"detail" => &mut answer.detail,
                b"message" => &mut answer.message,
                b"text" => &mut answer.text,
                b"error_description" => &mut answer.error_description,
                b"error" => {
                    answer.is_fault = is_true(value);
                    &mut answer.error
                }
                _ => return answer.edge.read(key, value),
            };
            *place = json::text(value);
        })?;
        Some(answer)
    }

    /// Returns the server's own words, from the first key that has any.
    pub(crate) fn words(&self) -> Option<&str> {
        [&self.detail, &self.message, &self.text, &self.error_description, &self.error]
            .into_iter()
            .find_map(|words| words.as_ref().map(Secret::expose))
    }

    /// Returns whatever the answer brings as a secret.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &str> {
        [&self.token, &self.access_token, &self.refresh_token, &self.login_2fa_token]
            .into_iter()
            .filter_map(|secret| secret.as_ref().map(Secret::expose))
    }
}

/// Where the `type` of the edge's own error objects points to.
pub(super) const DOCS: &str = "https://developers.cloudflare.com/";

/// The fields of an error object that the network in front of the Hub makes itself (Cloudflare, since 2026-03-11).
#[derive(Default)]
pub(crate) struct EdgeFields {
    pub(crate) is_own: bool,
    pub(crate) code: Option<u64>,
    pub(crate) retryable: Option<bool>,
    /// In seconds.
    pub(crate) retry_after: Option<f64>,
}

impl EdgeFields {
    fn read(&mut self, key: &[u8], value: &RawValue) {
        match key {
            b"cloudflare_error" => self.is_own |= is_true(value),
            b"type" => self.is_own |= json::text(value).is_some_and(|text| text.expose().starts_with(DOCS)),
            b"error_code" => self.code = value.get().trim_matches('"').parse().ok(),
            b"retryable" => self.retryable = value.get().parse().ok(),
            b"retry_after" => self.retry_after = value.get().trim_matches('"').parse().ok(),
            _ => {}
        }
    }
}

fn is_true(value: &RawValue) -> bool {
    value.get() == "true"
}

/// Repairs a body that is JSON except for a byte order mark, bytes that are not UTF-8, or control characters inside texts, so
/// that such a fault does not hide the rest. Returns `None` if the body cannot be an object.
fn mended(body: &[u8]) -> Option<Zeroizing<String>> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii();
    body.strip_prefix(b"{")?;
    let mut text = Zeroizing::new(String::with_capacity(body.len()));
    for chunk in body.utf8_chunks() {
        text.extend(chunk.valid().chars().map(|c| if c.is_ascii_control() { ' ' } else { c }));
        // A space: no token has one, so a damaged token is never taken for whole.
        text.extend((!chunk.invalid().is_empty()).then_some(' '));
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_odd_part_does_not_hide_the_ticket() {
        for odd in [
            &br#"{"detail":"\ud83d","login_2fa_token":"t"}"#[..],
            b"\xef\xbb\xbf{\"login_2fa_token\":\"t\"}",
            b"{\"detail\":\"Zugriff verweigert f\xfcr\",\"login_2fa_token\":\"t\"}",
            b"{\"detail\":\"two\nlines\",\"login_2fa_token\":\"t\"}\0",
            b"{\"\xff\":1,\"login_2fa_token\":\"t\",\"detail\":[1e999]}",
        ] {
            let answer = Answer::parse(odd).unwrap_or_else(|| panic!("{}", odd.escape_ascii()));
            assert_eq!(answer.login_2fa_token.unwrap().expose(), "t", "{}", odd.escape_ascii());
        }
        assert!(Answer::parse(b"<html>").is_none() && Answer::parse(b"{\"a\":").is_none());
    }
}
