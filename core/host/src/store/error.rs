//! Describes how a store fails, and why it refuses a value.

use std::error;
use std::sync::Arc;

use hub_auth_core::BoxError;

/// An error of a [`TokenStore`](super::TokenStore). A session reports it as a warning and logs in without the store.
///
/// A lock that another process holds is no error: see [`try_lock`](super::TokenStore::try_lock).
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The store is there, but a value, file or folder in it is not to be trusted. The next save replaces a value or file.
    #[error("{place} {why}, so it is not used")]
    Refused {
        /// The path, or the address and the name of the value.
        place: String,
        /// The reason.
        why: Refusal,
    },
    /// The store is broken or out of reach.
    #[error("cannot {doing}")]
    Broken {
        /// The step that failed, e.g. `read /home/alice/.cache/hub-auth/..`.
        doing: String,
        /// The cause.
        source: Arc<dyn error::Error + Send + Sync>,
    },
}

/// Reasons why a kept value, file or folder is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The value is cut short or has something added.
    #[error("is not whole")]
    Torn,
    /// The value is not one of this store, or of another version or key.
    #[error("is not a session that was kept for this account")]
    Foreign,
    /// The value was changed, moved from another account, or not encrypted with this key.
    #[error("does not open with this key")]
    NotDecrypted,
    /// The value is larger than 1 MiB.
    #[error("is too large to be a kept session")]
    TooLarge,
    /// The file is a symbolic link.
    #[error("is a symbolic link")]
    Link,
    /// The path is not a regular file.
    #[error("is not a regular file")]
    NotAFile,
    /// The path is not a folder.
    #[error("is not a folder")]
    NotAFolder,
    /// The file or folder belongs to another user.
    #[error("belongs to another user")]
    OtherOwner,
    /// Other users may read the file, or write in the folder.
    #[error("is open to other users")]
    Exposed,
}

impl StoreError {
    /// Returns an error of your own store. Its text must not show a kept value.
    pub fn other(source: impl Into<BoxError>) -> StoreError {
        StoreError::broken("use the store", source)
    }

    /// Returns an error that reads "cannot `doing`". Its text must not show a kept value.
    pub fn broken(doing: impl Into<String>, source: impl Into<BoxError>) -> StoreError {
        StoreError::Broken { doing: doing.into(), source: source.into().into() }
    }
}
