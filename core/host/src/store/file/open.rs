//! Opens files that another user may have planted: follows no link, never blocks, checks owner and mode.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::Path;

use super::super::{Refusal, StoreError};
use super::{broken, refused};

/// Opens a file to read and returns it with its length in bytes, or `None` if there is none.
pub(super) fn to_read(path: &Path) -> Result<Option<(File, u64)>, StoreError> {
    let file = match options().read(true).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(not_opened(path, error)),
    };
    let found = file.metadata().map_err(broken("look at", path))?;
    check_file(&found).map_err(|why| refused(path, why))?;
    Ok(Some((file, found.len())))
}

/// Opens a file to lock, and makes it if there is none.
pub(super) fn to_lock(path: &Path) -> Result<File, StoreError> {
    options().read(true).write(true).create(true).truncate(false).open(path).map_err(|error| not_opened(path, error))
}

/// Refuses a folder of another user or one that others may write in. A link to a good folder is fine.
pub(super) fn check_folder(path: &Path, found: &Metadata) -> Result<(), StoreError> {
    let why = if found.is_dir() { check_access(found, 0o022) } else { Err(Refusal::NotAFolder) };
    why.map_err(|why| refused(path, why))
}

fn check_file(found: &Metadata) -> Result<(), Refusal> {
    if found.is_file() { check_access(found, 0o077) } else { Err(Refusal::NotAFile) }
}

#[cfg(unix)]
fn check_access(found: &Metadata, forbidden: u32) -> Result<(), Refusal> {
    use std::os::unix::fs::MetadataExt as _;
    if found.uid() != rustix::process::geteuid().as_raw() {
        Err(Refusal::OtherOwner)
    } else if found.mode() & forbidden != 0 {
        Err(Refusal::Exposed)
    } else {
        Ok(())
    }
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "as on Unix")]
fn check_access(_: &Metadata, _: u32) -> Result<(), Refusal> {
    Ok(())
}

/// Names a link in place of a file. Only Unix tells; elsewhere links are followed.
fn not_opened(path: &Path, error: io::Error) -> StoreError {
    #[cfg(unix)]
    if error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) {
        return refused(path, Refusal::Link);
    }
    broken("open", path)(error)
}

#[cfg(unix)]
#[expect(clippy::cast_possible_wrap, reason = "flags are bits")]
fn options() -> OpenOptions {
    use rustix::fs::OFlags;
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = OpenOptions::new();
    // Opening a pipe would block.
    options.mode(0o600).custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits() as i32);
    options
}

#[cfg(not(unix))]
fn options() -> OpenOptions {
    OpenOptions::new()
}
