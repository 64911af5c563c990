//! Running a credential helper: in bounded time, with bounded output, and always reaped.

use std::env;
use std::ffi::OsStr;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use super::error::{DockerLoginError, Problem};
use super::helper::{Helper, MAX_OUTPUT};
use super::stored::Stored;
use zeroize::Zeroizing;

/// Runs `helper` and reads its answer.
pub(super) fn run(
    helper: &Helper,
    path: Option<&OsStr>,
    timeout: Duration,
) -> Result<Option<Stored>, DockerLoginError> {
    let start = Instant::now();
    let left = || timeout.saturating_sub(start.elapsed());
    let cannot = |error: io::Error| helper.error(Problem::HelperStart(error.kind()));

    let mut child = match spawn(helper, path) {
        Ok(child) => Reaped(child),
        Err(error) if error.kind() == ErrorKind::NotFound => return helper.missing(),
        Err(error) => return Err(cannot(error)),
    };
    if let Some(mut stdin) = child.0.stdin.take() {
        // It fits into any pipe's buffer; a helper that does not read it may still know the answer.
        drop(stdin.write_all(helper.stdin().as_bytes()));
    }
    let Some(stdout) = child.0.stdout.take() else { return Err(helper.error(Problem::HelperAnswer)) };
    let output = collect(stdout).map_err(cannot)?;
    let output = output.recv_timeout(left()).map_err(|_| helper.error(Problem::HelperTimeout))?;
    if output.len() > MAX_OUTPUT {
        return Err(helper.error(Problem::TooLarge));
    }
    match child.wait(left).map_err(cannot)? {
        Some(status) => helper.read(status.success(), &output),
        None => Err(helper.error(Problem::HelperTimeout)),
    }
}

fn spawn(helper: &Helper, path: Option<&OsStr>) -> io::Result<Child> {
    let mut command = Command::new(helper.program());
    command.arg(Helper::VERB).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    // Where it is searched, too: in absolute folders only, so that the current one cannot slip a helper in.
    let path = path.map(OsStr::to_owned).or_else(|| env::var_os("PATH")).unwrap_or_default();
    let absolute: Vec<_> = env::split_paths(&path).filter(|folder| folder.is_absolute()).collect();
    if absolute.is_empty() {
        return Err(io::ErrorKind::NotFound.into());
    }
    command.env("PATH", env::join_paths(absolute).map_err(io::Error::other)?).spawn()
}

/// Reads in a thread of its own, since a read cannot be given up. The thread ends when the pipe does: at once, unless the
/// helper has left a child behind that holds it open.
fn collect(stdout: ChildStdout) -> io::Result<Receiver<Zeroizing<Vec<u8>>>> {
    let (sender, receiver) = mpsc::channel();
    thread::Builder::new().name("docker-credential".into()).spawn(move || {
        // Room from the start: growing would leave a copy behind.
        let mut output = Zeroizing::new(Vec::with_capacity(MAX_OUTPUT + 64));
        // What was read before an error is too little, and will be seen as such.
        drop(stdout.take(MAX_OUTPUT as u64 + 1).read_to_end(&mut output));
        // Nobody may be waiting any more.
        drop(sender.send(output));
    })?;
    Ok(receiver)
}

/// A child that is killed, if it still runs, and reaped when this is dropped.
struct Reaped(Child);

impl Reaped {
    /// Waits while there is time `left`; `None` if it still runs then.
    fn wait(&mut self, left: impl Fn() -> Duration) -> io::Result<Option<ExitStatus>> {
        let mut pause = Duration::from_millis(1);
        loop {
            let left = left();
            match self.0.try_wait()? {
                None if left.is_zero() => return Ok(None),
                None => thread::sleep(pause.min(left)),
                status => return Ok(status),
            }
            pause = (pause * 2).min(Duration::from_millis(20));
        }
    }
}

impl Drop for Reaped {
    fn drop(&mut self) {
        // Both do nothing to a child that was waited for.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}
