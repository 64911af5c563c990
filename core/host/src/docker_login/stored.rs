//! What was found, and how an entry of a file spells it.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::de::{Deserialize, Deserializer, Visitor};
use std::fmt;
use zeroize::Zeroizing;

use super::error::Problem;
use hub_auth_core::Secret;
use hub_auth_core::UnixTime;
use hub_auth_core::UnverifiedClaims;

/// As docker reads it: the standard alphabet, padded.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical),
);

/// A user and a secret that `docker login` stored.
///
/// ```
/// use hub_auth_host::docker_login::{Config, Entry, Next, StoredKind, next};
/// use hub_auth_core::{Account, Credential};
///
/// let file = br#"{"auths":{"https://index.docker.io/v1/":{"auth":"YWxpY2U6aHVuOnRlcjI="}}}"#;
/// let config = Config::parse("~/.docker/config.json", file)?;
/// let Next::Found(stored) = next(Entry::Login, None, Some(&config), None)? else { return Err("nothing".into()) };
/// assert_eq!(stored.kind, StoredKind::Password);
/// let account = Account::new(&stored.user, Credential::detect(stored.secret))?;
/// assert_eq!(account.user(), "alice");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Stored {
    /// The user name. Empty for an identity token of a helper, which replaces the name.
    pub user: Box<str>,
    /// The secret.
    pub secret: Secret,
    /// What the secret is.
    pub kind: StoredKind,
    /// Where it was.
    pub source: Source,
}

/// What a stored secret is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoredKind {
    /// A password, or a personal or organization token in its place:
    /// [`Credential::detect`](hub_auth_core::Credential::detect) tells them apart. (Under [`Entry::AccessToken`](super::Entry) and
    /// [`Entry::RefreshToken`](super::Entry), that token.)
    Password,
    /// A token for the image registry's own login. The Hub's login routes do not take it.
    IdentityToken,
    /// A bearer token for the image registry. The Hub's login routes do not take it.
    RegistryToken,
}

/// Where a secret was found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// `DOCKER_AUTH_CONFIG`.
    Environment,
    /// The file itself, in plain text.
    File(Box<str>),
    /// The program of this name.
    Helper(Box<str>),
}

impl Stored {
    /// When the secret ends if it is a JWT that says so, as an access token does. The claim is not verified.
    #[must_use]
    pub fn expires_at(&self) -> Option<UnixTime> {
        UnverifiedClaims::of(&self.secret).expires_at
    }
}

/// An entry of `auths`, read and decoded.
#[derive(Debug, Default)]
pub(super) struct Spelled {
    user: Box<str>,
    password: Option<Hidden>,
    identity_token: Option<Hidden>,
    registry_token: Option<Hidden>,
}

impl Spelled {
    pub(super) fn new(
        pair: Option<&Hidden>,
        identity_token: Option<Hidden>,
        registry_token: Option<Hidden>,
    ) -> Result<Spelled, Problem> {
        let mut spelled = Spelled { identity_token, registry_token, ..Spelled::default() };
        if let Some(pair) = pair.filter(|pair| !pair.0.expose().is_empty()) {
            let (user, password) = decode(pair.0.expose())?;
            spelled.user = user;
            spelled.password = Some(password);
        }
        Ok(spelled)
    }

    /// What it holds. An identity token wins, as it does in docker, which then leaves the password empty.
    pub(super) fn stored(&self, source: &Source) -> Option<Stored> {
        [
            (&self.identity_token, StoredKind::IdentityToken),
            (&self.password, StoredKind::Password),
            (&self.registry_token, StoredKind::RegistryToken),
        ]
        .into_iter()
        .find_map(|(secret, kind)| {
            let text = secret.as_ref()?.0.expose();
            let (user, source) = (self.user.clone(), source.clone());
            (!text.is_empty()).then(|| Stored { user, secret: Secret::from(text), kind, source })
        })
    }
}

/// User and password from base64, split at the first colon; NULs at the password's end are cut.
fn decode(auth: &str) -> Result<(Box<str>, Hidden), Problem> {
    // Line endings inside are fine to docker's decoder.
    let mut bare = Zeroizing::new(String::with_capacity(auth.len()));
    bare.extend(auth.chars().filter(|c| !matches!(c, '\r' | '\n')));
    let mut decoded = Zeroizing::new(vec![0; base64::decoded_len_estimate(bare.len())]);
    let length = BASE64.decode_slice(&*bare, &mut decoded).map_err(|_| Problem::NotBase64)?;
    let text = decoded.get(..length).and_then(|bytes| std::str::from_utf8(bytes).ok()).ok_or(Problem::NotText)?;
    let (user, password) = text.split_once(':').ok_or(Problem::NoColon)?;
    if user.is_empty() {
        return Err(Problem::EmptyUser);
    }
    Ok((user.into(), Hidden(Secret::from(password.trim_end_matches('\0')))))
}

/// A text of JSON that is a secret from the start.
#[derive(Debug)]
pub(super) struct Hidden(pub(super) Secret);

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

#[cfg(test)]
mod tests {
    use super::*;

    fn read(auth: &str) -> Result<(String, String), Problem> {
        decode(auth).map(|(user, password)| (user.into(), password.0.expose().to_owned()))
    }

    #[test]
    fn the_first_colon_splits() {
        let pair = |user: &str, password: &str| Ok((user.to_owned(), password.to_owned()));
        assert_eq!(read("YWxpY2U6aHVuOnRlcjI="), pair("alice", "hun:ter2"));
        assert_eq!(read("YWxpY2U6"), pair("alice", ""));
        assert_eq!(read("YWxpY2U6\r\naHVuOnRlcjI=\n"), pair("alice", "hun:ter2"), "line endings inside");
        assert_eq!(read("YTpiAGMAAA=="), pair("a", "b\0c"), "NULs at the end");
        assert_eq!(read("w6Q6wqQ="), pair("ä", "¤"));
    }

    #[test]
    fn what_cannot_be_split_is_refused() {
        for (auth, problem) in [
            ("YWxpY2U=", Problem::NoColon),
            ("Og==", Problem::EmptyUser),
            ("OnNlY3JldA==", Problem::EmptyUser),
            ("YWxpY2U6aHVuOnRlcjI", Problem::NotBase64),
            ("YWxp-_U6", Problem::NotBase64),
            ("YWxpY2U6 aHVu", Problem::NotBase64),
            ("ä", Problem::NotBase64),
            ("/zr/", Problem::NotText),
        ] {
            assert_eq!(read(auth).unwrap_err(), problem, "{auth}");
        }
    }
}
