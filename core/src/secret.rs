//! Holds secrets, request bodies and one-time codes: wiped on drop, never printed.

use std::fmt;

use bytes::Bytes;
use zeroize::Zeroizing;

use crate::error::{Field, InvalidInput, Reason};

/// Holds a secret text: a password, an access token, a challenge's ticket, a sealed challenge.
///
/// Wiped from memory on drop. It has no `Display`, no `Serialize`, no `Clone`, and its `Debug` prints a fixed word; the
/// one way to its text is [`Secret::expose`], which is easy to search for.
///
/// ```
/// let secret = hub_auth_core::Secret::from("hunter2");
/// assert_eq!(format!("{secret:?}"), "[redacted]");
/// assert_eq!(secret.expose(), "hunter2");
/// ```
///
/// A secret cannot be printed:
///
/// ```compile_fail,E0277
/// let secret = hub_auth_core::Secret::from("hunter2");
/// println!("{}", secret);
/// ```
///
/// ```
/// let secret = hub_auth_core::Secret::from("hunter2");
/// println!("{}", secret.expose());
/// ```
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Returns the text itself. The caller is responsible for where it goes.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    /// Takes the text over without a copy.
    fn from(text: String) -> Secret {
        Secret(Zeroizing::new(text))
    }
}

impl From<&str> for Secret {
    /// Copies the text; the original stays the caller's to wipe.
    fn from(text: &str) -> Secret {
        Secret::from(text.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// Holds the body of a request: JSON with a secret in it.
///
/// Wiped on drop; its `Debug` prints the length in bytes only. It lends its bytes ([`AsRef`]) or becomes [`Bytes`] without
/// a copy, still wiped when the last of them is dropped.
pub struct Body(Zeroizing<Vec<u8>>);

impl Body {
    pub(crate) fn new(bytes: Zeroizing<Vec<u8>>) -> Body {
        Body(bytes)
    }
}

impl AsRef<[u8]> for Body {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl From<Body> for Bytes {
    fn from(body: Body) -> Bytes {
        Bytes::from_owner(body)
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Body({} bytes)", self.0.len())
    }
}

/// Holds a one-time code as a person types it or an authenticator makes it.
///
/// White space and dashes are stripped; if six digits remain, those are sent, leading zeros included (the Hub takes the
/// code as a string). Anything else is sent as typed, since it may be a recovery code.
///
/// ```
/// use hub_auth_core::Code;
///
/// assert_eq!(Code::new("012 345")?.expose(), "012345");
/// assert_eq!(Code::new("abcd-efgh")?.expose(), "abcd-efgh");
/// assert_eq!(Code::new(" - ").unwrap_err().reason, hub_auth_core::Reason::Empty);
/// # Ok::<(), hub_auth_core::InvalidInput>(())
/// ```
pub struct Code(Secret);

impl Code {
    /// Reads a typed code. One that is empty or has control characters is refused.
    pub fn new(typed: &str) -> Result<Code, InvalidInput> {
        let mut bare = Zeroizing::new(String::with_capacity(typed.len()));
        bare.extend(typed.chars().filter(|c| !c.is_whitespace() && !is_dash(*c)));
        if bare.is_empty() {
            return Err(InvalidInput::new(Field::Code, Reason::Empty));
        }
        if bare.len() == 6 && bare.bytes().all(|b| b.is_ascii_digit()) {
            return Ok(Code(Secret(bare)));
        }
        if typed.chars().any(char::is_control) {
            return Err(InvalidInput::new(Field::Code, Reason::ControlCharacter));
        }
        Ok(Code(Secret::from(typed)))
    }

    /// Returns the code as it will be sent.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// Returns whether a character is the hyphen-minus, a Unicode hyphen or dash, or the minus sign.
fn is_dash(c: char) -> bool {
    matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_prints_what_it_holds() {
        let canary = "p\"ä\\ss-canary";
        assert_eq!(format!("{:?}", Secret::from(canary)), "[redacted]");
        assert_eq!(format!("{:?}", Code::new(canary).unwrap()), "[redacted]");
        let body = Body::new(Zeroizing::new(canary.as_bytes().to_vec()));
        assert_eq!(format!("{body:?}"), "Body(14 bytes)");
    }

    #[test]
    fn codes_are_read_as_people_type_them() {
        for (typed, sent) in [
            ("123 456", "123456"),
            (" 123-456\n", "123456"),
            ("123\u{2013}456", "123456"),
            ("12345", "12345"),
            ("000000", "000000"),
            ("0123456", "0123456"),
            ("ab cd-ef", "ab cd-ef"),
        ] {
            assert_eq!(Code::new(typed).unwrap().expose(), sent, "{typed:?}");
        }
        assert_eq!(Code::new("ab\u{7}cd").unwrap_err().reason, Reason::ControlCharacter);
        assert_eq!(Code::new("\n").unwrap_err().reason, Reason::Empty);
    }

    #[test]
    fn a_body_becomes_bytes_without_a_copy() {
        let body = Body::new(Zeroizing::new(b"abc".to_vec()));
        let place = body.as_ref().as_ptr();
        assert_eq!(Bytes::from(body).as_ptr(), place);
    }
}
