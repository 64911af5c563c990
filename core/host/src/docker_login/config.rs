//! `config.json`, and `DOCKER_AUTH_CONFIG`, which is a part of it.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use hub_auth_core::Secret;
use serde::de::{Error as _, MapAccess};
use zeroize::Zeroizing;

use super::error::{DockerLoginError, Problem};
use super::json::{Fields, Hidden, Object, first, replace};
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
#[derive(Debug, Default)]
struct Entry {
    auth: Hidden,
    user: String,
    password: Hidden,
    identity_token: Hidden,
    registry_token: Hidden,
}

impl Fields for Config {
    fn read<'de, A: MapAccess<'de>>(&mut self, name: &str, from: &mut A) -> Result<bool, A::Error> {
        match name {
            "auths" => match from.next_value::<Option<BTreeMap<String, Object<Entry>>>>()? {
                Some(more) => self.entries.extend(more.into_iter().map(|(key, Object(entry))| (key, entry))),
                None => self.entries.clear(),
            },
            "credsstore" => return replace(&mut self.store, from),
            "credhelpers" => match from.next_value::<Option<BTreeMap<String, Option<String>>>>()? {
                Some(more) => self.helpers.extend(more.into_iter().map(|(key, name)| (key, name.unwrap_or_default()))),
                None => self.helpers.clear(),
            },
            _ => return Ok(false),
        }
        Ok(true)
    }
}

impl Fields for Entry {
    fn read<'de, A: MapAccess<'de>>(&mut self, name: &str, from: &mut A) -> Result<bool, A::Error> {
        match name {
            "auth" => replace(&mut self.auth, from),
            "username" => replace(&mut self.user, from),
            "password" => replace(&mut self.password, from),
            "identitytoken" => replace(&mut self.identity_token, from),
            "registrytoken" => replace(&mut self.registry_token, from),
            _ => Ok(false),
        }
    }
}

/// The variable's value: `auths.KEY.auth`, and nothing else is allowed.
#[derive(Default)]
struct Environment(BTreeMap<String, Object<OnlyAuth>>);

#[derive(Default)]
struct OnlyAuth(Hidden);

impl Fields for Environment {
    fn read<'de, A: MapAccess<'de>>(&mut self, name: &str, from: &mut A) -> Result<bool, A::Error> {
        match name {
            "auths" => {
                self.0.extend(from.next_value::<Option<BTreeMap<_, _>>>()?.unwrap_or_default());
                Ok(true)
            }
            _ => Err(A::Error::custom("unknown field")),
        }
    }
}

impl Fields for OnlyAuth {
    fn read<'de, A: MapAccess<'de>>(&mut self, name: &str, from: &mut A) -> Result<bool, A::Error> {
        if name == "auth" { replace(&mut self.0, from) } else { Err(A::Error::custom("unknown field")) }
    }
}

impl Config {
    /// Reads the text of the file at `place`. An empty one configures nothing.
    pub(super) fn of_file(place: &str, text: &str) -> Result<Config, DockerLoginError> {
        let (mut config, _) = parse::<Config>(place, text)?;
        place.clone_into(&mut config.place);
        for (key, entry) in &mut config.entries {
            entry.decode().map_err(|problem| DockerLoginError::new(place, problem).at(place, key))?;
        }
        Ok(config)
    }

    /// Reads the value of `variable`, as strictly as docker does.
    pub(super) fn of_environment(variable: &str, text: &str) -> Result<Config, DockerLoginError> {
        let (environment, rest) = parse::<Environment>(variable, text)?;
        // Go's `Decoder.More`: a closing bracket is no value.
        if !rest.trim_start().is_empty() && !rest.trim_start().starts_with([']', '}']) {
            return Err(DockerLoginError::new(variable, Problem::NotJson(text.lines().count())));
        }
        let mut entries = BTreeMap::new();
        for (key, Object(OnlyAuth(auth))) in environment.0 {
            let mut entry = Entry { auth, ..Entry::default() };
            let decoded = if entry.auth.is_empty() { Err(Problem::NoAuth) } else { entry.decode() };
            decoded.map_err(|problem| DockerLoginError::new(variable, problem).at(variable, &key))?;
            entries.insert(key, entry);
        }
        Ok(Config { place: variable.to_owned(), entries, ..Config::default() })
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
        let (Hidden(secret), kind) = secrets.into_iter().find(|(secret, _)| !secret.is_empty())?;
        let secret = Secret::from(secret.expose());
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

fn parse<'a, T: Fields>(place: &str, text: &'a str) -> Result<(T, &'a str), DockerLoginError> {
    if text.len() > MAX_CONFIG {
        return Err(DockerLoginError::new(place, Problem::TooLarge));
    }
    let (value, rest) = first::<T>(text).map_err(|line| DockerLoginError::new(place, Problem::NotJson(line)))?;
    Ok((value.unwrap_or_default(), rest))
}

impl Entry {
    /// Splits `auth` at its first colon. It replaces `username` and `password`, and NULs at the password's end are cut
    /// (docker/cli `decodeAuth`).
    fn decode(&mut self) -> Result<(), Problem> {
        if self.auth.is_empty() {
            return Ok(());
        }
        // Docker's decoder skips line endings.
        let auth = self.auth.0.expose();
        let mut bare = Zeroizing::new(String::with_capacity(auth.len()));
        bare.extend(auth.chars().filter(|c| !matches!(c, '\r' | '\n')));
        let mut decoded = Zeroizing::new(vec![0; base64::decoded_len_estimate(bare.len())]);
        let length = BASE64.decode_slice(&*bare, &mut decoded).map_err(|_| Problem::NotBase64)?;
        let text = decoded.get(..length).and_then(|bytes| std::str::from_utf8(bytes).ok()).ok_or(Problem::NotText)?;
        let (user, password) = text.split_once(':').ok_or(Problem::NoColon)?;
        if user.is_empty() {
            return Err(Problem::EmptyUser);
        }
        user.clone_into(&mut self.user);
        self.password = Hidden(Secret::from(password.trim_matches('\0')));
        Ok(())
    }
}
