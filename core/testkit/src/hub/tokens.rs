//! Mints tokens in the form of the Hub's JWTs, signed by nobody.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use serde_json::json;
use sha1::{Digest, Sha1};

use hub_auth_core::UnixTime;

/// The lifetime of a token of the browser's login in docker/cli `internal/oauth/manager/manager_test.go`.
pub(super) const HOUR: Duration = Duration::from_secs(3600);
/// The documented lifetime of a token of `/v2/auth/token`.
pub(super) const SHORT: Duration = Duration::from_secs(600);
/// The lifetime that was seen at `/v2/users/login` (badges/shields#9803).
pub(super) const LONG: Duration = Duration::from_secs(30 * 24 * 3600);

/// Names the credential for which a token was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    Password,
    PersonalToken,
    OrganizationToken,
    /// A login in the browser, which `docker login` starts without a name.
    Browser,
}

/// Holds the owner and the end of a token.
#[derive(Debug)]
pub(super) struct Bearer {
    pub(super) name: String,
    pub(super) origin: Origin,
    expires: UnixTime,
}

/// Holds every token that was given and not revoked.
#[derive(Default)]
pub(super) struct Tokens {
    live: BTreeMap<String, Bearer>,
}

impl Tokens {
    /// Mints a new token. Each needs a `serial` of its own.
    pub(super) fn mint(&mut self, name: &str, origin: Origin, life: Duration, serial: u64, now: UnixTime) -> String {
        let expires = now + life;
        let token = jwt(name, origin, serial, now, expires);
        self.live.insert(token.clone(), Bearer { name: name.to_owned(), origin, expires });
        token
    }

    /// Returns the owner of a token that is good.
    pub(super) fn bearer(&self, token: &str, now: UnixTime) -> Option<&Bearer> {
        self.live.get(token).filter(|bearer| now < bearer.expires)
    }

    pub(super) fn revoke(&mut self, token: &str) -> bool {
        self.live.remove(token).is_some()
    }

    pub(super) fn revoke_all(&mut self) {
        self.live.clear();
    }
}

/// Writes a token in three parts of base64url, with the claims seen in January 2026 (mongodb/kingfisher#202). `source` and `scope`
/// are guesses for a token that did not come from a personal access token.
fn jwt(name: &str, origin: Origin, serial: u64, now: UnixTime, expires: UnixTime) -> String {
    let (kind, scope) = match origin {
        Origin::Password => ("password", ""),
        Origin::PersonalToken => ("pat", "repo:admin"),
        Origin::OrganizationToken => ("oat", "scope-repository-list"),
        Origin::Browser => ("samlp", "openid offline_access"),
    };
    let by_browser = origin == Origin::Browser;
    let (session, credential) = (uuid("session", serial), uuid(kind, 0));
    let header = json!({"alg": "RS256", "kid": "simulated-simulated-simulated-simulated-key", "typ": "JWT"});
    let claims = json!({
        "iss": if by_browser { "https://login.docker.com/" } else { "https://api.docker.com/" },
        "aud": if by_browser { json!(["https://hub.docker.com"]) } else { json!("https://hub.docker.com") },
        "iat": now.as_secs(),
        "exp": expires.as_secs(),
        "jti": session,
        "scope": scope,
        "source": {"id": credential, "type": kind},
        "https://hub.docker.com": {
            "username": name,
            "email": format!("{name}@example.com"),
            "roles": [],
            "session_id": session,
            "source": if by_browser { kind.to_owned() } else { format!("docker_{kind}|{credential}") },
            "uuid": uuid(name, 0),
        },
    });
    let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
    // As long as a real signature.
    let signature = opaque("signature", serial).repeat(13);
    format!("{header}.{claims}.{signature}")
}

/// Makes an opaque text, always the same for the same topic and serial.
pub(super) fn opaque(topic: &str, serial: u64) -> String {
    URL_SAFE_NO_PAD.encode(digest(topic, serial))
}

/// Makes sixteen bytes in the notation of a UUID.
pub(super) fn uuid(topic: &str, serial: u64) -> String {
    let hex = hex(topic, serial);
    [0..8, 8..12, 12..16, 16..20, 20..32].map(|part| hex.get(part).unwrap_or_default()).join("-")
}

/// Makes sixteen bytes in hexadecimal digits.
pub(super) fn hex(topic: &str, serial: u64) -> String {
    let first = digest(topic, serial).first_chunk().map_or(0, |bytes| u128::from_be_bytes(*bytes));
    format!("{first:032x}")
}

fn digest(topic: &str, serial: u64) -> [u8; 20] {
    Sha1::new().chain_update(topic).chain_update(serial.to_be_bytes()).finalize().into()
}
