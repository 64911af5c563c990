//! Names a kept session by its kind of credential, user and URL.

use std::fmt;

use hub_auth_core::{Account, Hub};

/// Names a kept session by the kind of credential, the user, and the URL of the first call, which stands for Hub and route. A
/// key is no secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StoreKey(String);

impl StoreKey {
    /// Returns the key of `account` at `hub`.
    #[must_use]
    pub fn new(hub: &Hub, account: &Account) -> StoreKey {
        StoreKey(format!("{} {} {}", account.kind(), account.user(), hub.url(account.route())))
    }

    /// Returns one line: kind, user and URL, separated by spaces. Kind and user have none inside.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads the text of a key, or returns `None` if it has not three parts.
    #[cfg(feature = "file-store")]
    pub(super) fn parse(text: &str) -> Option<StoreKey> {
        (text.split(' ').count() == 3).then(|| StoreKey(text.to_owned()))
    }

    /// Returns the stable name of the kind of credential.
    #[must_use]
    pub fn kind(&self) -> &str {
        self.part(0)
    }

    /// Returns the user's name.
    #[must_use]
    pub fn user(&self) -> &str {
        self.part(1)
    }

    /// Returns the URL of the first call.
    #[must_use]
    pub fn url(&self) -> &str {
        self.part(2)
    }

    fn part(&self, number: usize) -> &str {
        self.0.split(' ').nth(number).unwrap_or_default()
    }

    /// Returns a name for a file: at most 70 ASCII letters, digits, `_` and `-`, the user's name among them. Two keys may share
    /// one, so compare the key in the file as well.
    #[must_use]
    pub fn file_stem(&self) -> String {
        let shown: String =
            self.user().chars().take(40).map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect();
        format!("hub-auth-{shown}-{:016x}", fnv(self.0.as_bytes()))
    }
}

impl fmt::Display for StoreKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Hashes by FNV-1a with 64 bits, which never changes, unlike the hasher of the standard library.
fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hub_auth_core::Route;
    use hub_auth_core::{Credential, Policy};

    fn key(base: &str, user: &str, credential: Credential) -> StoreKey {
        let hub = Hub::new(base.parse().unwrap(), Policy::new(1)).unwrap();
        StoreKey::new(&hub, &Account::new(user, credential).unwrap())
    }

    #[test]
    fn another_session_has_another_key() {
        let password = || Credential::password("x");
        let (https, path) = ("https://hub.docker.com", "https://hub.docker.com/proxy");
        let keys = [
            key(https, "alice", password()),
            key(path, "alice", password()),
            key("http://localhost", "alice", password()),
            key(https, "bob", password()),
            key(https, "alice", Credential::personal_token("x")),
            key(https, "alice", Credential::personal_token("x").via(Route::UsersLogin)),
            key(https, "alice", Credential::organization_token("x")),
        ];
        for (i, one) in keys.iter().enumerate() {
            for other in &keys[..i] {
                assert_ne!(one, other);
                assert_ne!(one.file_stem(), other.file_stem());
            }
        }
        assert_eq!(keys[0], key(https, "alice", Credential::password("another")), "the secret is no part of it");
        assert_eq!(keys[0].as_str(), "password alice https://hub.docker.com/v2/users/login");
    }

    #[test]
    fn a_file_name_is_harmless_and_stays() {
        let stem = |user| key("https://hub.docker.com", user, Credential::password("x")).file_stem();
        assert_eq!(stem("alice"), "hub-auth-alice-f5303280916fbe81", "a new one would orphan the old files");
        for user in ["../../etc/passwd", "a\\b", "CON", "ä@x.org", &"x".repeat(255)] {
            let stem = stem(user);
            assert!(stem.len() <= 70, "{stem}");
            assert!(stem.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'), "{stem}");
        }
        assert_eq!(fnv(b"foobar"), 0x8594_4171_f739_67e8, "the published value");
    }
}
