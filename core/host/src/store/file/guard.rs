//! A lock of the operating system, on a file of its own.

use std::fs::File;
use std::path::Path;

// By its full name everywhere: newer standard libraries have methods of the same names.
use fs4::{FileExt, TryLockError};

use super::{StoreError, failed, open};

/// Held until it is dropped, or the process ends.
pub(super) struct FileLock(File);

impl FileLock {
    /// The lock on the file at `path`, which is made if it is not there and never removed: whoever waits has it open.
    pub(super) fn try_new(path: &Path) -> Result<Option<FileLock>, StoreError> {
        let file = open::to_lock(path)?;
        match FileExt::try_lock(&file) {
            Ok(()) => Ok(Some(FileLock(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(failed("lock", path)(error)),
        }
    }
}

impl Drop for FileLock {
    fn drop(&mut self) {
        // Closing it would do, unless a child process has inherited it.
        drop(FileExt::unlock(&self.0));
    }
}
