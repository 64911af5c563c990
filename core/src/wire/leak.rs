//! Tells whether a text repeats a secret, however it is spaced, quoted or escaped.

use zeroize::Zeroizing;

use super::answer::Answer;
use crate::sanitize;

/// The fewest letters and digits for which a respelled secret is searched. Fewer occur by chance in harmless words.
const TELLING: usize = 4;

/// Returns whether `text` repeats `secret`. An empty secret is never found.
fn repeats(text: &str, secret: &str) -> bool {
    if secret.is_empty() || text.contains(secret) {
        return !secret.is_empty();
    }
    // Counts no further than one past the text's length: a longer secret cannot be in the text.
    let telling = letters(secret).take(text.len() + 1).count();
    (TELLING..=text.len()).contains(&telling) && spelled(text).contains(spelled(secret).as_str())
}

/// Holds the secrets that no text of one answer may repeat: those that were sent, and those that the answer brings.
pub(crate) struct Leaks<'a> {
    sent: [&'a str; 2],
    brought: [&'a str; 4],
}

impl<'a> Leaks<'a> {
    pub(crate) fn of(sent: [&'a str; 2], answer: Option<&'a Answer<'_>>) -> Leaks<'a> {
        Leaks { sent, brought: answer.map(Answer::secrets).unwrap_or_default() }
    }

    /// Returns whether `text` repeats none of them.
    pub(crate) fn is_clean(&self, text: &str) -> bool {
        !self.sent.iter().chain(&self.brought).any(|secret| repeats(text, secret))
    }

    /// Makes `text` fit for people by `tame`. Returns `None` if it repeats a secret before or after that.
    pub(crate) fn keep(&self, text: &str, tame: impl Fn(&str) -> Option<Box<str>>) -> Option<Box<str>> {
        let tamed = tame(text).filter(|_| self.is_clean(text))?;
        (*tamed == *text || self.is_clean(&tamed)).then_some(tamed)
    }

    /// Returns the printable characters of `text`, unless it repeats a secret.
    pub(crate) fn printable(&self, text: &str) -> Option<Box<str>> {
        self.keep(text, |text| Some(sanitize::printable(text)))
    }
}

/// Returns the letters of a text in a buffer that never grows: one that did would leave a copy of a secret behind.
fn spelled(text: &str) -> Zeroizing<String> {
    let mut spelled = Zeroizing::new(String::with_capacity(text.len()));
    spelled.extend(letters(text));
    spelled
}

/// Returns the ASCII letters, in lower case, and the digits. An escaped character (`\u00e4`, `%C3`, `&quot;`) is left out, as
/// any other is that is not ASCII.
fn letters(text: &str) -> impl Iterator<Item = char> {
    let mut rest = text.as_bytes();
    std::iter::from_fn(move || {
        loop {
            let (first, after) = rest.split_first()?;
            if first.is_ascii_alphanumeric() {
                rest = after;
                return Some(char::from(first.to_ascii_lowercase()));
            }
            rest = escape(rest).and_then(|length| rest.get(length..)).unwrap_or(after);
        }
    })
}

/// Returns the length of the escape that `text` begins with.
fn escape(text: &[u8]) -> Option<usize> {
    let is_hex = |digits: Option<&[u8]>| digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit));
    match text {
        [b'\\', b'u', ..] if is_hex(text.get(2..6)) => Some(6),
        [b'%', ..] if is_hex(text.get(1..3)) => Some(3),
        [b'&', rest @ ..] => {
            let name = rest.iter().take(8).position(|byte| !byte.is_ascii_alphanumeric() && *byte != b'#')?;
            (rest.get(name) == Some(&b';')).then_some(name + 2)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_found_however_it_is_spelled() {
        let secret = "correct \"horse\" b\\tt-stäple";
        for text in [
            "no correct \"horse\" b\\tt-stäple here",
            r#"no correct \"horse\" b\\tt-stäple here"#,
            r#"no correct \"horse\" b\\tt-st\u00e4ple here"#,
            "no correct\n\"horse\"  b\\tt-stäple here",
            "no correct%20%22horse%22%20b%5Ctt-st%C3%A4ple here",
            "no correct &quot;horse&#34; b\\tt-st&auml;ple here",
            "NOCORRECTHORSEBTTSTPLEHERE",
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
        ] {
            assert!(!repeats(text, secret), "{text} {secret}");
        }
        assert!(repeats("a! is wrong", "a!"), "as it is");
        for escaped in ["\\u12ab5678", "x%41bcde", "&amp;amp;5"] {
            assert!(repeats(&format!("no {escaped}!"), escaped), "a secret that looks escaped");
        }
    }

    #[test]
    fn it_is_found_at_every_place_and_nowhere_else() {
        let text = "0123456789abcdef".repeat(2);
        for from in 0..text.len() {
            for to in from + TELLING..text.len() {
                let part = text.get(from..to).unwrap();
                assert!(repeats(&text, part) && !repeats(&text, &format!("{part}x")), "{part}");
            }
        }
    }
}
