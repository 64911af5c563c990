//! Writes and reads the format of a file in the store:
//!
//! ```text
//! hub-auth-store 1 LENGTH
//! KEY
//! SEALED SESSION, of LENGTH bytes, to the end
//! ```

use hub_auth_core::Secret;

use super::super::{Refusal, StoreKey};

/// The number is the version of this format.
const MAGIC: &str = "hub-auth-store 1 ";

/// Returns the two lines in front of the sealed session.
pub(super) fn head(key: &StoreKey, sealed: &Secret) -> String {
    format!("{MAGIC}{}\n{key}\n", sealed.expose().len())
}

/// Reads the key of the session, or returns `None` for a foreign file.
pub(super) fn key(bytes: &[u8]) -> Option<StoreKey> {
    let mut lines = bytes.strip_prefix(MAGIC.as_bytes())?.splitn(3, |b| *b == b'\n').skip(1);
    StoreKey::parse(std::str::from_utf8(lines.next()?).ok()?)
}

/// Reads the sealed session of `key`.
pub(super) fn read(bytes: &[u8], key: &StoreKey) -> Result<Secret, Refusal> {
    let Some(rest) = bytes.strip_prefix(MAGIC.as_bytes()) else {
        return Err(if MAGIC.as_bytes().starts_with(bytes) { Refusal::Torn } else { Refusal::Foreign });
    };
    let mut lines = rest.splitn(3, |b| *b == b'\n');
    let (Some(length), Some(owner), Some(sealed)) = (lines.next(), lines.next(), lines.next()) else {
        return Err(Refusal::Torn);
    };
    if owner != key.as_str().as_bytes() {
        return Err(Refusal::Foreign);
    }
    let length = std::str::from_utf8(length).ok().and_then(|length| length.parse().ok());
    match std::str::from_utf8(sealed) {
        Ok(text) if length == Some(sealed.len()) => Ok(Secret::from(text)),
        _ => Err(Refusal::Torn),
    }
}
