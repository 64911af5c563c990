//! The target `docker`: any bytes as docker's `config.json`, and as `DOCKER_AUTH_CONFIG`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};
use hub_auth_host::DockerLogin;
use hub_auth_host::docker_login::{Problem, Stored, StoredKind};
use serde::Deserialize;

use crate::checks;

/// Any text leads to an entry, to none or to an error, the same each time. An error prints the key and the helper of the file and
/// nothing else. An entry has a secret. For a plain file (ASCII, no escape, no name in another
/// case) a second reader, of serde's derived code, finds the same.
pub fn docker(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let folder = folder();
    std::fs::write(folder.join("config.json"), data).expect("the file is written");
    let found = find(&folder, None);
    assert_eq!(found, find(&folder, None));
    if let Some(expected) = expected(&text) {
        assert_eq!(found, expected);
    }
    std::fs::write(folder.join("config.json"), "").expect("the file is written");
    let _ = find(&folder, Some(&text));
}

/// A folder of this process.
fn folder() -> PathBuf {
    let folder = std::env::temp_dir().join(format!("hub-auth-fuzz-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// Returns user, secret and kind; or the word for a problem. No helper can be found.
fn find(folder: &std::path::Path, variable: Option<&str>) -> Result<Option<(String, String, StoredKind)>, String> {
    let docker = DockerLogin::from_env_with(|name| match name {
        "DOCKER_AUTH_CONFIG" => Some(variable?.into()),
        "PATH" => Some("".into()),
        _ => None,
    });
    if let Some(warning) = docker.warning() {
        assert!(warning.key.is_some() || !format!("{warning} {warning:?}").contains("canary-"));
    }
    match docker.folder(folder).find() {
        Ok(found) => Ok(found.map(|Stored { user, secret, kind, .. }| {
            assert!(!secret.expose().is_empty());
            (user, secret.expose().to_owned(), kind)
        })),
        Err(error) => {
            // The key and the helper are named.
            if !error.key.iter().chain(&error.helper).any(|named| named.contains("canary-")) {
                checks::silent(&format!("{error} {error:?}"), &["canary-"]);
            }
            Err(word(&error.problem))
        }
    }
}

fn word(problem: &Problem) -> String {
    match problem {
        Problem::HelperName | Problem::HelperMissing => "helper".into(),
        Problem::NotJson(_) => "json".into(),
        _ => "entry".into(),
    }
}

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    auths: Option<BTreeMap<String, Option<Entry>>>,
    #[serde(default, rename = "credsStore")]
    store: Option<String>,
    #[serde(default, rename = "credHelpers")]
    helpers: Option<BTreeMap<String, Option<String>>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Entry {
    auth: Option<String>,
    username: Option<String>,
    password: Option<String>,
    identitytoken: Option<String>,
    registrytoken: Option<String>,
}

const NAMES: [&str; 8] =
    ["auths", "credsStore", "credHelpers", "auth", "username", "password", "identitytoken", "registrytoken"];

/// Reads a plain file, or returns `None` for any other.
#[expect(clippy::type_complexity, reason = "as `find`")]
fn expected(text: &str) -> Option<Result<Option<(String, String, StoredKind)>, String>> {
    let folded = text.to_ascii_lowercase();
    let count = |text: &str, name: &str| text.matches(name).count();
    let is_plain = |name: &&str| count(&folded, &name.to_ascii_lowercase()) == count(text, name);
    if !text.is_ascii() || text.contains('\\') || !NAMES.iter().all(is_plain) {
        return None;
    }
    let File { auths, store, helpers } = serde_json::from_str(text).ok()?;
    let entries = auths.unwrap_or_default().into_iter();
    let entries: Result<BTreeMap<_, _>, ()> =
        entries.map(|(key, entry)| Ok((key, entry.unwrap_or_default().decoded()?))).collect();
    let Ok(mut entries) = entries else { return Some(Err("entry".into())) };
    let helper = helpers.unwrap_or_default().remove(DockerLogin::KEY).map(Option::unwrap_or_default);
    if !helper.or(store).unwrap_or_default().is_empty() {
        return Some(Err("helper".into()));
    }
    Some(Ok(entries.remove(DockerLogin::KEY).and_then(|(user, secrets)| {
        let kinds = [StoredKind::IdentityToken, StoredKind::Password, StoredKind::RegistryToken];
        let (secret, kind) = secrets.into_iter().zip(kinds).find(|(secret, _)| !secret.is_empty())?;
        Some((user, secret, kind))
    })))
}

impl Entry {
    /// Returns the user and the three secrets, in the order in which they count.
    fn decoded(self) -> Result<(String, [String; 3]), ()> {
        let text = |field: Option<String>| field.unwrap_or_default();
        let (mut user, mut password) = (text(self.username), text(self.password));
        let auth: String = text(self.auth).chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
        if !auth.is_empty() {
            // Go's decoder drops bits after the last byte.
            let config = GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true);
            let bytes = GeneralPurpose::new(&STANDARD, config).decode(auth).map_err(drop)?;
            let pair = String::from_utf8(bytes).map_err(drop)?;
            let (before, after) = pair.split_once(':').filter(|(user, _)| !user.is_empty()).ok_or(())?;
            (user, password) = (before.to_owned(), after.trim_matches('\0').to_owned());
        }
        Ok((user, [text(self.identitytoken), password, text(self.registrytoken)]))
    }
}
