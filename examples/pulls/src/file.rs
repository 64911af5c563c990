//! Files that get their name only when they are whole.

use std::io::{self, ErrorKind, Write};
use std::path::Path;

use tempfile::NamedTempFile;

use crate::Error;

/// Writes a file at once.
pub(crate) fn save(path: &Path, content: &[u8]) -> Result<(), Error> {
    let mut file = begin(path)?;
    file.as_file_mut().write_all(content).map_err(|error| unwritable(path, &error))?;
    finish(file, path)
}

/// Creates a file without a lasting name, in the directory of `path`. It is deleted when it is dropped.
pub(crate) fn begin(path: &Path) -> Result<NamedTempFile, Error> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    // The user's umask decides, as for any other file.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.prefix(".pulls-").tempfile_in(directory).map_err(|error| unwritable(path, &error))
}

/// Refuses a file with a row of more or fewer fields than its head has.
pub(crate) fn check_csv(path: &Path) -> Result<(), Error> {
    let mut rows = csv::Reader::from_path(path)?;
    let mut row = csv::ByteRecord::new();
    while rows.read_byte_record(&mut row).map_err(|error| format!("not kept, malformed: {error}"))? {}
    Ok(())
}

/// Gives the file its name, once it is on the disk.
pub(crate) fn finish(file: NamedTempFile, path: &Path) -> Result<(), Error> {
    file.as_file().sync_all().map_err(|error| unwritable(path, &error))?;
    file.persist(path).map_err(|error| unwritable(path, &error.error))?;
    Ok(())
}

/// Says why a file was not written, and what to do.
pub(crate) fn unwritable(path: &Path, error: &io::Error) -> Error {
    let is_full = matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge);
    let next = if is_full { "; make room or choose another directory, and run the command again" } else { "" };
    format!("{} was not written: {error}{next}", path.display()).into()
}
