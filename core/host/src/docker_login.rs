//! What `docker login` stored: reading its file, running its helpers.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use hub_auth_core::{Secret, UnixTime};
use zeroize::Zeroizing;

mod config;
mod entry;
mod environment;
mod error;
mod helper;
mod lookup;
mod run;
mod stored;
#[cfg(test)]
mod tests;

use config::{Config, MAX_CONFIG};
pub use entry::Entry;
use environment::{Environment, VARIABLE};
pub use error::{DockerLoginError, Problem};
use lookup::{Next, default_store, next};
pub use stored::{Source, Stored, StoredKind};

/// How long a helper may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Finds what `docker login` stored for the Hub, where docker would look for it: in `DOCKER_AUTH_CONFIG`, at the credential
/// helper that `config.json` names, else in that file.
///
/// The file is in `$DOCKER_CONFIG`, else `$HOME/.docker` (on Windows `%USERPROFILE%\.docker`; without `HOME` the list of
/// users is not asked, as docker does). A helper is looked for in PATH and started without a shell, with the environment of
/// this process; what it says on standard error is dropped. Calls block; a helper may ask the user to unlock a store.
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
/// Look at [`Stored::kind`] first if an identity token is possible: it is no password.
#[derive(Debug)]
pub struct DockerLogin {
    folder: Option<PathBuf>,
    auth_config: Option<Secret>,
    path: Option<OsString>,
    timeout: Duration,
}

impl DockerLogin {
    /// As the environment says.
    #[must_use]
    pub fn from_env() -> DockerLogin {
        DockerLogin::from_env_with(|name| std::env::var_os(name))
    }

    /// As an environment of your own says: `DOCKER_CONFIG`, `DOCKER_AUTH_CONFIG`, `HOME` (or `USERPROFILE`) and `PATH` are
    /// read from `variable`. Helpers get this `PATH`, and else the environment of the process.
    pub fn from_env_with(variable: impl Fn(&str) -> Option<OsString>) -> DockerLogin {
        let filled = |name| variable(name).filter(|value| !value.is_empty());
        let home = if cfg!(windows) { "USERPROFILE" } else { "HOME" };
        let folder = filled("DOCKER_CONFIG").map(PathBuf::from);
        DockerLogin {
            folder: folder.or_else(|| Some(Path::new(&filled(home)?).join(".docker"))),
            // What is not Unicode is no JSON either, and will be refused as that.
            auth_config: filled(VARIABLE).map(|value| {
                Secret::from(value.into_string().unwrap_or_else(|value| value.to_string_lossy().into_owned()))
            }),
            path: variable("PATH"),
            timeout: TIMEOUT,
        }
    }

    /// The folder of `config.json`, in place of the environment's; what `docker --config` takes.
    #[must_use]
    pub fn folder(self, folder: impl Into<PathBuf>) -> DockerLogin {
        DockerLogin { folder: Some(folder.into()), ..self }
    }

    /// How long a helper may take before it is killed; by default 10 s.
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> DockerLogin {
        DockerLogin { timeout, ..self }
    }

    /// User and secret for a login; `None` if docker has none.
    pub fn find(&self) -> Result<Option<Stored>, DockerLoginError> {
        self.entry(Entry::Login)
    }

    /// The access token of a login by browser, if it says that it ends after `now`. It is a bearer token already, and needs no
    /// login.
    pub fn access_token(&self, now: UnixTime) -> Result<Option<Stored>, DockerLoginError> {
        let found = self.entry(Entry::AccessToken)?;
        Ok(found.filter(|token| token.expires_at().is_some_and(|end| end > now)))
    }

    /// Any entry, as it is stored.
    pub fn entry(&self, entry: Entry) -> Result<Option<Stored>, DockerLoginError> {
        let environment = self.auth_config.as_ref();
        let environment = environment.map(|value| Environment::parse(value.expose().as_bytes())).transpose()?;
        let default = default_store(std::env::consts::OS, self.has_program("pass"));
        let mut config = None;
        loop {
            match next(entry, environment.as_ref(), config.as_ref(), default)? {
                Next::Found(stored) => return Ok(Some(stored)),
                Next::Read => config = Some(self.read()?),
                Next::Ask(helper) => return run::run(&helper, self.path.as_deref(), self.timeout),
                Next::Nothing => return Ok(None),
            }
        }
    }

    fn read(&self) -> Result<Config, DockerLoginError> {
        let Some(folder) = &self.folder else { return Config::parse("config.json", b"") };
        let path = folder.join("config.json");
        let place = path.display().to_string();
        match read(&path) {
            Ok(bytes) => Config::parse(&place, &bytes),
            Err(error) if error.kind() == ErrorKind::NotFound => Config::parse(&place, b""),
            Err(error) => Err(DockerLoginError::new(&place, Problem::Unreadable(error.kind()))),
        }
    }

    fn has_program(&self, name: &str) -> bool {
        let path = self.path.as_deref().unwrap_or_default();
        std::env::split_paths(path).any(|folder| folder.join(name).is_file())
    }
}

/// The bytes of a regular file, one more than is allowed at most.
fn read(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    // Opening a pipe could block.
    let found = fs::metadata(path)?;
    if !found.is_file() {
        return Err(if found.is_dir() { ErrorKind::IsADirectory } else { ErrorKind::InvalidInput }.into());
    }
    // Room from the start: growing would leave a copy behind.
    let room = usize::try_from(found.len()).unwrap_or(MAX_CONFIG).min(MAX_CONFIG) + 64;
    let mut bytes = Zeroizing::new(Vec::with_capacity(room));
    File::open(path)?.take(MAX_CONFIG as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
