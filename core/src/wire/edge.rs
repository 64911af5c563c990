//! Recognizes the answers that the network in front of the Hub (Cloudflare) makes itself, and reads them. It answers in plain
//! text, in HTML and in JSON (developers.cloudflare.com/changelog, 2026-03-11). PROTOCOL.md, "Edge".

use std::time::Duration;

use http::header::{CONTENT_TYPE, SERVER};
use http::{HeaderMap, StatusCode};

use super::answer::{Content, DOCS, EdgeFields};
use super::retry_after;
use crate::time::UnixTime;

/// Stands before the code in a page of the edge.
const CODE_IN_HTML: &[u8] = b"cf-error-code\">";

/// Returns whether the edge refused the request. A JSON object that has none of the edge's own keys is the Hub's, whatever
/// passed it on: every answer of the Hub may carry the edge's marks in its headers.
pub(crate) fn is_block(status: StatusCode, headers: &HeaderMap, content: &Content<'_>) -> bool {
    let says = |name, word: &[u8]| headers.get(name).is_some_and(|value| has_words(value.as_bytes(), word));
    let is_marked = has_marks(headers);
    let is_page = status == StatusCode::FORBIDDEN || status == StatusCode::SERVICE_UNAVAILABLE;
    let is_final = status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS;
    match content {
        Content::Object(_) => own(headers, content).is_some() && (is_final || is_page),
        Content::Other(body) if body.starts_with(b"error code:") => is_final || is_page,
        Content::Other(body) => is_page && (is_marked || status == StatusCode::FORBIDDEN && is_html(body)),
        Content::Unread(_) => {
            is_page
                && !says(CONTENT_TYPE, b"json")
                && (is_marked || status == StatusCode::FORBIDDEN && says(CONTENT_TYPE, b"text/html"))
        }
    }
}

/// Returns whether the edge says that the same request will fail again.
pub(crate) fn forbids_retry(headers: &HeaderMap, content: &Content<'_>) -> bool {
    own(headers, content).is_some_and(|fields| fields.retryable == Some(false))
}

/// Returns the wait that the edge's own object names; at most 24 hours.
pub(crate) fn wait(headers: &HeaderMap, content: &Content<'_>) -> Option<Duration> {
    let fields = own(headers, content).filter(|fields| fields.retryable != Some(false))?;
    Some(Duration::try_from_secs_f64(fields.retry_after?).ok()?.min(retry_after::LONGEST))
}

/// Returns the wait that the headers name, else the one that the edge's own object names; at most 24 hours.
pub(crate) fn named_wait(
    status: StatusCode,
    headers: &HeaderMap,
    content: &Content<'_>,
    now: UnixTime,
) -> Option<Duration> {
    retry_after::named(status, headers, now).or_else(|| wait(headers, content))
}

/// Returns the edge's own code as `error code: 1010`. Nothing else of a text or page is repeated.
pub(crate) fn code(headers: &HeaderMap, content: &Content<'_>) -> Option<String> {
    let digits = |text: &[u8]| -> Option<u64> {
        let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
        std::str::from_utf8(text.get(..end)?).ok()?.parse().ok()
    };
    let code = match content {
        Content::Object(_) => own(headers, content)?.code?,
        Content::Other(body) => {
            let behind = |words: &[u8]| {
                let at = body.windows(words.len()).position(|part| part == words)?;
                body.get(at + words.len()..)
            };
            let text = body.strip_prefix(b"error code:").map(<[u8]>::trim_ascii_start);
            digits(text.or_else(|| behind(CODE_IN_HTML))?)?
        }
        Content::Unread(_) => return None,
    };
    Some(format!("error code: {code}"))
}

/// Returns the edge's fields of an object that the edge made itself.
fn own<'a>(headers: &HeaderMap, content: &'a Content<'_>) -> Option<&'a EdgeFields> {
    content.object().map(|answer| &answer.edge).filter(|fields| fields.is_own && has_marks(headers))
}

/// Returns whether the beginning of an object is the edge's own.
pub(crate) fn is_own_text(body: &[u8]) -> bool {
    has_words(body, DOCS.as_bytes()) || has_words(body, b"\"cloudflare_error\":true")
}

fn has_marks(headers: &HeaderMap) -> bool {
    headers.contains_key("cf-ray")
        || headers.contains_key("cf-mitigated")
        || headers.get(SERVER).is_some_and(|value| has_words(value.as_bytes(), b"cloudflare"))
}

/// Returns whether `words` stand in `text`, whatever their case. It makes no copy, which nobody would wipe.
pub(crate) fn has_words(text: &[u8], words: &[u8]) -> bool {
    text.windows(words.len()).any(|part| part.eq_ignore_ascii_case(words))
}

fn is_html(body: &[u8]) -> bool {
    body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii_start().starts_with(b"<")
}
