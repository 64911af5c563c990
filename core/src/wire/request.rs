//! How every request is made: JSON in a buffer that never moves, the three headers, an exact length.

use http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, Uri};

use super::bytes;
use crate::secret::Body;
use crate::transport::Request;
use crate::wiped::Wiped;

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// A POST of `body`. The length is stated exactly: the Hub refuses a body of unknown length (docker/hub-tool#191).
pub(crate) fn post(uri: &Uri, user_agent: &HeaderValue, body: Body) -> Request {
    // Room for an adapter's Host as well.
    let mut headers = HeaderMap::with_capacity(6);
    headers.insert(CONTENT_LENGTH, decimal(body.as_ref().len()));
    headers.insert(CONTENT_TYPE, JSON);
    headers.insert(ACCEPT, JSON);
    headers.insert(USER_AGENT, user_agent.clone());
    let mut request = Request::new(body);
    *request.method_mut() = Method::POST;
    *request.uri_mut() = uri.clone();
    *request.headers_mut() = headers;
    request
}

#[expect(clippy::expect_used, reason = "digits can stand in a header")]
fn decimal(number: usize) -> HeaderValue {
    // Not `HeaderValue::from`: it allocates twice.
    HeaderValue::try_from(number.to_string()).expect("digits")
}

/// A JSON object of texts, in a buffer with room for it from the start: growing would leave a copy behind.
pub(crate) fn body(texts: [(&str, &str); 2]) -> Body {
    const QUOTES_COLON_AND_COMMA: usize = 6;
    let lengths = texts.map(|(_, text)| escaped_len(text));
    let keys = texts.map(|(key, _)| key.len() + QUOTES_COLON_AND_COMMA);
    let room = 1 + keys.iter().chain(&lengths).sum::<usize>();
    let mut json = Wiped::from(Vec::with_capacity(room));
    let mut separator = b'{';
    for ((key, text), length) in texts.into_iter().zip(lengths) {
        json.extend_from_slice(&[separator, b'"']);
        json.extend_from_slice(key.as_bytes());
        json.extend_from_slice(b"\":");
        write(&mut json, text, length);
        separator = b',';
    }
    json.push(b'}');
    debug_assert_eq!(json.len(), room, "the buffer moved");
    Body::new(json)
}

/// `text` as a JSON string, whose length between the quotes is known.
#[expect(clippy::expect_used, reason = "a text becomes JSON and memory takes every byte")]
fn write(json: &mut Vec<u8>, text: &str, length: usize) {
    if length == text.len() {
        json.push(b'"');
        json.extend_from_slice(text.as_bytes());
        json.push(b'"');
    } else {
        serde_json::to_writer(json, text).expect("writing a text as JSON to memory");
    }
}

/// The length of `text` inside a JSON string, in bytes: that of the text if nothing in it is escaped.
fn escaped_len(text: &str) -> usize {
    let len = |byte| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 0x08 | 0x0c => 2,
        0..=0x1f => 6,
        _ => 1,
    };
    let is_plain = bytes::plain(text.as_bytes()) == text.len();
    if is_plain { text.len() } else { text.bytes().map(len).sum() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_has_the_room_it_takes() {
        for c in '\u{0}'..'\u{3000}' {
            for text in [c.into(), format!("\"{c}{c}")] {
                assert_eq!(escaped_len(&text) + 2, serde_json::to_string(&text).unwrap().len(), "{c:?}");
            }
        }
    }

    #[test]
    fn it_is_the_json_of_any_text_in_the_room_for_it() {
        for text in ["", "plain", "\"\\/\n\r\t\u{8}\u{c}", "\u{0}\u{1f}", "äöü 🦀 \u{7f}"] {
            let body = body([("key", text), ("other", "x")]);
            let json: serde_json::Value = serde_json::from_slice(body.as_ref()).unwrap();
            assert_eq!(json, serde_json::json!({ "key": text, "other": "x" }));
            assert_eq!(body.as_ref(), json.to_string().as_bytes());
        }
    }
}
