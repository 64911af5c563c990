//! Finds the credentials that `docker login` or `podman login` has stored.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use hub_auth_core::{Secret, UnixTime, UnverifiedClaims};
use zeroize::Zeroizing;

mod config;
mod error;
mod helper;
mod json;
#[cfg(test)]
mod tests;

use config::{Config, MAX_CONFIG};
pub use error::{DockerLoginError, Problem};
pub use helper::CredentialHelper;

/// The variable with credentials in it.
const VARIABLE: &str = "DOCKER_AUTH_CONFIG";
/// The longest time that a helper may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Finds the login of docker for the Hub, in the order in which docker looks: `DOCKER_AUTH_CONFIG`, the credential
/// helper that `config.json` names, `config.json` itself.
///
/// The file is in `$DOCKER_CONFIG`, else in `$HOME/.docker` (on Windows `%USERPROFILE%\.docker`). A helper is looked for in
/// the absolute folders of `PATH` and started without a shell and without this program's own secrets in its environment. Its
/// standard error is dropped. Calls block: a helper may ask the user to unlock a keyring.
///
/// ```no_run
/// use hub_auth_core::{Account, Credential};
/// use hub_auth_host::DockerLogin;
///
/// let stored = DockerLogin::from_env().find()?.ok_or("docker knows no account")?;
/// let account = Account::new(&stored.user, Credential::detect(stored.secret))?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Check [`Stored::kind`]: the Hub refuses an identity token in place of a password.
#[derive(Debug)]
pub struct DockerLogin {
    files: Vec<PathBuf>,
    environment: Config,
    warning: Option<DockerLoginError>,
    /// The names of the Hub's entry, and whether docker's default helper is asked if none is configured.
    keys: &'static [&'static str],
    has_default_helper: bool,
    path: Option<OsString>,
    timeout: Duration,
}

/// Holds a stored user and secret.
#[derive(Debug)]
#[non_exhaustive]
pub struct Stored {
    /// The user name. Empty for an identity token of a helper, which replaces the name.
    pub user: String,
    /// The secret.
    pub secret: Secret,
    /// The kind of the secret.
    pub kind: StoredKind,
    /// The place, e.g. `/home/alice/.docker/config.json by docker-credential-pass`.
    pub place: String,
}

/// Kinds of a stored secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoredKind {
    /// A password, or a personal or organization token in its place:
    /// [`Credential::detect`](hub_auth_core::Credential::detect) tells them apart. Also the access token of
    /// [`DockerLogin::access_token`].
    Password,
    /// A token for the image registry's own login. The Hub's login routes refuse it.
    IdentityToken,
    /// A bearer token for the image registry. The Hub's login routes refuse it.
    RegistryToken,
}

impl DockerLogin {
    /// The exact key of the Hub's entry. Neither docker nor this type finds an entry named `docker.io`.
    pub const KEY: &str = "https://index.docker.io/v1/";
    /// The key of the access token that `docker login` by browser stores (docker/terraform-provider-docker#84).
    pub const ACCESS_TOKEN_KEY: &str = "https://index.docker.io/v1/access-token";

    /// Reads where to look from the environment of this process.
    #[must_use]
    pub fn from_env() -> DockerLogin {
        DockerLogin::from_env_with(|name| std::env::var_os(name))
    }

    /// Reads `DOCKER_CONFIG`, `DOCKER_AUTH_CONFIG`, `HOME` (or `USERPROFILE`) and `PATH` from `variable`. Helpers get this
    /// `PATH`, and else the environment of the process.
    pub fn from_env_with(variable: impl Fn(&str) -> Option<OsString>) -> DockerLogin {
        let filled = |name| variable(name).filter(|value| !value.is_empty());
        let folder = filled("DOCKER_CONFIG").map(PathBuf::from);
        let file = folder.or_else(|| Some(home(filled)?.join(".docker"))).map(|folder| folder.join("config.json"));
        let value = filled(VARIABLE).map(|value| text(&Zeroizing::new(value.into_encoded_bytes())));
        let environment = value.map_or_else(|| Ok(Config::default()), |value| Config::of_environment(VARIABLE, &value));
        let (environment, warning) = match environment {
            Ok(environment) => (environment, None),
            Err(error) => (Config::default(), Some(error)),
        };
        let path = variable("PATH");
        let (files, keys) = (vec![file.unwrap_or_default()], &[DockerLogin::KEY]);
        DockerLogin { files, environment, warning, keys, has_default_helper: true, path, timeout: TIMEOUT }
    }

    /// Looks for podman's login instead: in `$REGISTRY_AUTH_FILE` if that is set, and else in
    /// `$XDG_RUNTIME_DIR/containers/auth.json`, then in `$XDG_CONFIG_HOME/containers/auth.json` (by default
    /// `$HOME/.config/containers/auth.json`).
    ///
    /// Source: containers-auth.json(5). Podman takes several names for the Hub.
    pub fn podman(variable: impl Fn(&str) -> Option<OsString>) -> DockerLogin {
        let filled = |name| variable(name).filter(|value| !value.is_empty());
        let folder = |name| filled(name).map(PathBuf::from);
        let config = || folder("XDG_CONFIG_HOME").or_else(|| Some(home(filled)?.join(".config")));
        let files = match folder("REGISTRY_AUTH_FILE") {
            Some(file) => vec![file],
            None => [folder("XDG_RUNTIME_DIR"), config()]
                .into_iter()
                .flatten()
                .map(|folder| folder.join("containers/auth.json"))
                .collect(),
        };
        let keys = &["docker.io", "index.docker.io", "registry-1.docker.io", DockerLogin::KEY];
        let environment = Config::default();
        let path = variable("PATH");
        DockerLogin { files, environment, warning: None, keys, has_default_helper: false, path, timeout: TIMEOUT }
    }

    /// Looks for `config.json` in this folder, as `docker --config` does.
    #[must_use]
    pub fn folder(self, folder: impl Into<PathBuf>) -> DockerLogin {
        DockerLogin { files: vec![folder.into().join("config.json")], ..self }
    }

    /// Kills a helper that takes longer than this; by default 10 s.
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> DockerLogin {
        DockerLogin { timeout, ..self }
    }

    /// Returns user and secret for a login, or `None` if none are stored.
    pub fn find(&self) -> Result<Option<Stored>, DockerLoginError> {
        match self.keys.iter().find_map(|key| self.environment.entry(key)) {
            Some(stored) => Ok(Some(stored)),
            None => self.search(self.keys),
        }
    }

    /// Returns the access token of a login by browser, if its own claims say that it ends after `now`. It is a bearer token and
    /// needs no login.
    pub fn access_token(&self, now: UnixTime) -> Result<Option<Stored>, DockerLoginError> {
        let stored = self.search(&[DockerLogin::ACCESS_TOKEN_KEY])?;
        Ok(stored.filter(|token| token.expires_at().is_some_and(|end| end > now)))
    }

    /// Returns the reason why `DOCKER_AUTH_CONFIG` is ignored, if it is. Docker prints such a reason as a warning
    /// (docker/cli#6156).
    #[must_use]
    pub fn warning(&self) -> Option<&DockerLoginError> {
        self.warning.as_ref()
    }

    /// Returns the first entry in the files, in the order of the files and then of the keys.
    fn search(&self, keys: &[&'static str]) -> Result<Option<Stored>, DockerLoginError> {
        for file in &self.files {
            let config = read_config(file)?;
            for key in keys {
                if let Some(stored) = self.find_in(&config, key)? {
                    return Ok(Some(stored));
                }
            }
        }
        Ok(None)
    }

    /// Asks the helper for `key`, or reads the file if no helper is configured. Asks the default helper only if nothing is
    /// configured and that helper is installed.
    fn find_in(&self, config: &Config, key: &'static str) -> Result<Option<Stored>, DockerLoginError> {
        let at = |helper: CredentialHelper| helper.at(config.place(), self.path.clone(), self.timeout);
        if let Some(name) = config.helper(key) {
            let helper = CredentialHelper::new(name).map_err(|error| error.at(config.place(), key))?;
            return at(helper).get(key);
        }
        let default = default_helper(std::env::consts::OS, self.has_program("pass"));
        match default.filter(|_| self.has_default_helper && config.is_silent()) {
            Some(name) => match at(CredentialHelper::new(name)?).get(key) {
                Err(DockerLoginError { problem: Problem::HelperMissing, .. }) => Ok(None),
                result => result,
            },
            None => Ok(config.entry(key)),
        }
    }

    fn has_program(&self, name: &str) -> bool {
        let path = self.path.as_deref().unwrap_or_default();
        std::env::split_paths(path).any(|folder| folder.join(name).is_file())
    }
}

impl Stored {
    /// Returns the time at which the secret ends if it is a JWT that says so, as an access token does. Unverified.
    #[must_use]
    pub fn expires_at(&self) -> Option<UnixTime> {
        UnverifiedClaims::of(self.secret.expose()).expires_at
    }
}

fn home(filled: impl Fn(&'static str) -> Option<OsString>) -> Option<PathBuf> {
    filled(if cfg!(windows) { "USERPROFILE" } else { "HOME" }).map(PathBuf::from)
}

/// Returns the helper that docker asks if none is configured (docker/cli `cli/config/credentials`). `has_pass` counts on
/// Linux only.
fn default_helper(os: &str, has_pass: bool) -> Option<&'static str> {
    match os {
        "macos" => Some("osxkeychain"),
        "windows" => Some("wincred"),
        "linux" if has_pass => Some("pass"),
        "linux" => Some("secretservice"),
        _ => None,
    }
}

/// Reads a configuration. A missing file configures nothing.
fn read_config(file: &Path) -> Result<Config, DockerLoginError> {
    let place = file.display().to_string();
    match read(file) {
        Ok(bytes) => Config::of_file(&place, &text(&bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Config::of_file(&place, ""),
        Err(error) => Err(DockerLoginError::new(&place, Problem::Unreadable(error.kind()))),
    }
}

/// Reads a regular file, at most one byte more than is allowed.
fn read(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    // Opening a pipe could block.
    let found = fs::metadata(path)?;
    if !found.is_file() {
        return Err(if found.is_dir() { ErrorKind::IsADirectory } else { ErrorKind::InvalidInput }.into());
    }
    // A buffer that grows leaves a copy of the secret behind.
    let room = usize::try_from(found.len()).unwrap_or(MAX_CONFIG).min(MAX_CONFIG) + 64;
    let mut bytes = Zeroizing::new(Vec::with_capacity(room));
    File::open(path)?.take(MAX_CONFIG as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Returns the text of bytes, with U+FFFD for each piece that is not UTF-8, as Go reads JSON.
fn text(bytes: &[u8]) -> Zeroizing<String> {
    // A buffer that grows leaves a copy of the secret behind. U+FFFD takes three bytes, and stands for at least one.
    let mut text = Zeroizing::new(String::with_capacity(bytes.len() * 3));
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend((!chunk.invalid().is_empty()).then_some('\u{fffd}'));
    }
    text
}
