//! Lenient JSON: a value of any type where a text or a number is hoped for, without unbounded memory or recursion.

use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use zeroize::Zeroizing;

/// A JSON value of which only texts, booleans and finite numbers matter. Never printable: it may be a token.
#[derive(Default)]
pub(crate) enum Loose<'a> {
    /// A text that stands in the answer as it is.
    Borrowed(&'a str),
    /// A text that had escapes, unescaped.
    Owned(Zeroizing<String>),
    Bool(bool),
    Number(f64),
    /// Null, an array, an object; or the key is absent.
    #[default]
    Other,
}

impl Loose<'_> {
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Loose::Borrowed(text) => Some(text),
            Loose::Owned(text) => Some(text),
            _ => None,
        }
    }

    /// A text with something in it.
    pub(crate) fn filled(&self) -> Option<&str> {
        self.text().filter(|text| !text.is_empty())
    }
}

impl<'de> Deserialize<'de> for Loose<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(LooseVisitor)
    }
}

struct LooseVisitor;

#[expect(clippy::cast_precision_loss, reason = "times far above 2^53 are absurd anyway")]
impl<'de> Visitor<'de> for LooseVisitor {
    type Value = Loose<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Loose::Borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Loose::Owned(Zeroizing::new(text.to_owned())))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Loose::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Loose::Number(value as f64))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Loose::Number(value as f64))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Loose::Number(value))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Loose::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<Skip>()?.is_some() {}
        Ok(Loose::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<Skip, Skip>()?.is_some() {}
        Ok(Loose::Other)
    }
}

/// A value nobody looks at. Unlike serde's own, it counts depth, so deep nesting is an error (at 128) beside known keys too.
pub(crate) struct Skip;

impl<'de> Deserialize<'de> for Skip {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(SkipVisitor)
    }
}

struct SkipVisitor;

impl<'de> Visitor<'de> for SkipVisitor {
    type Value = Skip;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_str<E>(self, _: &str) -> Result<Skip, E> {
        Ok(Skip)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Skip, E> {
        Ok(Skip)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Skip, E> {
        Ok(Skip)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Skip, E> {
        Ok(Skip)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Skip, E> {
        Ok(Skip)
    }

    fn visit_unit<E>(self) -> Result<Skip, E> {
        Ok(Skip)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Skip, A::Error> {
        while seq.next_element::<Skip>()?.is_some() {}
        Ok(Skip)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Skip, A::Error> {
        while map.next_entry::<Skip, Skip>()?.is_some() {}
        Ok(Skip)
    }
}

/// Reads one JSON object, handing each entry to `entry(key, value)`; `None` if the bytes are anything else. Of a key that
/// stands twice the last counts, as in most readers.
pub(crate) fn object<'a>(bytes: &'a [u8], mut entry: impl FnMut(&str, Loose<'a>)) -> Option<()> {
    read(bytes, Entries { descend: None, entry: &mut |_, key: &str, value| entry(key, value) })
}

/// As [`object`], and where the value of the key `descend` is an object, its entries are handed over too, with `true` first.
pub(crate) fn object_of_objects<'a>(
    bytes: &'a [u8],
    descend: &str,
    mut entry: impl FnMut(bool, &str, Loose<'a>),
) -> Option<()> {
    read(bytes, Entries { descend: Some(descend), entry: &mut entry })
}

fn read<'a, F: FnMut(bool, &str, Loose<'a>)>(bytes: &'a [u8], entries: Entries<'_, F>) -> Option<()> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    json.deserialize_map(entries).ok()?;
    json.end().ok()
}

struct Entries<'s, F> {
    descend: Option<&'s str>,
    entry: &'s mut F,
}

impl<'de, F: FnMut(bool, &str, Loose<'de>)> Visitor<'de> for Entries<'_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(Key(key)) = map.next_key()? {
            if self.descend == Some(&*key) {
                map.next_value_seed(Inside(&mut *self.entry))?;
            } else {
                (self.entry)(false, &key, map.next_value()?);
            }
        }
        Ok(())
    }
}

/// The object one level down; a value of another type is skipped.
struct Inside<'s, F>(&'s mut F);

impl<'de, F: FnMut(bool, &str, Loose<'de>)> DeserializeSeed<'de> for Inside<'_, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de, F: FnMut(bool, &str, Loose<'de>)> Visitor<'de> for Inside<'_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(Key(key)) = map.next_key()? {
            (self.0)(true, &key, map.next_value()?);
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<(), A::Error> {
        SkipVisitor.visit_seq(seq).map(drop)
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

/// A key, borrowed where it can be.
struct Key<'a>(std::borrow::Cow<'a, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct KeyVisitor;
        impl<'de> Visitor<'de> for KeyVisitor {
            type Value = Key<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }
            fn visit_borrowed_str<E>(self, key: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(key.into()))
            }
            fn visit_str<E>(self, key: &str) -> Result<Key<'de>, E> {
                Ok(Key(key.to_owned().into()))
            }
        }
        from.deserialize_str(KeyVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::option_option, reason = "no object, or an object without a token")]
    fn token(bytes: &[u8]) -> Option<Option<String>> {
        let mut token = None;
        object(bytes, |key, value| {
            if key == "token" {
                token = value.text().map(str::to_owned);
            }
        })?;
        Some(token)
    }

    #[test]
    fn any_object_is_read_and_nothing_else() {
        assert_eq!(token(br#"{"token":"a","x":[1,{"y":null}],"e":1e400}"#), None, "no such number");
        assert_eq!(token(br#"{"token":"a","x":[1,-1,1.5,true,{"y":null}]}"#), Some(Some("a".into())));
        assert_eq!(token(br#"{"\u0074oken":"\u0061"}"#), Some(Some("a".into())), "escapes");
        assert_eq!(token(br#"{"token":["a"]}"#), Some(None));
        assert_eq!(token(br#"{"token":"a","token":"b"}"#), Some(Some("b".into())));
        for other in
            [&b""[..], b"null", b"[]", b"\"token\"", b"{\"token\":\"a\"", b"{} x", b"<html>", b"{\"token\":\"\xff\"}"]
        {
            assert_eq!(token(other), None, "{other:?}");
        }
    }

    #[test]
    fn deep_nesting_is_refused_beside_a_known_key_too() {
        let deep = format!("{{\"x\":{}{},\"token\":\"a\"}}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(token(deep.as_bytes()), None);
        let shallow = format!("{{\"x\":{}{},\"token\":\"a\"}}", "[".repeat(50), "]".repeat(50));
        assert_eq!(token(shallow.as_bytes()), Some(Some("a".into())));
    }
}
