//! Encrypts the values of another store.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use chacha20poly1305::aead::{Aead as _, Generate as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hub_auth_core::{Secret, UnixTime};
use zeroize::Zeroizing;

use super::{Refusal, StoreError, StoreKey, StoreLock, TokenStore};

/// The start of each value; the number is the version of the format. The nonce and the encrypted session follow in base64.
const MAGIC: &str = "hub-auth-encrypted 1 ";
/// The bytes of a nonce.
const NONCE: usize = 24;

/// Encrypts and authenticates the values of another store with XChaCha20-Poly1305.
///
/// Each save takes a fresh nonce from the operating system. A value is bound to its [`StoreKey`], so a value that was moved
/// to another account does not open. A program that can write to the store can still remove a
/// value, or put back an older one of the same account.
///
/// ```
/// use hub_auth_host::{Encrypted, MemoryStore};
///
/// let key = [7; 32]; // in a real program: 32 random bytes from a secret manager
/// let store = Encrypted::new(MemoryStore::new(), &key);
/// ```
pub struct Encrypted<S> {
    store: S,
    cipher: XChaCha20Poly1305,
}

impl<S: TokenStore> Encrypted<S> {
    /// Encrypts the values of `store` with `key`. All processes that share the store need the same key.
    pub fn new(store: S, key: &[u8; 32]) -> Encrypted<S> {
        Encrypted { store, cipher: XChaCha20Poly1305::new(key.into()) }
    }

    /// Returns the plain text, or `None` if the value was not encrypted with this key for `key`.
    fn open(&self, value: &Secret, key: &StoreKey) -> Option<Secret> {
        let bytes = BASE64.decode(value.expose().strip_prefix(MAGIC)?).ok()?;
        let (nonce, encrypted) = bytes.split_first_chunk::<NONCE>()?;
        let plain = self.cipher.decrypt(nonce.into(), payload(encrypted, key)).map(Zeroizing::new).ok()?;
        std::str::from_utf8(&plain).ok().map(Secret::from)
    }
}

/// Binds `msg` to its key.
fn payload<'a>(msg: &'a [u8], key: &'a StoreKey) -> Payload<'a, 'a> {
    Payload { msg, aad: key.as_str().as_bytes() }
}

impl<S: TokenStore> TokenStore for Encrypted<S> {
    /// Returns [`Refusal::NotDecrypted`] for a value that was changed, moved, or saved with another key or none.
    fn load(&self, key: &StoreKey) -> Result<Option<Secret>, StoreError> {
        let Some(value) = self.store.load(key)? else { return Ok(None) };
        let refused = || StoreError::Refused { place: format!("the value of \"{key}\""), why: Refusal::NotDecrypted };
        self.open(&value, key).map(Some).ok_or_else(refused)
    }

    fn save(&self, key: &StoreKey, sealed: &Secret, good_until: Option<UnixTime>) -> Result<(), StoreError> {
        let nonce = XNonce::try_generate().map_err(|error| StoreError::broken("get random bytes", error))?;
        let encrypted = self.cipher.encrypt(&nonce, payload(sealed.expose().as_bytes(), key));
        let encrypted = encrypted.map_err(|error| StoreError::broken("encrypt a session", error))?;
        let value = format!("{MAGIC}{}", BASE64.encode([&nonce[..], &encrypted].concat()));
        self.store.save(key, &Secret::from(value), good_until)
    }

    fn forget(&self, key: &StoreKey) -> Result<(), StoreError> {
        self.store.forget(key)
    }

    fn try_lock(&self, key: &StoreKey) -> Result<Option<StoreLock>, StoreError> {
        self.store.try_lock(key)
    }
}

impl<S: fmt::Debug> fmt::Debug for Encrypted<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Encrypted").field(&self.store).finish()
    }
}
