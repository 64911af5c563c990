//! Reads JSON objects as Go's `encoding/json` does, which docker and its helpers use: names match in any case, a repeated
//! name replaces or adds, `null` changes nothing, and what follows the first value is not looked at.

use std::fmt;
use std::marker::PhantomData;

use hub_auth_core::Secret;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};

/// The fields of an object.
pub(super) trait Fields: Default {
    /// Reads the value of the field `name`, which is in lower case. Returns false without reading it if there is no such
    /// field.
    fn read<'de, A: MapAccess<'de>>(&mut self, name: &str, from: &mut A) -> Result<bool, A::Error>;
}

/// An object with these fields.
pub(super) struct Object<T>(pub(super) T);

/// Reads the first value in `text`, or `None` if there is none, and returns the rest as well. The error is the number of the
/// line, from 1.
pub(super) fn first<T: Fields>(text: &str) -> Result<(Option<T>, &str), usize> {
    // PowerShell 5.1 and editors on Windows write a byte order mark (docker/for-win#14950).
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Object<T>>();
    // The reader's own message may repeat a secret.
    let value = values.next().transpose().map_err(|error| error.line())?;
    let rest = text.get(values.byte_offset()..).unwrap_or_default();
    Ok((value.map(|Object(value)| value), rest))
}

/// Replaces `field` unless the value is `null`.
pub(super) fn replace<'de, A: MapAccess<'de>, T: Deserialize<'de>>(
    field: &mut T,
    from: &mut A,
) -> Result<bool, A::Error> {
    if let Some(value) = from.next_value::<Option<T>>()? {
        *field = value;
    }
    Ok(true)
}

impl<'de, T: Fields> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Object<T>, D::Error> {
        struct Reader<T>(PhantomData<T>);

        impl<'de, T: Fields> Visitor<'de> for Reader<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_unit<E>(self) -> Result<Object<T>, E> {
                Ok(Object(T::default()))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Object<T>, A::Error> {
                let mut object = T::default();
                while let Some(name) = from.next_key::<String>()? {
                    if !object.read(&fold(&name), &mut from)? {
                        from.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(Object(object))
            }
        }

        from.deserialize_any(Reader(PhantomData))
    }
}

/// Go's folding of a name: ASCII letters, and the two other characters that have an ASCII letter as their simple fold.
fn fold(name: &str) -> String {
    name.chars()
        .map(|c| match c {
            '\u{17f}' => 's',
            '\u{212a}' => 'k',
            c => c.to_ascii_lowercase(),
        })
        .collect()
}

/// A text that is a secret from the start; empty by default.
#[derive(Debug)]
pub(super) struct Hidden(pub(super) Secret);

impl Hidden {
    pub(super) fn is_empty(&self) -> bool {
        self.0.expose().is_empty()
    }
}

impl Default for Hidden {
    fn default() -> Hidden {
        Hidden(Secret::from(""))
    }
}

impl<'de> Deserialize<'de> for Hidden {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Hidden, D::Error> {
        struct Text;

        impl Visitor<'_> for Text {
            type Value = Hidden;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }

            fn visit_str<E>(self, text: &str) -> Result<Hidden, E> {
                Ok(Hidden(Secret::from(text)))
            }
        }

        from.deserialize_str(Text)
    }
}
