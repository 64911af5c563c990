//! Reads the claims of a token without checking its signature: hints for people, never proof.

use base64::Engine;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use crate::json;
use crate::sanitize;
use crate::time::UnixTime;

/// The claim that holds the account (docker/cli `internal/oauth/jwt.go`).
const HUB_CLAIM: &str = "https://hub.docker.com";
/// 9999-12-31: a time after it (or not after 1970) is absurd, and read as absent.
const LAST_SECOND: f64 = 253_402_300_799.0;

/// Holds the claims of a token, unverified: nobody checked the signature, so they prove nothing.
///
/// All are optional; a token of any other form (opaque, with another number of dots) has none. Texts are bounded and
/// printable. Shapes: [`crate::protocol`], section "Tokens".
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnverifiedClaims {
    /// The user the token belongs to. A personal token is accepted with any user name (trufflesecurity/trufflehog#4099), so
    /// this, not the name given, is who is logged in.
    pub user: Option<Box<str>>,
    /// The origin of the token, e.g. `docker_pat|…` for one made from a personal token.
    pub source: Option<Box<str>>,
    /// The permissions, e.g. `repo:public_read`.
    pub scope: Option<Box<str>>,
    /// `iat`, on the issuer's clock.
    pub issued_at: Option<UnixTime>,
    /// `exp`, on the issuer's clock.
    pub expires_at: Option<UnixTime>,
}

impl UnverifiedClaims {
    /// Reads the claims of any token. A token that cannot be read has no claims; that is no error.
    pub fn of(token: &str) -> UnverifiedClaims {
        UnverifiedClaims::read(token, |text| Some(sanitize::printable(text)))
    }

    /// Reads a token of three parts. `keep` makes a text fit for people, or leaves it out, as one that repeats the password.
    pub(crate) fn read(token: &str, keep: impl Fn(&str) -> Option<Box<str>>) -> UnverifiedClaims {
        payload(token).and_then(|payload| Self::parse(&payload, keep)).unwrap_or_default()
    }

    fn parse(payload: &[u8], keep: impl Fn(&str) -> Option<Box<str>>) -> Option<UnverifiedClaims> {
        let text = |value| json::text(value).and_then(|text| keep(&text));
        let mut claims = UnverifiedClaims::default();
        let mut account = None;
        json::object(std::str::from_utf8(payload).ok()?, |key, value| match key {
            HUB_CLAIM => account = Some(value.get()),
            "source" => claims.source = text(value),
            "scope" => claims.scope = text(value),
            "iat" => claims.issued_at = seconds(value),
            "exp" => claims.expires_at = seconds(value),
            _ => {}
        })?;
        let mut account_source = None;
        // A claim of another type has no account.
        let _is_object = json::object(account.unwrap_or_default(), |key, value| match key {
            "username" => claims.user = text(value),
            "source" => account_source = text(value),
            _ => {}
        });
        claims.source = account_source.or(claims.source);
        Some(claims)
    }

    /// Returns whether the token was made from a personal access token; `None` if the token does not say.
    pub fn is_from_personal_token(&self) -> Option<bool> {
        self.source.as_deref().map(|source| source.starts_with("docker_pat|"))
    }
}

/// Reads whole or fractional seconds since 1970; `None` if they are no real time.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to lie between 1970 and 9999")]
fn seconds(value: &RawValue) -> Option<UnixTime> {
    let secs: f64 = value.get().parse().ok()?;
    (1.0..=LAST_SECOND).contains(&secs).then(|| UnixTime::from_secs(secs as u64))
}

/// Decodes the payload of a token of three parts, in the base64 of RFC 4648, section 5, padded or not.
fn payload(token: &str) -> Option<Zeroizing<Vec<u8>>> {
    const CONFIG: GeneralPurposeConfig = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    const BASE64URL: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, CONFIG);
    let (rest, _signature) = token.rsplit_once('.')?;
    // A third dot is no letter of base64, and fails below.
    let (_header, payload) = rest.split_once('.')?;
    let mut bytes = Zeroizing::new(Vec::with_capacity(payload.len()));
    BASE64URL.decode_vec(payload, &mut bytes).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    fn read(payload: &str) -> UnverifiedClaims {
        UnverifiedClaims::of(&format!("h.{}.s", URL_SAFE_NO_PAD.encode(payload)))
    }

    #[test]
    fn absurd_times_are_absent() {
        for (exp, read_as) in [
            ("1767226200.9", Some(1_767_226_200)),
            ("0", None),
            ("-1", None),
            ("1e300", None),
            ("18446744073709551615", None),
            ("\"1767226200\"", None),
            ("null", None),
            ("[]", None),
        ] {
            let claims = read(&format!("{{\"exp\":{exp}}}"));
            assert_eq!(claims.expires_at, read_as.map(UnixTime::from_secs), "{exp}");
        }
    }

    #[test]
    fn other_tokens_have_no_claims() {
        let payload = URL_SAFE_NO_PAD.encode("{\"exp\":1767226200}");
        for token in [
            "opaque".into(),
            String::new(),
            "..".into(),
            "a.!!.c".into(),
            payload.clone(),
            format!("a.{payload}"),
            format!("a.{payload}.c.d"),
            format!("a.{}.c", URL_SAFE_NO_PAD.encode("[1]")),
        ] {
            assert_eq!(UnverifiedClaims::of(&token), UnverifiedClaims::default(), "{token:?}");
        }
        let padded = format!("a.{payload}=.c");
        let large = format!("{}.{payload}.c", "h".repeat(8192));
        assert!(UnverifiedClaims::of(&large).expires_at.is_some());
        assert!(payload.len() % 4 != 3 || UnverifiedClaims::of(&padded).expires_at.is_some());
    }
}
