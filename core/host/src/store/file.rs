//! A store of files, for processes that share a user.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File};
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use hub_auth_core::Secret;
use zeroize::Zeroizing;

use super::{Refusal, StoreError, StoreKey, StoreLock, TokenStore, wait_for};

mod format;
mod guard;
mod open;

use guard::FileLock;

/// The largest file that is read, in bytes.
const MAX_FILE: u64 = 1024 * 1024;
/// One save takes milliseconds, but a process may be stopped in the middle of it.
const PATIENCE: Duration = Duration::from_secs(5);
/// Locked while anything in the folder is replaced.
const SAVING: &str = "hub-auth.lock";

/// Keeps sealed sessions as files in one folder, for all processes of a user on this machine.
///
/// | file | holds |
/// |---|---|
/// | `hub-auth-USER-HASH.token` | who and where, and the sealed session: the token, never a password or a TOTP secret |
/// | `hub-auth-USER-HASH.new` | the next of it, while it is written; at most one, and gone after the next save |
/// | `hub-auth-USER-HASH.lock` | nothing; locked during a login |
/// | `hub-auth.lock` | nothing; locked during a save |
///
/// The folder is made with mode 0700, files with 0600. A save replaces the file as a whole, on the disk too: after a crash it
/// is the old one or the new one. A file that is torn, foreign, a link, another user's or open to others is not read
/// but reported; the next save replaces it. So is a folder that others own or may write in, and nothing is saved there.
///
/// Locks are the operating system's (`flock`, on Windows `LockFileEx`), advisory, and end with the process, however it ends.
/// The files that carry them stay. Locks across machines, on a network file system, are as good as that file system's.
///
/// Tested on Linux. On macOS and Windows it is untested; on Windows modes do not exist, and what guards the files are the
/// rights of the folder, which below the user's profile are the user's own.
#[derive(Clone, Debug)]
pub struct FileStore {
    folder: PathBuf,
    patience: Duration,
}

impl FileStore {
    /// A store in `folder`, which is made when something is saved. Nothing is read or written yet.
    pub fn new(folder: impl Into<PathBuf>) -> FileStore {
        FileStore { folder: folder.into(), patience: PATIENCE }
    }

    /// How long a save waits for those of other processes before it is [`StoreError::Busy`]; by default 5 s.
    #[must_use]
    pub fn patience(self, patience: Duration) -> FileStore {
        FileStore { patience, ..self }
    }

    /// A store in the user's cache: `$XDG_CACHE_HOME/hub-auth`, else `$HOME/.cache/hub-auth`; on Windows
    /// `%LOCALAPPDATA%\hub-auth`. `None` if these variables are not set to absolute paths.
    #[must_use]
    pub fn user_cache() -> Option<FileStore> {
        FileStore::user_cache_from(|name| std::env::var_os(name))
    }

    /// As [`user_cache`](FileStore::user_cache), with an environment of your own.
    pub fn user_cache_from(variable: impl Fn(&str) -> Option<OsString>) -> Option<FileStore> {
        let absolute = |name| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let cache = if cfg!(windows) {
            absolute("LOCALAPPDATA")
        } else {
            absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")))
        };
        Some(FileStore::new(cache?.join("hub-auth")))
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn path(&self, key: &StoreKey, extension: &str) -> PathBuf {
        self.folder.join(key.file_stem()).with_extension(extension)
    }

    /// Whether the folder is there; an error if it cannot be trusted.
    fn look(&self) -> Result<bool, StoreError> {
        match fs::metadata(&self.folder) {
            Ok(found) => open::check_folder(&self.folder, &found).map(|()| true),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(failed("look at", &self.folder)(error)),
        }
    }

    fn make_folder(&self) -> Result<(), StoreError> {
        if !self.look()? {
            let mut builder = DirBuilder::new();
            builder.recursive(true);
            #[cfg(unix)]
            std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
            builder.create(&self.folder).map_err(failed("make", &self.folder))?;
            self.look()?;
        }
        Ok(())
    }

    /// Nobody else replaces anything while this is held.
    fn saving(&self) -> Result<FileLock, StoreError> {
        let path = self.folder.join(SAVING);
        wait_for(self.patience, || FileLock::try_new(&path))?.ok_or(StoreError::Busy { path })
    }

    /// Renaming is on the disk when the folder is.
    fn sync_folder(&self) -> Result<(), StoreError> {
        if cfg!(unix) {
            File::open(&self.folder).and_then(|folder| folder.sync_all()).map_err(failed("sync", &self.folder))?;
        }
        Ok(())
    }
}

impl TokenStore for FileStore {
    fn load(&self, key: &StoreKey) -> Result<Option<Secret>, StoreError> {
        if !self.look()? {
            return Ok(None);
        }
        let path = self.path(key, "token");
        let Some((file, length)) = open::to_read(&path)? else { return Ok(None) };
        let refused = |why| StoreError::Refused { path: path.clone(), why };
        if length > MAX_FILE {
            return Err(refused(Refusal::TooLarge));
        }
        let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(length).unwrap_or_default() + 1));
        file.take(MAX_FILE).read_to_end(&mut bytes).map_err(failed("read", &path))?;
        format::read(&bytes, key).map(Some).map_err(refused)
    }

    fn save(&self, key: &StoreKey, sealed: &Secret) -> Result<(), StoreError> {
        self.make_folder()?;
        let (new, path) = (self.path(key, "new"), self.path(key, "token"));
        let _saving = self.saving()?;
        // What a killed process has left.
        remove(&new)?;
        let write = || {
            let mut file = open::create(&new).map_err(failed("make", &new))?;
            let head = format::head(key, sealed);
            file.write_all(head.as_bytes()).map_err(failed("write", &new))?;
            file.write_all(sealed.expose().as_bytes()).map_err(failed("write", &new))?;
            file.sync_all().map_err(failed("sync", &new))?;
            fs::rename(&new, &path).map_err(failed("replace", &path))
        };
        write().inspect_err(|_| drop(fs::remove_file(&new)))?;
        self.sync_folder()
    }

    fn forget(&self, key: &StoreKey) -> Result<(), StoreError> {
        if !self.look()? {
            return Ok(());
        }
        let _saving = self.saving()?;
        remove(&self.path(key, "new"))?;
        remove(&self.path(key, "token"))?;
        self.sync_folder()
    }

    fn try_lock(&self, key: &StoreKey) -> Result<Option<StoreLock>, StoreError> {
        self.make_folder()?;
        Ok(FileLock::try_new(&self.path(key, "lock"))?.map(StoreLock::new))
    }
}

/// Removes a file, if it is there.
fn remove(path: &Path) -> Result<(), StoreError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(failed("remove", path)(error)),
        _ => Ok(()),
    }
}

fn failed(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> StoreError {
    move |error| StoreError::Io { doing, path: path.to_owned(), source: error.into() }
}
