//! Whether a text repeats a secret, however it is spaced, quoted or escaped.

use memchr::memchr;

/// A secret with fewer letters and digits is looked for as it is, since they stand in many a harmless word.
const TELLING: usize = 4;
/// Of the rolling hash; any large odd number without a pattern does.
const BASE: u64 = 0x9e37_79b9_7f4a_7c15;

/// A secret to look for. What is compared is letters, whatever their case, and digits.
#[derive(Clone, Copy)]
pub(crate) struct Leak<'a>(&'a str);

impl<'a> Leak<'a> {
    pub(crate) fn of(secret: &'a str) -> Leak<'a> {
        Leak(secret)
    }

    /// Whether `text` repeats the secret. No secret is repeated nowhere.
    pub(crate) fn is_in(self, text: &str) -> bool {
        let Leak(secret) = self;
        if secret.is_empty() || !self.has_letters(text) {
            return false;
        }
        let length = Bare::of(secret).count();
        let is_told_by_letters = length >= TELLING;
        // Without a backslash, a text that holds the secret as it is holds its letters in a row.
        let is_plain = is_told_by_letters && memchr(b'\\', text.as_bytes()).is_none();
        if !is_plain && text.contains(secret) {
            return true;
        }
        is_told_by_letters && length <= text.len() && self.is_in_letters(length, text)
    }

    /// Whether all of its letters stand in `text`, in any order. Most texts lack one, which is soon seen.
    fn has_letters(self, text: &str) -> bool {
        let set = text.bytes().fold(0, |set, byte| set | bit(letter(byte)));
        Bare::of(self.0).all(|letter| set & bit(letter) != 0)
    }

    /// Whether its letters stand in a row in those of `text`. Compares hashes only, which takes one pass and no room:
    /// where two texts share one, a harmless text is dropped.
    fn is_in_letters(self, wanted_length: usize, text: &str) -> bool {
        let append = |hash: u64, letter: u8| hash.wrapping_mul(BASE).wrapping_add(u64::from(letter));
        let wanted = Bare::of(self.0).fold(0, append);
        // What a letter weighs once as many have come after it.
        let weight = (0..wanted_length).fold(1_u64, |weight, _| weight.wrapping_mul(BASE));
        let mut behind = Bare::of(text);
        let (mut hash, mut length) = (0, 0);
        for letter in Bare::of(text) {
            hash = append(hash, letter);
            length += 1;
            if length > wanted_length {
                let left = behind.next().unwrap_or_default();
                hash = hash.wrapping_sub(weight.wrapping_mul(u64::from(left)));
            }
            if length >= wanted_length && hash == wanted {
                return true;
            }
        }
        false
    }
}

/// A bit for each letter; some share one.
fn bit(letter: u8) -> u64 {
    u64::from(letter != 0) << (letter & 63)
}

/// What is compared in place of a byte; 0 for nothing.
fn letter(byte: u8) -> u8 {
    LETTERS.get(usize::from(byte)).copied().unwrap_or_default()
}

/// The ASCII letters, in lower case, and digits of a text; one that is escaped (`\u00e4`) is gone like any other.
struct Bare<'a>(std::slice::Iter<'a, u8>);

impl Bare<'_> {
    fn of(text: &str) -> Bare<'_> {
        Bare(text.as_bytes().iter())
    }
}

impl Iterator for Bare<'_> {
    type Item = u8;

    #[inline]
    fn next(&mut self) -> Option<u8> {
        loop {
            let byte = *self.0.next()?;
            match letter(byte) {
                0 => {}
                letter => return Some(letter),
            }
            if byte == b'\\' && is_unicode_escape(self.0.as_slice()) {
                self.0 = self.0.as_slice().get(5..)?.iter();
            }
        }
    }
}

/// For each byte what is compared in its place; 0 for nothing.
#[expect(clippy::indexing_slicing, reason = "every byte is below 256")]
static LETTERS: [u8; 256] = {
    let mut letters = [0; 256];
    let mut byte = 0_u8;
    while byte.is_ascii() {
        if byte.is_ascii_alphanumeric() {
            letters[byte as usize] = byte.to_ascii_lowercase();
        }
        byte += 1;
    }
    letters
};

/// `u` and four hexadecimal digits.
fn is_unicode_escape(text: &[u8]) -> bool {
    matches!(text, [b'u', digits @ ..] if digits.len() >= 4 && digits.iter().take(4).all(u8::is_ascii_hexdigit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    fn repeats(text: &str, secret: &str) -> bool {
        Leak::of(secret).is_in(text)
    }

    #[test]
    fn a_secret_is_found_however_it_is_spelled() {
        let secret = "correct \"horse\" b\\tt-stäple";
        for text in [
            "no correct \"horse\" b\\tt-stäple here",
            r#"no correct \"horse\" b\\tt-stäple here"#,
            r#"no correct \"horse\" b\\tt-st\u00e4ple here"#,
            "no correct\n\"horse\"  b\\tt-stäple here",
            "nocorrecthorsebttstplehere",
            "correcthorsebttstple",
        ] {
            assert!(repeats(text, secret), "{text}");
        }
        for (text, secret) in [
            ("correct horse", secret),
            ("correcthorsebttstpl", secret),
            ("Incorrect", "a!"),
            ("any", ""),
            ("any", "...."),
            ("a", "ä"),
            ("\\u00", "\\u00e"),
        ] {
            assert!(!repeats(text, secret), "{text} {secret}");
        }
        assert!(repeats("a! is wrong", "a!"));
        assert!(repeats("\\u12ab5678", "12ab5678"), "as it is, though its letters look escaped");
    }

    #[test]
    fn it_is_found_at_every_place_and_nowhere_else() {
        let text = "0123456789abcdef".repeat(3);
        for from in 0..text.len() {
            for to in from + TELLING..text.len() {
                let part = text.get(from..to).unwrap();
                assert!(repeats(&text, part), "{part}");
                assert!(!repeats(&text, &format!("{part}x")), "{part}");
                assert_eq!(repeats(&text.to_uppercase(), &format!("0{part}")), text.contains(&format!("0{part}")));
            }
        }
    }

    /// The same question in plain words: the bare letters of both, and whether those of one stand in the other's.
    fn reference(text: &str, secret: &str) -> bool {
        fn bare(text: &str) -> String {
            let mut bare = String::new();
            let mut rest = text;
            while let Some(c) = rest.chars().next() {
                let escape = rest.strip_prefix("\\u").and_then(|rest| rest.get(..4));
                let is_escape = escape.is_some_and(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
                bare.extend(Some(c.to_ascii_lowercase()).filter(char::is_ascii_alphanumeric));
                rest = rest.get(if is_escape { 6 } else { c.len_utf8() }..).unwrap();
            }
            bare
        }
        let (letters, wanted) = (bare(text), bare(secret));
        !secret.is_empty() && (text.contains(secret) || (wanted.len() >= TELLING && letters.contains(&wanted)))
    }

    fn text(most: usize) -> impl Strategy<Value = String> {
        let piece =
            prop::sample::select(vec!["a", "B", "b", "1", "u", "\\", "\\u", "\\u00e4", "\\\"", "\"", " ", "ä", "-"]);
        vec(piece, 0..most).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn it_is_found_where_a_plain_search_finds_it(before in text(8), secret in text(10), after in text(8), other in text(24)) {
            let quoted = serde_json::to_string(&secret).unwrap();
            for text in [format!("{before}{secret}{after}"), format!("{before}{quoted}{after}"), other] {
                prop_assert_eq!(repeats(&text, &secret), reference(&text, &secret), "{} {}", text, secret);
            }
        }
    }
}
