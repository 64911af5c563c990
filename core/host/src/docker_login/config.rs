//! Reads `config.json`, and `DOCKER_AUTH_CONFIG`, which has the form of a part of that file.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use hub_auth_core::Secret;
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use super::error::{DockerLoginError, Problem};
use super::json::{Read, fields, first, line, object, replace};
use super::{Stored, StoredKind};

/// The largest `config.json` that is read, in bytes.
pub(super) const MAX_CONFIG: usize = 1024 * 1024;

/// Docker's base64: the standard alphabet, padded.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical),
);

/// A configuration, checked as docker checks it: one entry that cannot be decoded fails the whole file.
#[derive(Debug, Default)]
pub(super) struct Config {
    place: String,
    entries: BTreeMap<String, Entry>,
    store: String,
    helpers: BTreeMap<String, String>,
}

/// An entry of `auths` (docker/cli `cli/config/types/authconfig.go`).
#[derive(Default)]
struct Entry {
    auth: Zeroizing<String>,
    user: String,
    password: Zeroizing<String>,
    identity_token: Zeroizing<String>,
    registry_token: Zeroizing<String>,
}

impl Config {
    /// Reads the text of the file at `place`. An empty one configures nothing.
    pub(super) fn of_file(place: &str, text: &str) -> Result<Config, DockerLoginError> {
        Config::read(place, text, false)
    }

    /// Reads the value of `variable` as strictly as docker does: one object with `auths.KEY.auth` in it, and nothing else.
    pub(super) fn of_environment(variable: &str, text: &str) -> Result<Config, DockerLoginError> {
        Config::read(variable, text, true)
    }

    fn read(place: &str, text: &str, is_strict: bool) -> Result<Config, DockerLoginError> {
        let bad = |problem| DockerLoginError::new(place, problem);
        if text.len() > MAX_CONFIG {
            return Err(bad(Problem::TooLarge));
        }
        let (members, rest) = first(text).map_err(|line| bad(Problem::NotJson(line)))?;
        // Go's `Decoder.More`: a closing bracket is no value.
        if is_strict && rest.trim_start().starts_with(|c| !matches!(c, ']' | '}')) {
            return Err(bad(Problem::NotJson(text.lines().count())));
        }
        let mut config = Config { place: place.to_owned(), ..Config::default() };
        for (name, value) in members.unwrap_or_default() {
            config.set(&name, value, is_strict).map_err(|value| bad(Problem::NotJson(line(text, value))))?;
        }
        for (key, entry) in &mut config.entries {
            let decoded = if is_strict && entry.auth.is_empty() { Err(Problem::NoAuth) } else { entry.decode() };
            decoded.map_err(|problem| bad(problem).at(place, key))?;
        }
        Ok(config)
    }

    fn set<'a>(&mut self, name: &str, value: &'a RawValue, is_strict: bool) -> Read<'a, ()> {
        match name {
            "auths" => match object(value)? {
                Some(entries) => {
                    for (key, value) in entries {
                        self.entries.insert(key, Entry::read(value, is_strict)?);
                    }
                }
                None => self.entries.clear(),
            },
            _ if is_strict => return Err(value),
            "credsstore" => replace(&mut self.store, value)?,
            "credhelpers" => match object(value)? {
                Some(helpers) => {
                    for (key, value) in helpers {
                        let mut name = String::new();
                        replace(&mut name, value)?;
                        self.helpers.insert(key, name);
                    }
                }
                None => self.helpers.clear(),
            },
            _ => {}
        }
        Ok(())
    }

    pub(super) fn place(&self) -> &str {
        &self.place
    }

    /// Returns the entry that stands in the file itself. An identity token goes first: docker leaves the password beside it
    /// empty.
    pub(super) fn entry(&self, key: &str) -> Option<Stored> {
        let entry = self.entries.get(key)?;
        let secrets = [
            (&entry.identity_token, StoredKind::IdentityToken),
            (&entry.password, StoredKind::Password),
            (&entry.registry_token, StoredKind::RegistryToken),
        ];
        let (secret, kind) = secrets.into_iter().find(|(secret, _)| !secret.is_empty())?;
        let secret = Secret::from(secret.as_str());
        Some(Stored { user: entry.user.clone(), secret, kind, place: self.place.clone() })
    }

    /// Returns the name of the helper that keeps `key`. A helper for the key goes before the one for all keys, and an empty
    /// name means the file.
    pub(super) fn helper(&self, key: &str) -> Option<&str> {
        let name = self.helpers.get(key).unwrap_or(&self.store);
        (!name.is_empty()).then_some(name)
    }

    /// Returns whether nothing about credentials is configured.
    pub(super) fn is_silent(&self) -> bool {
        self.entries.is_empty() && self.store.is_empty() && self.helpers.is_empty()
    }
}

impl Entry {
    fn read(value: &RawValue, is_strict: bool) -> Read<'_, Entry> {
        let mut entry = Entry::default();
        for (name, value) in fields(value)? {
            match &*name {
                "auth" => replace(&mut entry.auth, value)?,
                _ if is_strict => return Err(value),
                "username" => replace(&mut entry.user, value)?,
                "password" => replace(&mut entry.password, value)?,
                "identitytoken" => replace(&mut entry.identity_token, value)?,
                "registrytoken" => replace(&mut entry.registry_token, value)?,
                _ => {}
            }
        }
        Ok(entry)
    }

    /// Splits `auth` at its first colon. It replaces `username` and `password`, and NULs at the password's end are cut
    /// (docker/cli `decodeAuth`).
    fn decode(&mut self) -> Result<(), Problem> {
        if self.auth.is_empty() {
            return Ok(());
        }
        // Docker's decoder skips line endings.
        let mut bare = Zeroizing::new(String::with_capacity(self.auth.len()));
        bare.extend(self.auth.chars().filter(|c| !matches!(c, '\r' | '\n')));
        let mut decoded = Zeroizing::new(vec![0; base64::decoded_len_estimate(bare.len())]);
        let length = BASE64.decode_slice(&*bare, &mut decoded).map_err(|_| Problem::NotBase64)?;
        let text = decoded.get(..length).and_then(|bytes| std::str::from_utf8(bytes).ok()).ok_or(Problem::NotText)?;
        let (user, password) = text.split_once(':').ok_or(Problem::NoColon)?;
        if user.is_empty() {
            return Err(Problem::EmptyUser);
        }
        user.clone_into(&mut self.user);
        self.password = Zeroizing::new(password.trim_matches('\0').to_owned());
        Ok(())
    }
}

/// Prints none of the secrets.
impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Entry")
    }
}
