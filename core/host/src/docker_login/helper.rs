//! The protocol of credential helpers: what to run, what to write to it, how to read its answer.

use serde::Deserialize;

use super::entry::Entry;
use super::error::{DockerLoginError, Problem};
use super::stored::{Hidden, Source, Stored, StoredKind};
use hub_auth_core::Secret;

/// The most that is read from a helper's standard output, in bytes.
pub(super) const MAX_OUTPUT: usize = 64 * 1024;

/// What a helper says, white space around it aside, if it has no such entry.
const NOT_FOUND: &str = "credentials not found in native keychain";
const NO_URL: &str = "no credentials server URL";
const NO_USER: &str = "no credentials username";
/// The user name that marks an identity token.
const TOKEN: &str = "<token>";

/// A credential helper to run: `PROGRAM get`, without a shell, the [key](Helper::stdin) on standard input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Helper {
    program: Box<str>,
    place: Box<str>,
    entry: Entry,
    /// The platform's default and named nowhere: it may be missing.
    is_default: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    #[serde(default)]
    username: String,
    secret: Option<Hidden>,
}

impl Helper {
    /// The verb, its one argument.
    pub(super) const VERB: &'static str = "get";

    /// A helper that `place` names, or where `is_default` nobody does.
    pub(super) fn new(place: &str, suffix: &str, entry: Entry, is_default: bool) -> Result<Helper, DockerLoginError> {
        if suffix.is_empty() || !suffix.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')) {
            return Err(DockerLoginError::new(place, Problem::HelperName).with_key(entry.key()));
        }
        Ok(Helper { program: format!("docker-credential-{suffix}").into(), place: place.into(), entry, is_default })
    }

    /// The program, to be found in PATH.
    #[must_use]
    pub(super) fn program(&self) -> &str {
        &self.program
    }

    /// What to write to its standard input, as it is; then close that.
    #[must_use]
    pub(super) fn stdin(&self) -> &'static str {
        self.entry.key()
    }

    /// Reads its standard output; `success` is whether it ended with status 0. `None` if it has no such entry.
    pub(super) fn read(&self, success: bool, stdout: &[u8]) -> Result<Option<Stored>, DockerLoginError> {
        if stdout.len() > MAX_OUTPUT {
            return Err(self.error(Problem::TooLarge));
        }
        if !success {
            let said = std::str::from_utf8(stdout).map(str::trim).unwrap_or_default();
            return match said {
                NOT_FOUND => Ok(None),
                NO_URL => Err(self.error(Problem::HelperNoUrl)),
                NO_USER => Err(self.error(Problem::HelperNoUser)),
                _ => Err(self.error(Problem::HelperFailed)),
            };
        }
        let answer: Answer = serde_json::from_slice(stdout).map_err(|_| self.error(Problem::HelperAnswer))?;
        let secret = answer.secret.map_or_else(|| Secret::from(""), |Hidden(secret)| secret);
        if secret.expose().is_empty() {
            return Ok(None);
        }
        let (user, kind) = match &*answer.username {
            "" => return Err(self.error(Problem::HelperAnswer)),
            TOKEN => (Box::default(), StoredKind::IdentityToken),
            _ => (answer.username.into_boxed_str(), StoredKind::Password),
        };
        Ok(Some(Stored { user, secret, kind, source: Source::Helper(self.program.clone()) }))
    }

    /// It is not in PATH. That is an error if it is named somewhere; a default that is not installed has nothing.
    pub(super) fn missing(&self) -> Result<Option<Stored>, DockerLoginError> {
        if self.is_default { Ok(None) } else { Err(self.error(Problem::HelperMissing)) }
    }

    /// An error about it, with file and key.
    #[must_use]
    pub(super) fn error(&self, problem: Problem) -> DockerLoginError {
        let mut error = DockerLoginError::new(&self.place, problem).with_key(self.entry.key());
        error.helper = Some(self.program.clone());
        error
    }
}
