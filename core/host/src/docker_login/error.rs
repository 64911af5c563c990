//! Why what `docker login` stored cannot be had.

use std::{error, fmt, io};

use hub_auth_core::FailureKind;
use hub_auth_core::printable;

/// What `docker login` stored cannot be had. Names the file, the key and the helper; never what they hold.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DockerLoginError {
    /// The file, or `DOCKER_AUTH_CONFIG`.
    pub place: Box<str>,
    /// The entry's key, where it is about one.
    pub key: Option<Box<str>>,
    /// The helper's program, where it is about one.
    pub helper: Option<Box<str>>,
    /// What is wrong.
    pub problem: Problem,
}

/// What is wrong with what `docker login` stored.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// The file is there and cannot be read.
    Unreadable(io::ErrorKind),
    /// More than [`MAX_CONFIG`](super::MAX_CONFIG) bytes, or of a helper more than [`MAX_OUTPUT`](super::MAX_OUTPUT).
    TooLarge,
    /// Not the JSON that docker writes; the line, counted from 1.
    NotJson(usize),
    /// An entry of `DOCKER_AUTH_CONFIG` without `auth`.
    NoAuth,
    /// `auth` is not standard base64.
    NotBase64,
    /// `auth` is base64, but not of text.
    NotText,
    /// `auth` has no colon between user and password.
    NoColon,
    /// `auth` has no user before its colon.
    EmptyUser,
    /// The helper's name holds something other than ASCII letters, digits, `_` and `-`: it is not run.
    HelperName,
    /// No such helper in PATH.
    HelperMissing,
    /// The helper is there and cannot be started.
    HelperStart(io::ErrorKind),
    /// The helper did not end in time, and was killed.
    HelperTimeout,
    /// The helper failed. What it said is left out: it may be a secret.
    HelperFailed,
    /// The helper said that it got no server URL.
    HelperNoUrl,
    /// The helper said that the entry has no user name.
    HelperNoUser,
    /// The helper succeeded, and its answer is not of its protocol.
    HelperAnswer,
}

impl DockerLoginError {
    /// An error about all of `place`: a path for people, or `DOCKER_AUTH_CONFIG`.
    #[must_use]
    pub fn new(place: &str, problem: Problem) -> DockerLoginError {
        DockerLoginError { place: place.into(), key: None, helper: None, problem }
    }

    /// About one key. The user info of a URL is cut from it.
    pub(super) fn with_key(mut self, key: &str) -> DockerLoginError {
        self.key = Some(printable(key.rsplit('@').next().unwrap_or(key)));
        self
    }

    /// Always [`FailureKind::Usage`].
    #[must_use]
    pub fn kind(&self) -> FailureKind {
        FailureKind::Usage
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
            Problem::HelperName => f.write_str("names a credential helper that cannot be one, so it is not run"),
            Problem::HelperMissing => write!(
                f,
                "names {helper}, which is not in PATH; install it, take it out of the file, \
                 or go on without it: give user and secret yourself"
            ),
            Problem::HelperStart(kind) => write!(f, "{helper} cannot be started: {kind}"),
            Problem::HelperTimeout => write!(f, "{helper} did not answer in time and was stopped"),
            Problem::HelperFailed => write!(f, "{helper} failed; run `{helper} list` to see what it says"),
            Problem::HelperNoUrl => write!(f, "{helper} says that it got no server URL"),
            Problem::HelperNoUser => write!(f, "{helper} says that the entry has no user name"),
            Problem::HelperAnswer => write!(f, "{helper} answered with something else than its protocol says"),
        }
    }
}

impl error::Error for DockerLoginError {}
