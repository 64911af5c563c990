//! Writes a challenge or a session as one text, and reads it back in this process or another.
//!
//! A form is a struct of its own with `serde`'s derives, written as one JSON object. Two fields stand in every form: one that is
//! named after the form and holds its version (`hub_auth_session: 2`), and `hub`, the address that the form is bound to
//! ([`Hub::binding`]). A new version is a new number, and the versions before it stay readable:
//!
//! - [`seal`] writes a form into room that is enough from the start.
//! - [`version`] checks the header: the form's name, a known version, the same Hub.
//! - [`read`] reads the form of that version. A secret in it is a [`Text`], which is wiped on every path.

use std::ops::RangeInclusive;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

use crate::error::SealError;
use crate::hub::Hub;
use crate::json;
use crate::secret::Secret;

/// Writes a form as one text.
#[expect(clippy::expect_used, reason = "JSON is UTF-8")]
pub(crate) fn seal(form: &impl Serialize) -> Secret {
    let mut json = json::wiped(form);
    // The text takes the buffer over.
    Secret::from(String::from_utf8(std::mem::take(&mut *json)).expect("JSON is UTF-8"))
}

/// Returns the version of a sealed form, which is one of `known` and bound to `hub`.
pub(crate) fn version(sealed: &Secret, name: &str, known: RangeInclusive<u64>, hub: &Hub) -> Result<u64, SealError> {
    let (mut version, mut origin) = (None, None);
    json::object(sealed.expose(), |key, value| {
        if key == name {
            version = value.get().parse::<u64>().ok();
        } else if key == "hub" {
            origin = json::text(value);
        }
    })
    .ok_or(SealError::Damaged)?;
    let version = version.ok_or(SealError::Damaged)?;
    if !known.contains(&version) {
        return Err(SealError::UnknownVersion(version));
    }
    let is_own = *origin.ok_or(SealError::Damaged)? == hub.binding();
    if is_own { Ok(version) } else { Err(SealError::Other) }
}

/// Reads a form of a [`version`] that is known.
pub(crate) fn read<'a, T: Deserialize<'a>>(sealed: &'a Secret) -> Result<T, SealError> {
    serde_json::from_str(sealed.expose()).map_err(|_| SealError::Damaged)
}

/// A secret inside of a form. It is wiped wherever it is dropped, in the middle of a form that cannot be read, too.
pub(crate) struct Text(Zeroizing<String>);

impl Text {
    pub(crate) fn of(secret: &str) -> Text {
        Text(Zeroizing::new(secret.to_owned()))
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl From<Text> for Secret {
    fn from(mut text: Text) -> Secret {
        Secret::from(std::mem::take(&mut *text.0))
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.expose().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Text, D::Error> {
        String::deserialize(deserializer).map(|text| Text(Zeroizing::new(text)))
    }
}
