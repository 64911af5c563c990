//! Holds the bearer token: ready for a header, never printed, wiped when its last user drops it.

use std::fmt;

use bytes::Bytes;
use http::HeaderValue;
use zeroize::Zeroizing;

use crate::error::{Field, InvalidInput, Reason};

/// The longest token accepted, in bytes. Hub tokens are up to a few kilobytes.
const LONGEST: usize = 64 * 1024;
const SCHEME: &str = "Bearer ";

/// Holds a bearer token. Clones share one allocation, which is wiped when the last of them is dropped, header values included.
#[derive(Clone)]
pub struct Token(HeaderValue);

impl Token {
    /// Reads a token that was obtained elsewhere: visible ASCII, 1 byte to 64 KiB.
    pub fn parse(text: &str) -> Result<Token, InvalidInput> {
        let reason = match text {
            "" => Reason::Empty,
            _ if text.len() > LONGEST => Reason::TooLong,
            _ => Reason::NotAHeader,
        };
        Token::new(text).ok_or(InvalidInput::new(Field::AccessToken, reason))
    }

    /// Reads a text that can stand in a header: visible ASCII, 1 byte to 64 KiB. `None` otherwise.
    pub(crate) fn new(text: &str) -> Option<Token> {
        // Looks at every byte, even after a bad one: a loop without an early end handles many bytes at once.
        let is_visible = text.bytes().fold(true, |so_far, byte| so_far & byte.is_ascii_graphic());
        if text.is_empty() || text.len() > LONGEST || !is_visible {
            return None;
        }
        let mut header = Zeroizing::new(Vec::with_capacity(SCHEME.len() + text.len()));
        header.extend_from_slice(SCHEME.as_bytes());
        header.extend_from_slice(text.as_bytes());
        let mut header = HeaderValue::from_maybe_shared(Bytes::from_owner(header)).ok()?;
        header.set_sensitive(true);
        Some(Token(header))
    }

    /// Returns the value for an `Authorization` header: `Bearer` and the token, marked sensitive. A clone allocates nothing.
    #[inline]
    pub fn header(&self) -> &HeaderValue {
        &self.0
    }

    /// Returns the token itself, without the scheme. The caller is responsible for where it goes.
    pub fn expose(&self) -> &str {
        self.0.to_str().ok().and_then(|text| text.strip_prefix(SCHEME)).unwrap_or_default()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_a_sensitive_header_and_never_printed() {
        let token = Token::new("abc.def.ghi").unwrap();
        assert_eq!(token.header().as_bytes(), b"Bearer abc.def.ghi");
        assert!(token.header().is_sensitive() && token.header().clone().is_sensitive());
        assert_eq!(token.expose(), "abc.def.ghi");
        assert_eq!(format!("{token:?} {:?}", token.header()), "[redacted] Sensitive");
    }

    #[test]
    fn what_cannot_stand_in_a_header_is_no_token() {
        for bad in ["", " ", "a b", "a\r\nX: y", "ä", "a\u{7f}", "a\0", &"a".repeat(LONGEST + 1)] {
            assert!(Token::new(bad).is_none(), "{bad:?}");
        }
        assert!(Token::new(&"a".repeat(LONGEST)).is_some());
    }
}
