//! Reads the keys that the Hub, and the network in front of it, put in their JSON answers, whatever the schema.
//!
//! One specification shows seven shapes for errors, and `error` is a boolean in one of them (PROTOCOL.md, "Bodies").

use http::HeaderMap;
use http::header::CONTENT_ENCODING;
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use crate::json::{self, Text};

/// Holds what could be read of a body.
#[expect(clippy::large_enum_variant, reason = "one at a time, on the stack")]
pub(crate) enum Content<'a> {
    Object(Answer<'a>),
    /// Anything but a JSON object.
    Other(&'a [u8]),
    /// The body broke off or was too long, or it is in a coding that is named here.
    Unread(Option<&'static str>),
}

impl<'a> Content<'a> {
    /// Reads a whole body. A JSON object is one whatever the headers say of it. A body that has to be repaired first is put into
    /// `repaired`.
    pub(crate) fn of(headers: &HeaderMap, body: &'a [u8], repaired: &'a mut Zeroizing<String>) -> Content<'a> {
        match (Answer::parse(body, repaired), coding(headers, body)) {
            (Some(answer), _) => Content::Object(answer),
            (None, None) => Content::Other(body),
            (None, coding) => Content::Unread(coding),
        }
    }

    pub(crate) fn object(&self) -> Option<&Answer<'a>> {
        match self {
            Content::Object(answer) => Some(answer),
            _ => None,
        }
    }
}

/// Returns the content coding of a body, although the request asks for none. Some servers send gzip without naming it
/// (mnutt/davros#94); its first two bytes show it.
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

/// Holds the non-empty texts of an answer. A text is `None` if its key is missing, or its value is empty or of another type.
#[derive(Default)]
pub(crate) struct Answer<'a> {
    pub(crate) token: Option<Text<'a>>,
    pub(crate) access_token: Option<Text<'a>>,
    pub(crate) refresh_token: Option<Text<'a>>,
    pub(crate) login_2fa_token: Option<Text<'a>>,
    detail: Option<Text<'a>>,
    message: Option<Text<'a>>,
    text: Option<Text<'a>>,
    error_description: Option<Text<'a>>,
    error: Option<Text<'a>>,
    /// `error: true` is a fault of the Hub under odd statuses too (goharbor/harbor#14803).
    pub(crate) is_fault: bool,
    pub(crate) edge: EdgeFields,
}

impl<'a> Answer<'a> {
    /// Returns `None` if the body is not a JSON object, whatever its content type says.
    fn parse(body: &'a [u8], repaired: &'a mut Zeroizing<String>) -> Option<Answer<'a>> {
        if let Some(answer) = std::str::from_utf8(body).ok().and_then(Answer::read) {
            return Some(answer);
        }
        *repaired = json::repair(body)?;
        Answer::read(repaired)
    }

    fn read(json: &'a str) -> Option<Answer<'a>> {
        let mut answer = Answer::default();
        json::object(json, |key, value| {
            let place = match key {
                "token" => &mut answer.token,
                "access_token" => &mut answer.access_token,
                "refresh_token" => &mut answer.refresh_token,
                "login_2fa_token" => &mut answer.login_2fa_token,
                "detail" => &mut answer.detail,
                "message" => &mut answer.message,
                "text" => &mut answer.text,
                "error_description" => &mut answer.error_description,
                "error" => {
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
        let places = [&self.detail, &self.message, &self.text, &self.error_description, &self.error];
        places.into_iter().find_map(Option::as_deref)
    }

    /// Returns the secrets of the answer, and an empty text for each one that it lacks.
    pub(crate) fn secrets(&self) -> [&str; 4] {
        [&self.token, &self.access_token, &self.refresh_token, &self.login_2fa_token]
            .map(|secret| secret.as_deref().unwrap_or_default())
    }
}

/// Begins the `type` of the edge's own error objects.
pub(super) const DOCS: &str = "https://developers.cloudflare.com/";

/// Holds the fields of an error object that the network in front of the Hub makes itself (Cloudflare, since 2026-03-11).
#[derive(Default)]
pub(crate) struct EdgeFields {
    pub(crate) is_own: bool,
    pub(crate) code: Option<u64>,
    pub(crate) retryable: Option<bool>,
    /// In seconds.
    pub(crate) retry_after: Option<f64>,
}

impl EdgeFields {
    fn read(&mut self, key: &str, value: &RawValue) {
        match key {
            "cloudflare_error" => self.is_own |= is_true(value),
            "type" => self.is_own |= json::text(value).is_some_and(|text| text.starts_with(DOCS)),
            "error_code" => self.code = value.get().trim_matches('"').parse().ok(),
            "retryable" => self.retryable = value.get().parse().ok(),
            "retry_after" => self.retry_after = value.get().trim_matches('"').parse().ok(),
            _ => {}
        }
    }
}

fn is_true(value: &RawValue) -> bool {
    value.get() == "true"
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
            // stevegal/solis_control#21: the answer to a login
            b"{\"data\":{\"token\":\"x\",\n  },\"login_2fa_token\":\"t\",}",
            // axios/axios#1409, #1516
            br#"{"retry":NaN,"at":[-Infinity, undefined],"login_2fa_token":"t"}"#,
            // APE-Project/APE_Server#54
            br#"{"detail":"can\'t \"\\\x","login_2fa_token":"t"}"#,
        ] {
            let mut repaired = Zeroizing::default();
            let answer = Answer::parse(odd, &mut repaired).unwrap_or_else(|| panic!("{}", odd.escape_ascii()));
            assert_eq!(answer.login_2fa_token.as_deref(), Some("t"), "{}", odd.escape_ascii());
        }
        for other in [&b"<html>"[..], b"{\"a\":", b"{\"a\":\n", b"{\"a\":1", b"{\"a\" 1}", b"{\"a\":\"", b"{a"] {
            assert!(Answer::parse(other, &mut Zeroizing::default()).is_none(), "{}", other.escape_ascii());
        }
    }
}
