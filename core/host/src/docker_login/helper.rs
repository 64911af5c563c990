//! Runs credential helpers: small programs that keep docker's credentials, mostly in the keyring of the operating system.
//!
//! Source: docker/docker-credential-helpers, README and `client/client.go`.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use hub_auth_core::{Secret, printable};
use zeroize::Zeroizing;

use super::error::{DockerLoginError, Problem};
use super::json::{first, replace};
use super::{Stored, StoredKind, TIMEOUT, text};
use crate::sources::VARIABLES;

/// The most that is read from a helper's standard output, in bytes.
const MAX_OUTPUT: usize = 64 * 1024;
/// The longest pause between two looks at a helper that runs.
const PAUSE: Duration = Duration::from_millis(20);

/// The messages of helpers that fail, white space around them aside.
const NOT_FOUND: &str = "credentials not found in native keychain";
const NO_URL: &str = "no credentials server URL";
const NO_USER: &str = "no credentials username";
/// The user name that marks an identity token.
const TOKEN: &str = "<token>";

/// Variables with secrets that no helper needs, beside those that [`Sources`](crate::Sources) reads.
const SECRET_VARIABLES: [&str; 4] = ["DOCKER_AUTH_CONFIG", "DOCKER_TOKEN", "DOCKER_HUB_PASSWORD", "HUB_TOTP_SECRET"];

/// Uses one of docker's credential helpers as a store of your own: the way into the keyring of macOS (`osxkeychain`), Windows
/// (`wincred`), Linux (`secretservice`) or `pass`. A helper that takes longer than 10 s is killed.
///
/// ```no_run
/// use hub_auth_core::Secret;
/// use hub_auth_host::docker_login::CredentialHelper;
///
/// let keyring = CredentialHelper::new("secretservice")?;
/// keyring.store(CredentialHelper::OWN_KEY, "alice", &Secret::from("dckr_pat_.."))?;
/// let stored = keyring.get(CredentialHelper::OWN_KEY)?;
/// # Ok::<(), hub_auth_host::docker_login::DockerLoginError>(())
/// ```
#[derive(Clone, Debug)]
pub struct CredentialHelper {
    program: String,
    place: String,
    path: Option<OsString>,
    timeout: Duration,
}

impl CredentialHelper {
    /// A key for an entry of your own, beside those of `docker login`.
    pub const OWN_KEY: &str = "https://hub.docker.com/hub-auth";

    /// Names the program `docker-credential-NAME`, which is looked for in `PATH`. Fails if the name is empty, names a folder, or
    /// holds a character that could drive a terminal.
    pub fn new(name: &str) -> Result<CredentialHelper, DockerLoginError> {
        let place = "the credential helper".to_owned();
        // Dots are fine: WSL calls `docker-credential-desktop.exe` (docker/cli#3947).
        if matches!(name, "" | "." | "..") || name.contains(['/', '\\']) || *printable(name) != *name {
            return Err(DockerLoginError::new(&place, Problem::HelperName));
        }
        Ok(CredentialHelper { program: format!("docker-credential-{name}"), place, path: None, timeout: TIMEOUT })
    }

    /// Looks for the program in these folders, separated as in `PATH`, instead of those of the environment.
    #[must_use]
    pub fn path(self, path: impl Into<OsString>) -> CredentialHelper {
        CredentialHelper { path: Some(path.into()), ..self }
    }

    /// Sets the file that named the helper, the folders to look in, and the time limit.
    pub(super) fn at(self, place: &str, path: Option<OsString>, timeout: Duration) -> CredentialHelper {
        CredentialHelper { place: place.to_owned(), path, timeout, ..self }
    }

    /// Returns the entry of `key`, or `None` if the helper has none.
    pub fn get(&self, key: &str) -> Result<Option<Stored>, DockerLoginError> {
        let ended = self.run("get", key, key.as_bytes().to_vec(), is_answer)?;
        let answer = match ended.success() {
            true => ended.answer(),
            false if ended.text().trim() == NOT_FOUND => return Ok(None),
            false => return Err(self.failed(key, &ended)),
        };
        let (user, secret) = answer.ok_or_else(|| self.error(key, Problem::HelperAnswer))?;
        if secret.is_empty() {
            return Ok(None);
        }
        let (user, kind) = match &*user {
            "" => return Err(self.error(key, Problem::HelperAnswer)),
            TOKEN => (String::new(), StoredKind::IdentityToken),
            _ => (user, StoredKind::Password),
        };
        let place = format!("{} by {}", self.place, self.program);
        Ok(Some(Stored { user, secret: Secret::from(secret.as_str()), kind, place }))
    }

    /// Stores an entry under `key`, in place of an older one.
    pub fn store(&self, key: &str, user: &str, secret: &Secret) -> Result<(), DockerLoginError> {
        let entry = BTreeMap::from([("ServerURL", key), ("Username", user), ("Secret", secret.expose())]);
        // A buffer that grows leaves a copy of the secret behind. An escaped byte takes six.
        let room = 64 + 6 * entry.values().map(|text| text.len()).sum::<usize>();
        let mut input = Zeroizing::new(Vec::with_capacity(room));
        // A write into memory does not fail.
        drop(serde_json::to_writer(&mut *input, &entry));
        let ended = self.run("store", key, input, Ended::success)?;
        if ended.success() { Ok(()) } else { Err(self.failed(key, &ended)) }
    }

    /// Removes the entry of `key`. A missing entry is no error.
    pub fn erase(&self, key: &str) -> Result<(), DockerLoginError> {
        let ended = self.run("erase", key, key.as_bytes().to_vec(), Ended::success)?;
        let is_gone = ended.success() || ended.text().trim() == NOT_FOUND;
        if is_gone { Ok(()) } else { Err(self.failed(key, &ended)) }
    }

    fn failed(&self, key: &str, ended: &Ended) -> DockerLoginError {
        let problem = match ended.text().trim() {
            NO_URL => Problem::HelperNoUrl,
            NO_USER => Problem::HelperNoUser,
            _ => Problem::HelperFailed,
        };
        self.error(key, problem)
    }

    fn error(&self, key: &str, problem: Problem) -> DockerLoginError {
        let error = DockerLoginError::new(&self.place, problem).at(&self.place, key);
        DockerLoginError { helper: Some(self.program.clone()), ..error }
    }

    /// Runs the helper. A child that the helper leaves behind may hold its standard output (docker/docker-credential-helpers#261).
    /// So once the helper has ended, its output is taken as soon as it `is_whole`, and not only at the end of the pipe.
    fn run(
        &self,
        verb: &str,
        key: &str,
        input: impl Into<Zeroizing<Vec<u8>>>,
        is_whole: impl Fn(&Ended) -> bool,
    ) -> Result<Ended, DockerLoginError> {
        let deadline = Instant::now() + self.timeout;
        let mut child = Reaped(self.spawn(verb).map_err(|problem| self.error(key, problem))?);
        let no_thread = |error: io::Error| {
            self.error(key, Problem::HelperStart { file: self.program.clone().into(), why: error.to_string() })
        };
        if let Some(mut stdin) = child.0.stdin.take() {
            let input = input.into();
            // A write has no deadline. It ends with the helper, which may know the answer without reading.
            thread::Builder::new().spawn(move || drop(stdin.write_all(&input))).map_err(no_thread)?;
        }
        let chunks = child.0.stdout.take().map(collect).transpose().map_err(no_thread)?;
        let (mut output, mut status, mut is_open) = (Zeroizing::new(Vec::with_capacity(MAX_OUTPUT * 2)), None, true);
        let mut pause = Duration::from_millis(1);
        loop {
            match chunks.as_ref().map(|chunks| chunks.recv_timeout(pause)) {
                Some(Ok(chunk)) => output.extend_from_slice(&chunk),
                Some(Err(RecvTimeoutError::Timeout)) => {}
                Some(Err(RecvTimeoutError::Disconnected)) | None => {
                    is_open = false;
                    thread::sleep(if status.is_none() { pause } else { Duration::ZERO });
                }
            }
            if output.len() > MAX_OUTPUT {
                return Err(self.error(key, Problem::TooLarge));
            }
            status = status.or(child.0.try_wait().ok().flatten());
            let is_late = Instant::now() >= deadline;
            match status {
                Some(status) => {
                    let ended = Ended { status, output };
                    if !is_open || is_whole(&ended) || is_late {
                        return Ok(ended);
                    }
                    output = ended.output;
                }
                None if is_late => return Err(self.error(key, Problem::HelperTimeout)),
                None => {}
            }
            pause = (pause * 2).min(PAUSE);
        }
    }

    /// Starts the first helper in the absolute folders of `PATH` that can be started, so that the current folder cannot
    /// slip one in.
    fn spawn(&self, verb: &str) -> Result<Child, Problem> {
        let path = self.path.clone().or_else(|| env::var_os("PATH")).unwrap_or_default();
        let folders: Vec<_> = env::split_paths(&path).filter(|folder| folder.is_absolute()).collect();
        let names = [self.program.clone(), format!("{}{}", self.program, env::consts::EXE_SUFFIX)];
        let files: Vec<PathBuf> = folders
            .iter()
            .flat_map(|folder| names.iter().map(|name| folder.join(name)))
            .filter(|file| file.is_file())
            .collect();
        let path = env::join_paths(folders).unwrap_or_default();
        let mut problem = Problem::HelperMissing;
        for file in files {
            let mut command = Command::new(&file);
            command.arg(verb).env("PATH", &path);
            for name in SECRET_VARIABLES.into_iter().chain(VARIABLES.map(|(_, secret)| secret)) {
                command.env_remove(name);
            }
            match command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn() {
                Ok(child) => return Ok(child),
                Err(error) if problem == Problem::HelperMissing => {
                    // The file exists, so something that it needs does not.
                    let is_loader = error.kind() == ErrorKind::NotFound;
                    let why =
                        if is_loader { "its interpreter or loader is missing".to_owned() } else { error.to_string() };
                    problem = Problem::HelperStart { file, why };
                }
                Err(_) => {}
            }
        }
        Err(problem)
    }
}

/// The result of a helper that has ended.
struct Ended {
    status: ExitStatus,
    output: Zeroizing<Vec<u8>>,
}

impl Ended {
    fn success(&self) -> bool {
        self.status.success()
    }

    /// Reads user and secret.
    fn answer(&self) -> Option<(String, Zeroizing<String>)> {
        let text = self.text();
        let (mut user, mut secret) = (String::new(), Zeroizing::default());
        for (name, value) in first(&text).ok()?.0? {
            match &*name {
                "username" => replace(&mut user, value).ok()?,
                "secret" => replace(&mut secret, value).ok()?,
                _ => {}
            }
        }
        Some((user, secret))
    }

    fn text(&self) -> Zeroizing<String> {
        text(&self.output)
    }
}

/// Returns whether this is a whole answer to `get`.
fn is_answer(ended: &Ended) -> bool {
    let is_message = || matches!(ended.text().trim(), NOT_FOUND | NO_URL | NO_USER);
    if ended.success() { ended.answer().is_some() } else { is_message() }
}

/// Reads on a thread, since a read has no deadline. The thread ends with the pipe or with the receiver.
fn collect(mut stdout: ChildStdout) -> io::Result<Receiver<Zeroizing<Vec<u8>>>> {
    let (sender, receiver) = mpsc::channel();
    thread::Builder::new().spawn(move || {
        loop {
            let mut chunk = Zeroizing::new(vec![0; 4096]);
            match stdout.read(&mut chunk) {
                Ok(0) => return,
                Ok(length) => chunk.truncate(length),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(_) => return,
            }
            if sender.send(chunk).is_err() {
                return;
            }
        }
    })?;
    Ok(receiver)
}

/// Kills a child, if it still runs, and reaps it on drop.
struct Reaped(Child);

impl Drop for Reaped {
    fn drop(&mut self) {
        // Both do nothing to a child that was waited for.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}
