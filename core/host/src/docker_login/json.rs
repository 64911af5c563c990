//! Reads JSON objects as Go's `encoding/json` does, which docker and its helpers use: names match in any case, a later member
//! replaces or adds, `null` changes nothing, and the text after the first value is not read.
//!
//! Members stay pieces of the text until they are read, so that no copy of a secret is left behind.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The members of an object in their order, each a name and a piece of the text.
pub(super) type Members<'a> = Vec<(String, &'a RawValue)>;
/// Fails with the piece that has another form.
pub(super) type Read<'a, T> = Result<T, &'a RawValue>;

/// Reads the first value of a text, with folded names, or `None` if there is none, and returns the rest as well. The error is
/// the number of the line, from 1.
pub(super) fn first(text: &str) -> Result<(Option<Members<'_>>, &str), usize> {
    // PowerShell 5.1 and editors on Windows write a byte order mark (docker/for-win#14950).
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Option<Object<'_>>>();
    // The reader's own message may repeat a secret.
    let value = values.next().transpose().map_err(|error| error.line())?;
    let rest = text.get(values.byte_offset()..).unwrap_or_default();
    Ok((value.map(|object| folded(object.map(|Object(members)| members))), rest))
}

/// Reads an object with its names as they stand, or `None` for `null`.
pub(super) fn object(value: &RawValue) -> Read<'_, Option<Members<'_>>> {
    let object = serde_json::from_str::<Option<Object<'_>>>(value.get()).map_err(|_| value)?;
    Ok(object.map(|Object(members)| members))
}

/// Reads an object with folded names.
pub(super) fn fields(value: &RawValue) -> Read<'_, Members<'_>> {
    object(value).map(folded)
}

/// Replaces `field` by a text, and keeps it for `null`.
pub(super) fn replace<'a>(field: &mut impl From<String>, value: &'a RawValue) -> Read<'a, ()> {
    if let Some(text) = serde_json::from_str::<Option<String>>(value.get()).map_err(|_| value)? {
        *field = text.into();
    }
    Ok(())
}

/// Returns the line of `text`, from 1, in which a piece of it begins.
pub(super) fn line(text: &str, piece: &RawValue) -> usize {
    let start = piece.get().as_ptr().addr() - text.as_ptr().addr();
    text.bytes().take(start).filter(|byte| *byte == b'\n').count() + 1
}

/// Folds names as Go does: ASCII letters, and the two other characters that have an ASCII letter as their simple fold.
fn folded(members: Option<Members<'_>>) -> Members<'_> {
    let fold = |c| match c {
        '\u{17f}' => 's',
        '\u{212a}' => 'k',
        c => c.to_ascii_lowercase(),
    };
    let members = members.unwrap_or_default().into_iter();
    members.map(|(name, value)| (name.chars().map(fold).collect(), value)).collect()
}

struct Object<'a>(Members<'a>);

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Object<'de>, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = Object<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Object<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = from.next_entry()? {
                    members.push(member);
                }
                Ok(Object(members))
            }
        }

        from.deserialize_map(Reader)
    }
}
