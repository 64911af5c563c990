//! The tokens it mints: shaped like the Hub's JWTs, signed by nobody.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use serde_json::json;

use hub_auth_core::UnixTime;

/// The lifetime of a token of the browser's login in docker/cli `internal/oauth/manager/manager_test.go`.
pub(super) const HOUR: Duration = Duration::from_secs(3600);
/// Documented: a token of `/v2/auth/token` is good for ten minutes.
pub(super) const SHORT: Duration = Duration::from_secs(600);
/// One month was seen at `/v2/users/login` (badges/shields#9803).
pub(super) const LONG: Duration = Duration::from_secs(30 * 24 * 3600);

/// The credential that a token was given for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    Password,
    PersonalToken,
    OrganizationToken,
    /// A login in the browser, as `docker login` without a name starts it.
    Browser,
}

/// The owner and the end of a token.
#[derive(Debug)]
pub(super) struct Bearer {
    pub(super) name: String,
    pub(super) origin: Origin,
    expires: UnixTime,
}

/// Every token given out and not revoked.
#[derive(Default)]
pub(super) struct Tokens {
    live: BTreeMap<String, Bearer>,
}

impl Tokens {
    /// A token that was never given before: `serial` differs for each.
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

/// A token in three parts of base64url, with the claims seen in January 2026 (mongodb/kingfisher#202). For a token that
/// did not come from a personal access token, `source` and `scope` are guesses by analogy.
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
    let signature = opaque("signature", serial).repeat(8);
    format!("{header}.{claims}.{signature}")
}

/// A string that tells its reader nothing, always the same for the same topic and serial.
pub(super) fn opaque(topic: &str, serial: u64) -> String {
    URL_SAFE_NO_PAD.encode(noise::<32>(topic, serial))
}

/// Sixteen bytes in the notation of a UUID.
pub(super) fn uuid(topic: &str, serial: u64) -> String {
    let hex = hex(topic, serial);
    [0..8, 8..12, 12..16, 16..20, 20..32].map(|part| hex.get(part).unwrap_or_default()).join("-")
}

/// Sixteen bytes in hexadecimal digits.
pub(super) fn hex(topic: &str, serial: u64) -> String {
    let digit = |value: u8| char::from(value + if value < 10 { b'0' } else { b'a' - 10 });
    noise::<16>(topic, serial).into_iter().flat_map(|byte| [byte >> 4, byte & 15].map(digit)).collect()
}

/// Bytes that look random and are not: FNV-1a of the input, stretched by `SplitMix64`. A multiple of eight.
fn noise<const N: usize>(topic: &str, serial: u64) -> [u8; N] {
    let fnv = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    let mut state = topic.bytes().chain(serial.to_le_bytes()).fold(0xcbf2_9ce4_8422_2325, fnv);
    let mut bytes = [0; N];
    for word in bytes.chunks_exact_mut(8) {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word.copy_from_slice(&(mixed ^ (mixed >> 31)).to_le_bytes());
    }
    bytes
}
