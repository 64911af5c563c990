//! Reads JSON objects leniently, and writes JSON that holds secrets without leaving a copy behind.
//!
//! An object is read field by field: a value is looked at only when somebody asks for it, so that one odd value, such as a
//! text with half of a surrogate pair (serde-rs/json#495), does not hide the others.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, Write};

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde::ser::Serialize;
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use crate::secret::Secret;

/// The deepest nesting that is accepted, in levels.
const DEEPEST: usize = 127;

/// Reads one JSON object and hands each entry to `entry(key, value)`, in order: where a key stands twice, the last one is
/// handed over last. Returns `None` if the text is anything else, or is nested more than 127 levels deep.
pub(crate) fn object<'a>(json: &'a str, entry: impl FnMut(&[u8], &'a RawValue)) -> Option<()> {
    let mut reader = serde_json::Deserializer::from_str(json);
    reader.deserialize_map(Entries(entry)).ok()?;
    reader.end().ok()
}

/// Returns a text that is not empty; `None` for any other value.
pub(crate) fn text(value: &RawValue) -> Option<Secret> {
    serde_json::from_str::<String>(value.get()).ok().map(Secret::from).filter(|text| !text.expose().is_empty())
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

/// Counts what is written.
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

/// Returns whether a value of an object is nested too deep. `serde_json` has a limit of its own only for values that it
/// interprets.
fn is_deep(json: &str) -> bool {
    // A text is long, as a token is, and nests nothing.
    if json.starts_with('"') {
        return false;
    }
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_text,
            b'"' => in_text = !in_text,
            b'[' | b'{' if !in_text => depth += 1,
            b']' | b'}' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth >= DEEPEST {
            return true;
        }
    }
    false
}

struct Entries<F>(F);

impl<'a, F: FnMut(&[u8], &'a RawValue)> Visitor<'a> for Entries<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'a>>(mut self, mut map: M) -> Result<(), M::Error> {
        while let Some(Key(key)) = map.next_key()? {
            let value: &RawValue = map.next_value()?;
            if is_deep(value.get()) {
                return Err(M::Error::custom("nested too deep"));
            }
            (self.0)(&key, value);
        }
        Ok(())
    }
}

/// A key as bytes, which may hold half of a surrogate pair.
struct Key<'a>(Cow<'a, [u8]>);

impl<'a> Deserialize<'a> for Key<'a> {
    fn deserialize<D: Deserializer<'a>>(deserializer: D) -> Result<Key<'a>, D::Error> {
        struct Bytes;
        impl<'a> Visitor<'a> for Bytes {
            type Value = Key<'a>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_bytes<E>(self, key: &[u8]) -> Result<Key<'a>, E> {
                Ok(Key(key.to_vec().into()))
            }

            fn visit_borrowed_bytes<E>(self, key: &'a [u8]) -> Result<Key<'a>, E> {
                Ok(Key(key.into()))
            }
        }
        deserializer.deserialize_bytes(Bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::option_option, reason = "no object, or an object without a token")]
    fn token(json: &str) -> Option<Option<String>> {
        let mut token = None;
        object(json, |key, value| {
            if key == b"token" {
                token = text(value).map(|text| text.expose().to_owned());
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
    fn nesting_is_bounded() {
        let nested = |levels| format!("{{\"x\":{}{},\"token\":\"a\"}}", "[".repeat(levels), "]".repeat(levels));
        assert_eq!(token(&nested(DEEPEST - 1)), Some(Some("a".into())));
        assert_eq!(token(&nested(DEEPEST)), None);
        assert_eq!(token(&nested(100_000)), None);
        assert_eq!(token(&format!(r#"{{"x":"\"{}","token":"a"}}"#, "[".repeat(1000))), Some(Some("a".into())));
    }

    #[test]
    fn a_written_buffer_has_exactly_the_room_it_takes() {
        for text in ["", "plain", "\"\\/\n\r\t\u{8}\u{c}\u{0}\u{1f}", "äöü 🦀 \u{7f}"] {
            let json = wiped(&[text]);
            assert_eq!((json.capacity(), json.to_vec()), (json.len(), serde_json::to_vec(&[text]).unwrap()));
        }
    }
}
