//! Keeps sessions in files, for the processes of one user.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File};
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

// By its full name everywhere: newer standard libraries have methods of the same names.
use fs4::{FileExt, TryLockError};
use hub_auth_core::{Secret, UnixTime};
use zeroize::Zeroizing;

use super::{MAX_VALUE, Refusal, StoreError, StoreKey, StoreLock, TokenStore};

mod format;
mod open;

/// The age from which a half-written file counts as left by a killed process. A save takes milliseconds.
const LEFT_BEHIND: Duration = Duration::from_secs(60);

/// Keeps sealed sessions as files in one folder, for all processes of a user on this machine.
///
/// | file | content |
/// |---|---|
/// | `hub-auth-USER-HASH.token` | user, Hub and sealed session; the token in it is the only secret |
/// | `hub-auth-USER-HASH.RANDOM.new` | the next `.token`, while it is written |
/// | `hub-auth-USER-HASH.lock` | nothing; locked during a login |
///
/// The folder has mode 0700, the files have 0600. Each save writes a new file, syncs it, renames it over the old one and
/// syncs the folder, so a value that was saved survives a crash of the machine. Accounts do not wait for each other. A save
/// that was killed leaves a `.new` file, which a later save of that account removes after a minute.
///
/// A file that is torn, foreign, a link, another user's or readable by others is reported and not read; the next save
/// replaces it. A folder that another user owns or may write in is reported and not used at all.
///
/// Locks are the operating system's (`flock`, on Windows `LockFileEx`). They are advisory and end with the process. Across
/// machines, on a network file system, they are as good as that file system's.
///
/// Tested on Linux. Untested on macOS and Windows. Windows has no modes: there the rights of the folder guard the files.
#[derive(Clone, Debug)]
pub struct FileStore {
    folder: PathBuf,
}

impl FileStore {
    /// Returns a store in `folder`. Reads and writes nothing yet; the first save makes the folder.
    pub fn new(folder: impl Into<PathBuf>) -> FileStore {
        FileStore { folder: folder.into() }
    }

    /// Returns a store in the user's cache: `$XDG_CACHE_HOME/hub-auth`, else `$HOME/.cache/hub-auth`; on Windows
    /// `%LOCALAPPDATA%\hub-auth`. Returns `None` if none of these variables is an absolute path.
    #[must_use]
    pub fn user_cache() -> Option<FileStore> {
        FileStore::user_cache_from(|name| std::env::var_os(name))
    }

    /// Does the same as [`user_cache`](FileStore::user_cache) with another environment.
    pub fn user_cache_from(variable: impl Fn(&str) -> Option<OsString>) -> Option<FileStore> {
        let absolute = |name| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let cache = if cfg!(windows) {
            absolute("LOCALAPPDATA")
        } else {
            absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")))
        };
        Some(FileStore::new(cache?.join("hub-auth")))
    }

    /// Returns the folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns the keys of all kept sessions, sorted. Leaves out files that cannot be trusted or read.
    pub fn keys(&self) -> Result<Vec<StoreKey>, StoreError> {
        if !self.has_folder()? {
            return Ok(Vec::new());
        }
        let entries = fs::read_dir(&self.folder).map_err(broken("list", &self.folder))?;
        let paths = entries.flatten().map(|entry| entry.path());
        let tokens = paths.filter(|path| path.extension().is_some_and(|extension| extension == "token"));
        let mut keys: Vec<_> = tokens.filter_map(|path| format::key(&read(&path).ok()??)).collect();
        keys.sort();
        Ok(keys)
    }

    fn path(&self, key: &StoreKey, extension: &str) -> PathBuf {
        self.folder.join(format!("{}.{extension}", key.file_stem()))
    }

    /// Returns whether the folder exists, or an error if it cannot be trusted.
    fn has_folder(&self) -> Result<bool, StoreError> {
        match fs::metadata(&self.folder) {
            Ok(found) => open::check_folder(&self.folder, &found).map(|()| true),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(broken("look at", &self.folder)(error)),
        }
    }

    fn make_folder(&self) -> Result<(), StoreError> {
        if self.has_folder()? {
            return Ok(());
        }
        // The first ancestor that exists gets a new entry, and so do all below it.
        let made: Vec<_> = self.folder.ancestors().take_while(|path| !path.exists()).collect();
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&self.folder).map_err(broken("make", &self.folder))?;
        let parents = made.iter().filter_map(|path| path.parent());
        parents
            .map(|path| if path.as_os_str().is_empty() { Path::new(".") } else { path })
            .try_for_each(sync_folder)?;
        self.has_folder().map(drop)
    }

    /// Removes half-written files of `key` that are older than `age`. A failure is no reason to fail a save.
    fn remove_left_behind(&self, key: &StoreKey, age: Duration) {
        let prefix = format!("{}.", key.file_stem());
        let now = SystemTime::now();
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let is_ours =
                entry.file_name().to_str().and_then(|name| name.strip_prefix(&prefix)?.strip_suffix(".new")).is_some();
            let is_old = || entry.metadata().and_then(|found| found.modified()).is_ok_and(|at| at + age <= now);
            if is_ours && is_old() {
                drop(fs::remove_file(entry.path()));
            }
        }
    }
}

impl TokenStore for FileStore {
    fn load(&self, key: &StoreKey) -> Result<Option<Secret>, StoreError> {
        if !self.has_folder()? {
            return Ok(None);
        }
        let path = self.path(key, "token");
        let Some(bytes) = read(&path)? else { return Ok(None) };
        format::read(&bytes, key).map(Some).map_err(|why| refused(&path, why))
    }

    fn save(&self, key: &StoreKey, sealed: &Secret, _: Option<UnixTime>) -> Result<(), StoreError> {
        self.make_folder()?;
        self.remove_left_behind(key, LEFT_BEHIND);
        let path = self.path(key, "token");
        let prefix = format!("{}.", key.file_stem());
        let mut new = tempfile::Builder::new()
            .prefix(&prefix)
            .suffix(".new")
            .tempfile_in(&self.folder)
            .map_err(broken("write in", &self.folder))?;
        new.write_all(format::head(key, sealed).as_bytes())
            .and_then(|()| new.write_all(sealed.expose().as_bytes()))
            .and_then(|()| new.as_file().sync_all())
            .map_err(broken("write", new.path()))?;
        new.persist(&path).map_err(|failed| broken("replace", &path)(failed.error))?;
        sync_folder(&self.folder)
    }

    fn forget(&self, key: &StoreKey) -> Result<(), StoreError> {
        if !self.has_folder()? {
            return Ok(());
        }
        self.remove_left_behind(key, Duration::ZERO);
        let path = self.path(key, "token");
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(broken("remove", &path)(error)),
            _ => sync_folder(&self.folder),
        }
    }

    fn try_lock(&self, key: &StoreKey) -> Result<Option<StoreLock>, StoreError> {
        self.make_folder()?;
        let path = self.path(key, "lock");
        let file = open::to_lock(&path)?;
        match FileExt::try_lock(&file) {
            Ok(()) => Ok(Some(StoreLock::new(FileLock(file)))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(broken("lock", &path)(error)),
        }
    }
}

/// Reads a whole file that can be trusted, or returns `None` if there is none.
fn read(path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
    let Some((file, length)) = open::to_read(path)? else { return Ok(None) };
    if length > MAX_VALUE {
        return Err(refused(path, Refusal::TooLarge));
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(length).unwrap_or_default() + 1));
    file.take(MAX_VALUE).read_to_end(&mut bytes).map_err(broken("read", path))?;
    Ok(Some(bytes))
}

/// Unlocks a file on drop. The file stays, since other processes may have it open to wait for the lock.
struct FileLock(File);

impl Drop for FileLock {
    fn drop(&mut self) {
        // Closing alone does not unlock a file that a child process has inherited.
        drop(FileExt::unlock(&self.0));
    }
}

/// Brings renames and removals in a folder onto the disk.
fn sync_folder(folder: &Path) -> Result<(), StoreError> {
    if cfg!(unix) {
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(broken("sync", folder))?;
    }
    Ok(())
}

fn broken(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> StoreError {
    move |error| StoreError::broken(format!("{doing} {}", path.display()), error)
}

fn refused(path: &Path, why: Refusal) -> StoreError {
    StoreError::Refused { place: path.display().to_string(), why }
}
