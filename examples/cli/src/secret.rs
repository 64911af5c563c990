//! Reads secrets from standard input and from variables.

use std::io::{self, Read};
use std::{env, str};

use hub_auth_core::Secret;
use zeroize::Zeroizing;

use crate::error::CliError;

/// The longest secret that the library takes, in bytes.
const LONGEST: usize = 64 * 1024;
/// PowerShell puts a byte order mark in front of what it pipes.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// The secrets of standard input.
#[derive(Debug, Default)]
pub(crate) struct Input {
    pub(crate) secret: Option<Secret>,
    pub(crate) totp: Option<Secret>,
}

impl Input {
    /// Reads all of standard input, less one trailing line ending; two lines if two secrets are asked for.
    pub(crate) fn read(secret: bool, totp: bool) -> Result<Input, CliError> {
        if !secret && !totp {
            return Ok(Input::default());
        }
        let text = read(io::stdin().lock())?;
        Ok(match (secret, totp) {
            (true, true) => {
                let (secret, totp) = lines(&text)?;
                Input { secret: Some(secret), totp: Some(totp) }
            }
            (true, false) => Input { secret: Some(text), totp: None },
            (false, _) => Input { secret: None, totp: Some(text) },
        })
    }
}

fn lines(both: &Secret) -> Result<(Secret, Secret), CliError> {
    let (secret, totp) = both
        .expose()
        .split_once('\n')
        .ok_or_else(|| CliError::usage("standard input has no second line, which --totp-stdin takes"))?;
    Ok((Secret::from(cut(secret)), Secret::from(totp)))
}

/// Returns the text of a variable; `None` if it is not set.
pub(crate) fn from_variable(name: &str) -> Result<Option<Zeroizing<String>>, CliError> {
    let Some(value) = env::var_os(name) else { return Ok(None) };
    let text = value.into_string().map_err(|_| CliError::usage(format!("{name} is not UTF-8")))?;
    Ok(Some(Zeroizing::new(text)))
}

fn read(mut input: impl Read) -> Result<Secret, CliError> {
    // The buffer never grows, which would leave a copy behind. Pieces of this size go past the buffer of `stdin`, which nobody
    // wipes.
    let mut bytes = Zeroizing::new(vec![0; LONGEST + 16 * 1024]);
    let mut length = 0;
    while let Some(room) = bytes.get_mut(length..).filter(|room| !room.is_empty()) {
        match input.read(room) {
            Ok(0) => break,
            Ok(read) => length += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                return Err(CliError::usage(format!("the secret cannot be read from standard input: {error}")));
            }
        }
    }
    let text = str::from_utf8(bytes.get(..length).unwrap_or_default());
    let text = text.map_err(|_| CliError::usage("the secret from standard input is not UTF-8"))?;
    let text = cut(text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text));
    if text.len() > LONGEST {
        return Err(CliError::usage("the secret from standard input is longer than 64 KiB"));
    }
    Ok(Secret::from(text))
}

/// Cuts one line ending: CRLF, LF or CR.
pub(crate) fn cut(text: &str) -> &str {
    ["\r\n", "\n", "\r"].iter().find_map(|ending| text.strip_suffix(ending)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_ending_and_one_byte_order_mark_are_cut() {
        for (given, kept) in [
            ("s", "s"),
            ("s\n", "s"),
            ("s\r\n", "s"),
            ("s\r", "s"),
            ("s\n\n", "s\n"),
            (" s ", " s "),
            ("\n", ""),
            ("", ""),
            ("\u{feff}s\r\n", "s"),
            ("\u{feff}\u{feff}s", "\u{feff}s"),
        ] {
            assert_eq!(read(given.as_bytes()).unwrap().expose(), kept, "{given:?}");
        }
    }

    #[test]
    fn two_secrets_are_two_lines() {
        let both = |text: &str| {
            let (secret, totp) = lines(&read(text.as_bytes()).ok()?).ok()?;
            Some((secret.expose().to_owned(), totp.expose().to_owned()))
        };
        let pair = |secret: &str, totp: &str| Some((secret.to_owned(), totp.to_owned()));
        assert_eq!(both("s\nt\n"), pair("s", "t"));
        assert_eq!(both("s\r\nt"), pair("s", "t"));
        assert_eq!(both("\n\n"), pair("", ""));
        assert_eq!(both("s\n"), None);
        assert_eq!(both("s"), None);
    }

    #[test]
    fn input_is_bounded_and_text() {
        let longest = "s".repeat(LONGEST) + "\r\n";
        assert_eq!(read(longest.as_bytes()).unwrap().expose().len(), LONGEST);
        assert!(read("s".repeat(LONGEST + 1).as_bytes()).is_err());
        assert!(read(io::repeat(b's')).is_err());
        assert!(read(&b"\xff"[..]).is_err());
    }
}
