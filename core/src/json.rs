//! Lenient JSON: a value of any type where a text or a number is hoped for, without unbounded memory or recursion.
//!
//! Only the structure is read here, in one pass; `serde_json` reads numbers, and texts with escapes.

use zeroize::Zeroizing;

use crate::wire::bytes;

/// How deep values may be nested.
const DEEPEST: u8 = 127;

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

/// Reads one JSON object, handing each entry to `entry(key, value)`; `None` if the bytes are anything else. Of a key that
/// stands twice the last counts, as in most readers.
pub(crate) fn object<'a>(bytes: &'a [u8], mut entry: impl FnMut(&str, Loose<'a>)) -> Option<()> {
    Reader::whole(bytes, |reader, key| {
        entry(key, reader.value(DEEPEST - 1)?);
        Some(())
    })
}

/// As [`object`], and where the value of the key `descend` is an object, its entries are handed over too, with `true` first.
pub(crate) fn object_of_objects<'a>(
    bytes: &'a [u8],
    descend: &str,
    mut entry: impl FnMut(bool, &str, Loose<'a>),
) -> Option<()> {
    Reader::whole(bytes, |reader, key| {
        if key != descend {
            entry(false, key, reader.value(DEEPEST - 1)?);
        } else if reader.peek()? == b'{' {
            reader.object(DEEPEST - 1, |reader, key| {
                entry(true, key, reader.value(DEEPEST - 2)?);
                Some(())
            })?;
        } else {
            reader.value(DEEPEST - 1)?;
        }
        Some(())
    })
}

/// A text, and how far it is read. Whatever is not JSON ends it with `None`.
struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    /// One object and nothing after it.
    fn whole(bytes: &'a [u8], entry: impl FnMut(&mut Self, &str) -> Option<()>) -> Option<()> {
        let mut reader = Reader { text: std::str::from_utf8(bytes).ok()?, at: 0 };
        reader.object(DEEPEST, entry)?;
        reader.peek().is_none().then_some(())
    }

    /// The next byte that is not white space; it stays.
    fn peek(&mut self) -> Option<u8> {
        loop {
            match *self.text.as_bytes().get(self.at)? {
                b' ' | b'\t' | b'\n' | b'\r' => self.at += 1,
                byte => return Some(byte),
            }
        }
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        (self.next()? == byte).then_some(())
    }

    /// A value, with at most `depth` levels in it.
    fn value(&mut self, depth: u8) -> Option<Loose<'a>> {
        match self.peek()? {
            b'"' => self.string(),
            b'{' => self.object(depth, |reader, _| reader.value(depth - 1).map(drop)).map(|()| Loose::Other),
            b'[' => self.array(depth).map(|()| Loose::Other),
            b'-' | b'0'..=b'9' => self.number().map(Loose::Number),
            b't' => self.word("true").map(|()| Loose::Bool(true)),
            b'f' => self.word("false").map(|()| Loose::Bool(false)),
            _ => self.word("null").map(|()| Loose::Other),
        }
    }

    fn object(&mut self, depth: u8, mut entry: impl FnMut(&mut Self, &str) -> Option<()>) -> Option<()> {
        self.take(b'{').filter(|()| depth > 0)?;
        if self.peek()? == b'}' {
            return self.next().map(drop);
        }
        loop {
            let key = self.string()?;
            self.take(b':')?;
            entry(self, key.text()?)?;
            match self.next()? {
                b',' => {}
                b'}' => return Some(()),
                _ => return None,
            }
        }
    }

    fn array(&mut self, depth: u8) -> Option<()> {
        self.take(b'[').filter(|()| depth > 0)?;
        if self.peek()? == b']' {
            return self.next().map(drop);
        }
        loop {
            self.value(depth - 1)?;
            match self.next()? {
                b',' => {}
                b']' => return Some(()),
                _ => return None,
            }
        }
    }

    #[expect(clippy::inline_always, reason = "a tenth of the reading of a long token's claims")]
    #[inline(always)]
    fn string(&mut self) -> Option<Loose<'a>> {
        self.take(b'"')?;
        let start = self.at;
        self.at += bytes::plain(self.text.as_bytes().get(start..)?);
        let text = self.text.get(start..self.at)?;
        match self.text.as_bytes().get(self.at)? {
            b'"' => self.at += 1,
            b'\\' => return self.escaped(start),
            _ => return None,
        }
        Some(Loose::Borrowed(text))
    }

    /// A text whose first backslash is met.
    #[cold]
    fn escaped(&mut self, start: usize) -> Option<Loose<'a>> {
        while *self.text.as_bytes().get(self.at)? == b'\\' {
            self.at += 2;
            self.at += bytes::plain(self.text.as_bytes().get(self.at..)?);
        }
        self.at += 1;
        let text: String = serde_json::from_str(self.text.get(start - 1..self.at)?).ok()?;
        Some(Loose::Owned(Zeroizing::new(text)))
    }

    #[expect(clippy::cast_precision_loss, reason = "15 digits are exact")]
    fn number(&mut self) -> Option<f64> {
        let rest = self.text.get(self.at..)?;
        let is_part = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E');
        let length = rest.bytes().position(|byte| !is_part(byte)).unwrap_or(rest.len());
        self.at += length;
        let text = rest.get(..length)?;
        match bytes::number(text.as_bytes()) {
            Some(number) if !text.starts_with('0') => Some(number as f64),
            _ => serde_json::from_str(text).ok(),
        }
    }

    fn word(&mut self, word: &str) -> Option<()> {
        let is_there = self.text.as_bytes().get(self.at..)?.starts_with(word.as_bytes());
        self.at += word.len();
        is_there.then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use serde_json::{Map, Value};

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

    /// What `serde_json` makes of the same bytes.
    fn reference(bytes: &[u8]) -> Option<Map<String, Value>> {
        serde_json::from_slice(bytes).ok()
    }

    fn is_same(ours: &Loose<'_>, theirs: &Value) -> bool {
        match (ours, theirs) {
            (Loose::Bool(ours), Value::Bool(theirs)) => ours == theirs,
            (Loose::Number(ours), Value::Number(theirs)) => Some(*ours) == theirs.as_f64(),
            (Loose::Other, Value::Null | Value::Array(_) | Value::Object(_)) => true,
            (text, Value::String(theirs)) => text.text() == Some(theirs),
            _ => false,
        }
    }

    fn compare(bytes: &[u8]) {
        let mut read = Vec::new();
        let ours = object(bytes, |key, value| read.push((key.to_owned(), value)));
        let theirs = reference(bytes);
        assert_eq!(ours.is_some(), theirs.is_some(), "{:?}", String::from_utf8_lossy(bytes));
        for (key, theirs) in theirs.unwrap_or_default() {
            let (_, last) = read.iter().rfind(|(name, _)| *name == key).unwrap();
            assert!(is_same(last, &theirs), "{key:?} in {:?}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn nesting_ends_where_serde_json_ends_it() {
        for depth in 120..135 {
            for (open, close) in [("[", "]"), ("{\"x\":", "}")] {
                compare(format!("{{\"x\":{}1{}}}", open.repeat(depth), close.repeat(depth)).as_bytes());
                compare(format!("{{\"x\":{}{{}}{}}}", open.repeat(depth), close.repeat(depth)).as_bytes());
            }
        }
    }

    #[test]
    fn odd_json_is_read_as_serde_json_reads_it() {
        for value in [
            "1",
            "-0",
            "01",
            "1.",
            ".5",
            "+1",
            "-",
            "1e5",
            "1e",
            "1E+2",
            "0.1e-2",
            "18446744073709551615",
            "1e400",
            "--1",
            "1-2",
            "true",
            "tru",
            "truex",
            "nul",
            "nulll",
            "None",
            "\"\\ud83e\\udd80\"",
            "\"\\ud83e\"",
            "\"\\u12\"",
            "\"\\x\"",
            "\"\\\"",
            "\"\\",
            "\"\\\\\"",
            "\"a\nb\"",
            "\"a\tb\"",
            "\"\\n\tx\"",
            "\"\u{7f}\"",
            "\"",
            "[1,]",
            "[,]",
            "[1 2]",
            "[",
            "{",
            "{}",
            "[ ]",
            "{ }",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1,}",
            "{a:1}",
            "{\"a\" :\r\n1 }",
            "\u{b}1",
            "\u{a0}1",
            "1\u{0}",
        ] {
            compare(format!("{{\"token\":{value}}}").as_bytes());
            compare(format!(" {{ \"token\" :\t{value}\n,\"token\":\"last\" }}\r ").as_bytes());
            compare(format!("{{\"token\":{value}").as_bytes());
            compare(value.as_bytes());
        }
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "[ -~äé\n\t\"\\\\🦀]{0,12}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                vec(inner.clone(), 0..4).prop_map(Value::from),
                vec(("[a-c\"]{0,2}", inner), 0..4).prop_map(|entries| Value::Object(entries.into_iter().collect())),
            ]
        })
    }

    /// What a text can be made of, in any order.
    const PIECES: [&str; 32] = [
        "\"", "\"", "\"", "\\", "\\u", "\\ud83e", "\\udd80", "\\u0000", "0041", "n", "x", "é", "🦀", "\u{0}", "\n",
        "\u{1f}", "\u{7f}", "\u{feff}", "{", "}", "[", "]", ":", ",", " ", "-", "0", "12", ".5", "e9", "true", "null",
    ];

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn whatever_serde_json_reads_is_read_the_same(
            value in json(),
            is_pretty in any::<bool>(),
            edits in vec((any::<prop::sample::Index>(), prop::sample::select(br#"{}[]",:\\ 01e-tfn"#.to_vec())), 0..3),
        ) {
            let value = serde_json::json!({ "x": value });
            let text = if is_pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) };
            let mut bytes = text.unwrap().into_bytes();
            compare(&bytes);
            for (place, byte) in edits {
                *place.get_mut(&mut bytes) = byte;
                compare(&bytes);
            }
        }

        #[test]
        fn pieces_of_json_are_read_as_serde_json_reads_them(
            pieces in vec(prop::sample::select(PIECES.to_vec()), 0..14),
            cut in any::<prop::sample::Index>(),
        ) {
            let pieces = pieces.concat();
            for text in [format!("{{\"x\":\"{pieces}\"}}"), format!("{{\"{pieces}\":1}}"), format!("{{\"x\":{pieces}}}"), pieces] {
                compare(text.as_bytes());
                // Within a character as well.
                compare(text.as_bytes().split_at(cut.index(text.len() + 1)).0);
                compare(text.as_bytes().split_at(cut.index(text.len() + 1)).1);
            }
        }
    }
}
