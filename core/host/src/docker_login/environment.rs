//! `DOCKER_AUTH_CONFIG`: credentials in a variable.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::config::MAX_CONFIG;
use super::entry::Entry;
use super::error::{DockerLoginError, Problem};
use super::stored::{Hidden, Source, Spelled, Stored};

/// The variable's name.
pub(super) const VARIABLE: &str = "DOCKER_AUTH_CONFIG";

/// The content of `DOCKER_AUTH_CONFIG`. Narrower than the file: `auths.KEY.auth` and nothing else.
#[derive(Debug, Default)]
pub(super) struct Environment {
    entries: BTreeMap<String, Spelled>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Json {
    auths: Option<BTreeMap<String, Spelling>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Spelling {
    #[serde(rename = "auth")]
    pair: Option<Hidden>,
}

impl Environment {
    /// Reads one JSON object; an empty value is as good as none. Unknown fields are errors, as they are to docker.
    pub(super) fn parse(value: &[u8]) -> Result<Environment, DockerLoginError> {
        let wrong = |problem| DockerLoginError::new(VARIABLE, problem);
        if value.len() > MAX_CONFIG {
            return Err(wrong(Problem::TooLarge));
        }
        if value.is_empty() {
            return Ok(Environment::default());
        }
        let json: Json = serde_json::from_slice(value).map_err(|error| wrong(Problem::NotJson(error.line())))?;
        let mut entries = BTreeMap::new();
        for (key, entry) in json.auths.unwrap_or_default() {
            let wrong = |problem| wrong(problem).with_key(&key);
            let pair = entry.pair.filter(|pair| !pair.0.expose().is_empty()).ok_or_else(|| wrong(Problem::NoAuth))?;
            let spelled = Spelled::new(Some(&pair), None, None).map_err(wrong)?;
            entries.insert(key, spelled);
        }
        Ok(Environment { entries })
    }

    pub(super) fn find(&self, entry: Entry) -> Option<Stored> {
        self.entries.get(entry.key())?.stored(&Source::Environment)
    }
}
