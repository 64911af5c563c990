//! What a store could not do.

use std::path::PathBuf;
use std::sync::Arc;
use std::{error, fmt, io};

use hub_auth_core::BoxError;

/// What a store could not do. A warning, for whoever logs in: the login itself is as good as without a store.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum StoreError {
    /// The operating system refused.
    Io {
        /// What was to be done, e.g. `read`.
        doing: &'static str,
        /// With which file or folder.
        path: PathBuf,
        /// Its reason.
        source: Arc<io::Error>,
    },
    /// The file or folder is not one to trust. It is left as it is; saving replaces a file.
    Refused {
        /// Which.
        path: PathBuf,
        /// Why not.
        why: Refusal,
    },
    /// Another process has been saving for too long.
    Busy {
        /// The lock it holds.
        path: PathBuf,
    },
    /// For stores of another make.
    Other(Arc<dyn error::Error + Send + Sync>),
}

/// Why a file or folder is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// Begun like a file of this store, but not whole.
    Torn,
    /// Not a file of this store, or of a version or a key that is not the one asked for.
    Foreign,
    /// More than 1 MiB.
    TooLarge,
    /// A symbolic link.
    Link,
    /// Not a regular file.
    NotAFile,
    /// Not a folder.
    NotAFolder,
    /// It belongs to another user.
    OtherOwner,
    /// Other users may read the file, or write in the folder.
    Exposed,
}

impl StoreError {
    /// An error of another kind of store. It must not print what is kept.
    pub fn other(error: impl Into<BoxError>) -> StoreError {
        StoreError::Other(error.into().into())
    }
}

impl Refusal {
    fn words(self) -> &'static str {
        match self {
            Refusal::Torn => "is not whole",
            Refusal::Foreign => "is not a session that was kept here for this account",
            Refusal::TooLarge => "is too large to be a kept session",
            Refusal::Link => "is a symbolic link",
            Refusal::NotAFile => "is not a regular file",
            Refusal::NotAFolder => "is not a folder",
            Refusal::OtherOwner => "belongs to another user",
            Refusal::Exposed => "is open to other users",
        }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StoreError::Io { doing, path, .. } => write!(f, "cannot {doing} {}", path.display()),
            StoreError::Refused { path, why } => write!(f, "{} {}, so it is not used", path.display(), why.words()),
            StoreError::Busy { path } => write!(f, "another process is saving: {} is locked", path.display()),
            StoreError::Other(_) => f.write_str("the store failed"),
        }
    }
}

impl error::Error for StoreError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            StoreError::Io { source, .. } => Some(&**source),
            StoreError::Other(error) => Some(&**error),
            StoreError::Refused { .. } | StoreError::Busy { .. } => None,
        }
    }
}
