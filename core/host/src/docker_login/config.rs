//! `config.json`: the entries, and who keeps them.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::entry::Entry;
use super::error::{DockerLoginError, Problem};
use super::stored::{Hidden, Source, Spelled, Stored};

/// The largest `config.json` that is read, in bytes.
pub(super) const MAX_CONFIG: usize = 1024 * 1024;

/// A `config.json`, checked as docker checks it: one entry that cannot be decoded fails the whole file.
#[derive(Debug, Default)]
pub(super) struct Config {
    pub(super) place: Box<str>,
    entries: BTreeMap<String, Spelled>,
    store: Option<String>,
    helpers: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Json {
    #[serde(default)]
    auths: Option<BTreeMap<String, Spelling>>,
    #[serde(default, rename = "credsStore")]
    store: Option<String>,
    #[serde(default, rename = "credHelpers")]
    helpers: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
struct Spelling {
    #[serde(rename = "auth")]
    pair: Option<Hidden>,
    #[serde(rename = "identitytoken")]
    identity_token: Option<Hidden>,
    #[serde(rename = "registrytoken")]
    registry_token: Option<Hidden>,
}

impl Config {
    /// Reads the file's bytes; `place` is its path, for errors. An empty file is an empty configuration, and so are `place`
    /// and no bytes where there is no file.
    pub(super) fn parse(place: &str, json: &[u8]) -> Result<Config, DockerLoginError> {
        let wrong = |problem| DockerLoginError::new(place, problem);
        if json.len() > MAX_CONFIG {
            return Err(wrong(Problem::TooLarge));
        }
        let empty = Config { place: place.into(), ..Config::default() };
        if json.trim_ascii().is_empty() {
            return Ok(empty);
        }
        // The reader's own words may repeat a value.
        let json: Json = serde_json::from_slice(json).map_err(|error| wrong(Problem::NotJson(error.line())))?;
        let mut entries = BTreeMap::new();
        for (key, entry) in json.auths.unwrap_or_default() {
            let spelled = Spelled::new(entry.pair.as_ref(), entry.identity_token, entry.registry_token)
                .map_err(|problem| wrong(problem).with_key(&key))?;
            entries.insert(key, spelled);
        }
        let store = json.store.filter(|store| !store.is_empty());
        Ok(Config { entries, store, helpers: json.helpers.unwrap_or_default(), ..empty })
    }

    /// What the file itself holds, in plain text.
    pub(super) fn plain(&self, entry: Entry) -> Option<Stored> {
        self.entries.get(entry.key())?.stored(&Source::File(self.place.clone()))
    }

    /// The suffix of the program that keeps `entry`; a helper for the key goes before the store for all, and an empty one
    /// means the plain file.
    pub(super) fn keeper(&self, entry: Entry) -> Option<&str> {
        let keeper = self.helpers.get(entry.key()).or(self.store.as_ref())?;
        (!keeper.is_empty()).then_some(keeper)
    }

    /// Whether docker would look for a default store: nothing about credentials is configured.
    pub(super) fn is_silent(&self) -> bool {
        self.entries.is_empty() && self.store.is_none() && self.helpers.is_empty()
    }
}
