//! Reads JSON objects leniently, and writes JSON that holds secrets without leaving a copy behind.
//!
//! An object is read field by field: a value is looked at only when somebody asks for it, so that one odd value, such as a
//! text with half of a surrogate pair (serde-rs/json#495), does not hide the others.

use std::fmt;
use std::io::{self, Write};
use std::ops::Deref;

use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::ser::Serialize;
use serde_json::value::RawValue;
use zeroize::Zeroizing;

/// Reads one JSON object and hands each entry to `entry(key, value)`, in order: where a key stands twice, the last one is
/// handed over last. Returns `None` if the text is anything else. A nested value is passed over without recursion, so no depth
/// of it can exhaust the stack.
pub(crate) fn object<'a>(json: &'a str, entry: impl FnMut(&str, &'a RawValue)) -> Option<()> {
    let mut reader = serde_json::Deserializer::from_str(json);
    reader.deserialize_map(Entries(entry)).ok()?;
    reader.end().ok()
}

/// Returns a text that is not empty; `None` for any other value.
pub(crate) fn text(value: &RawValue) -> Option<Text<'_>> {
    let plain = value.get().strip_prefix('"')?.strip_suffix('"').filter(|text| !text.is_empty())?;
    if plain.contains('\\') {
        return serde_json::from_str(value.get()).ok().map(|text| Text::Unescaped(Zeroizing::new(text)));
    }
    Some(Text::Plain(plain))
}

/// Holds a text of a JSON object, which may be a secret: it is borrowed, or a copy that is wiped on drop.
pub(crate) enum Text<'a> {
    Plain(&'a str),
    Unescaped(Zeroizing<String>),
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Text::Plain(text) => text,
            Text::Unescaped(text) => text,
        }
    }
}

/// Repairs a body that is JSON but for faults that servers make, so that none of them hides the rest: a byte order mark, bytes that
/// are not UTF-8, raw control characters and unknown escapes inside texts, words that are no values (`NaN`), commas before a
/// closing bracket. Returns `None` if the body cannot be an object.
pub(crate) fn repair(body: &[u8]) -> Option<Zeroizing<String>> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    // Control characters count as blanks before the object as well: fuzzing met a token behind NULs.
    body.iter().find(|byte| !byte.is_ascii_control() && **byte != b' ').filter(|byte| **byte == b'{')?;
    // Nothing gets longer, so the buffer never moves.
    let mut json = Zeroizing::new(String::with_capacity(body.len() + 1));
    let (mut in_text, mut escaped, mut word) = (false, false, 0);
    // A space stands for damaged bytes: no token has one, so a damaged token is never taken for whole.
    let chunks = body.utf8_chunks().map(|chunk| (chunk.valid(), if chunk.invalid().is_empty() { "" } else { " " }));
    for c in chunks.flat_map(|(valid, damaged)| valid.chars().chain(damaged.chars())).chain([' ']) {
        let c = if c.is_ascii_control() { ' ' } else { c };
        if in_text {
            if escaped && !matches!(c, '"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't' | 'u') {
                // As damaged bytes below: nobody knows which character was meant.
                json.pop();
                json.push(' ');
            }
            in_text = escaped || c != '"';
            escaped = !escaped && c == '\\';
            word = json.len() + 1;
        } else if matches!(c, ' ' | '"' | ',' | ':' | '{' | '}' | '[' | ']') {
            let unread = json.get(word..).unwrap_or_default();
            if !unread.is_empty() && serde_json::from_str::<IgnoredAny>(unread).is_err() {
                json.truncate(word);
                json.push('0');
            }
            if matches!(c, '}' | ']') {
                let end = json.trim_end_matches(' ').trim_end_matches(',').len();
                json.truncate(end);
            }
            in_text = c == '"';
            word = json.len() + 1;
        }
        json.push(c);
    }
    Some(json)
}

/// Writes `value` as JSON into a buffer that is wiped on drop. The length is counted first: a buffer that grew would leave a
/// copy of a secret behind.
#[expect(clippy::expect_used, reason = "texts and numbers become JSON, and memory takes every byte")]
pub(crate) fn wiped(value: &impl Serialize) -> Zeroizing<Vec<u8>> {
    let mut length = Length(0);
    serde_json::to_writer(&mut length, value).expect("counting");
    let mut json = Zeroizing::new(Vec::with_capacity(length.0));
    serde_json::to_writer(&mut *json, value).expect("writing to memory");
    debug_assert_eq!(json.len(), length.0, "the buffer has moved");
    json
}

/// Counts the bytes that are written.
struct Length(usize);

impl Write for Length {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Entries<F>(F);

impl<'a, F: FnMut(&str, &'a RawValue)> Visitor<'a> for Entries<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'a>>(mut self, mut map: M) -> Result<(), M::Error> {
        while let Some((key, value)) = map.next_entry::<&RawValue, &RawValue>()? {
            if let Some(key) = text(key) {
                (self.0)(&key, value);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::option_option, reason = "no object, or an object without a token")]
    fn token(json: &str) -> Option<Option<String>> {
        let mut token = None;
        object(json, |key, value| {
            if key == "token" {
                token = text(value).map(|text| text.to_owned());
            }
        })?;
        Some(token)
    }

    #[test]
    fn any_object_is_read_and_nothing_else() {
        let a = || Some(Some("a".to_owned()));
        assert_eq!(token(r#"{"token":"a","x":[1,-1,1.5,true,{"y":null}],"e":1e400}"#), a());
        assert_eq!(token(r#"{"\u0074oken":"\u0061"}"#), a(), "escapes");
        assert_eq!(token(r#"{"token":"b","token":"a"}"#), a(), "the last one counts");
        assert_eq!(token(r#"{"token":["a"]}"#), Some(None));
        for other in ["", "null", "[]", "\"token\"", "{\"token\":\"a\"", "{} x", "<html>"] {
            assert_eq!(token(other), None, "{other:?}");
        }
    }

    #[test]
    fn one_odd_part_does_not_hide_the_rest() {
        for odd in [r#""x":"\ud83d""#, r#""\ud83d":1"#, r#""x":"\udc00\ud800""#, r#""x":123e99999"#] {
            assert_eq!(token(&format!(r#"{{{odd},"token":"a"}}"#)), Some(Some("a".into())), "{odd}");
        }
        assert_eq!(token(r#"{"token":"\ud83d"}"#), Some(None));
    }

    #[test]
    fn a_repaired_body_keeps_what_it_had() {
        let json = r#"{"a": [1, -2.5e3, true, null, {}], "b": "c, }\u00e4\\\"", "d": {"e": []}}"#;
        let repaired = |body: &[u8]| repair(body).unwrap().trim_end().to_owned();
        assert_eq!(repaired(json.as_bytes()), json);
        // A damaged token has a space, so it is none.
        for damaged in [&b"{\"token\":\"a\xffb\"}"[..], b"{\"token\":\"a\nb\"}"] {
            assert_eq!(repaired(damaged), r#"{"token":"a b"}"#);
        }
        assert_eq!(repaired(br#"{"token":"a\xb"}"#), r#"{"token":"a xb"}"#);
        assert_eq!(repaired(b"{\"a\":[NaN , +1,],}"), "{\"a\":[0 , 0]}");
        assert_eq!(repaired(b"\0\n{}"), "  {}");
        let long = repair("{x,".repeat(1000).as_bytes()).unwrap();
        assert!(long.capacity() <= 3001, "the buffer has moved");
    }

    #[test]
    fn no_depth_exhausts_the_stack() {
        let levels = 1_000_000;
        let nested = format!("{{\"x\":{}{},\"token\":\"a\"}}", "[".repeat(levels), "]".repeat(levels));
        assert_eq!(token(&nested), Some(Some("a".into())));
        assert_eq!(token(&nested.replace(']', "")), None);
    }

    #[test]
    fn a_written_buffer_has_exactly_the_room_it_takes() {
        for text in ["", "plain", "\"\\/\n\r\t\u{8}\u{c}\u{0}\u{1f}", "äöü 🦀 \u{7f}"] {
            let json = wiped(&[text]);
            assert_eq!((json.capacity(), json.to_vec()), (json.len(), serde_json::to_vec(&[text]).unwrap()));
        }
    }
}
