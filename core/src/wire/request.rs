//! How every request is made: JSON in a buffer that never moves, the three headers, an exact length.

use http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, Uri};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::reply::Request;
use crate::secret::Body;

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// A POST of `body`. The length is stated exactly: the Hub refuses a body of unknown length (docker/hub-tool#191).
pub(crate) fn post(uri: &Uri, user_agent: &HeaderValue, body: Body) -> Request {
    // Room for an adapter's Host as well.
    let mut headers = HeaderMap::with_capacity(6);
    headers.insert(CONTENT_LENGTH, HeaderValue::from(body.as_ref().len()));
    headers.insert(CONTENT_TYPE, JSON);
    headers.insert(ACCEPT, JSON);
    headers.insert(USER_AGENT, user_agent.clone());
    let mut request = Request::new(body);
    *request.method_mut() = Method::POST;
    *request.uri_mut() = uri.clone();
    *request.headers_mut() = headers;
    request
}

/// `content` as JSON, in a buffer with room for its `texts` from the start: growing would leave a copy behind.
pub(crate) fn body(content: &impl Serialize, texts: &[&str]) -> Body {
    const KEYS_AND_PUNCTUATION: usize = 64;
    let room = KEYS_AND_PUNCTUATION + texts.iter().map(|text| escaped_len(text)).sum::<usize>();
    let mut json = Zeroizing::new(Vec::with_capacity(room));
    #[expect(clippy::expect_used, reason = "strings become JSON and memory takes every byte")]
    serde_json::to_writer(&mut *json, content).expect("writing strings as JSON to memory");
    debug_assert!(json.len() <= room, "the buffer moved");
    Body::new(json)
}

/// The length of `text` inside a JSON string, in bytes.
fn escaped_len(text: &str) -> usize {
    text.bytes()
        .map(|byte| match byte {
            b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 0x08 | 0x0c => 2,
            0..=0x1f => 6,
            _ => 1,
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_room_is_enough_for_any_text() {
        for text in ["", "plain", "\"\\/\n\r\t\u{8}\u{c}", "\u{0}\u{1f}", "äöü 🦀 \u{7f}"] {
            let json = serde_json::to_vec(text).unwrap();
            assert_eq!(escaped_len(text) + 2, json.len(), "{text:?}");
        }
    }
}
