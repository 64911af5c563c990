//! Explains why stored credentials cannot be used.

use std::path::PathBuf;
use std::{error, fmt, io};

use hub_auth_core::printable;

/// The error of a stored login. Names the file, the key and the helper, and shows nothing of their content.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DockerLoginError {
    /// The file or variable.
    pub place: String,
    /// The key of the entry, if the error is about one.
    pub key: Option<String>,
    /// The helper's program, if the error is about one.
    pub helper: Option<String>,
    /// The reason.
    pub problem: Problem,
}

/// Reasons why stored credentials cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// The file exists and cannot be read.
    Unreadable(io::ErrorKind),
    /// The file is larger than 1 MiB, or a helper's answer than 64 KiB.
    TooLarge,
    /// The text is not the JSON that docker writes; the line, from 1.
    NotJson(usize),
    /// An entry of `DOCKER_AUTH_CONFIG` has no `auth`.
    NoAuth,
    /// `auth` is not standard base64.
    NotBase64,
    /// `auth` is not UTF-8 inside its base64.
    NotText,
    /// `auth` has no colon between user and password.
    NoColon,
    /// `auth` has no user before its colon.
    EmptyUser,
    /// The helper's name is empty, holds a slash or a backslash, so that it could name a program outside of `PATH`, or is not
    /// printable.
    HelperName,
    /// No folder in `PATH` holds the helper.
    HelperMissing,
    /// The helper exists and cannot be started.
    HelperStart {
        /// Its path.
        file: PathBuf,
        /// The reason, for people.
        why: String,
    },
    /// The helper did not end in time and was killed.
    HelperTimeout,
    /// The helper failed. Its message is left out, since it may hold a secret.
    HelperFailed,
    /// The helper said that it got no server URL.
    HelperNoUrl,
    /// The helper said that the entry has no user name.
    HelperNoUser,
    /// The helper succeeded, and its answer does not follow the protocol.
    HelperAnswer,
}

impl DockerLoginError {
    pub(super) fn new(place: &str, problem: Problem) -> DockerLoginError {
        DockerLoginError { place: place.to_owned(), key: None, helper: None, problem }
    }

    /// Adds the place and the key. The user info of a URL is cut from the key.
    pub(super) fn at(mut self, place: &str, key: &str) -> DockerLoginError {
        place.clone_into(&mut self.place);
        self.key = Some(printable(key.rsplit('@').next().unwrap_or(key)).into());
        self
    }
}

impl fmt::Display for DockerLoginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&printable(&self.place))?;
        if let Some(key) = &self.key {
            write!(f, ", entry {key}")?;
        }
        f.write_str(": ")?;
        let helper = self.helper.as_deref().unwrap_or("the credential helper");
        match &self.problem {
            Problem::Unreadable(kind) => write!(f, "cannot be read: {kind}"),
            Problem::TooLarge if self.helper.is_some() => write!(f, "{helper} answered with too much"),
            Problem::TooLarge => f.write_str("is too large to be docker's"),
            Problem::NotJson(line) => write!(f, "is not the JSON that docker writes, see line {line}"),
            Problem::NoAuth => f.write_str("has no \"auth\""),
            Problem::NotBase64 => f.write_str("\"auth\" is not base64"),
            Problem::NotText => f.write_str("\"auth\" is not UTF-8 inside its base64"),
            Problem::NoColon => f.write_str("\"auth\" has no colon between user and password"),
            Problem::EmptyUser => f.write_str("\"auth\" has no user name"),
            Problem::HelperName => f.write_str(
                "the name of the credential helper is empty, a path or not printable; correct it in the file",
            ),
            Problem::HelperMissing => write!(
                f,
                "the credential helper {helper} is not in PATH; install it, take it out of the file, \
                 or go on without it: give user and secret yourself"
            ),
            Problem::HelperStart { file, why } => {
                write!(f, "{} exists and cannot be started: {why}", printable(&file.display().to_string()))
            }
            Problem::HelperTimeout => write!(f, "{helper} did not answer in time and was stopped"),
            Problem::HelperFailed => write!(f, "{helper} failed; run `{helper} list` to see its message"),
            Problem::HelperNoUrl => write!(f, "{helper} says that it got no server URL"),
            Problem::HelperNoUser => write!(f, "{helper} says that the entry has no user name"),
            Problem::HelperAnswer => write!(f, "the answer of {helper} does not follow the protocol of helpers"),
        }
    }
}

impl error::Error for DockerLoginError {}
