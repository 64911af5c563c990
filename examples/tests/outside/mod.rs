//! Smoke tests through real programs: nginx, squid and microsocks. Without a program its test is skipped.

mod nginx;
mod socks;
mod squid;

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

/// Ends a test that hangs.
const GUARD: Duration = Duration::from_secs(60);

/// Runs each smoke test whose program is installed, and tells at the end how many were skipped. With `HUB_AUTH_NO_SKIP=1`
/// none may be.
#[test]
fn real_programs_in_between() {
    type Test = fn(&Path);
    let tests: [(&str, Test); 3] =
        [("nginx", nginx::smoke_test), ("squid", squid::smoke_test), ("microsocks", socks::smoke_test)];
    let mut skipped = Vec::new();
    for (name, test) in tests {
        match find(name) {
            Some(program) => test(&program),
            None => skipped.push(name),
        }
    }
    let line = format!("SKIPPED: {} of {} tests; not installed: {skipped:?}\n", skipped.len(), tests.len());
    // Not `eprintln`, which shows nothing of a test that passes.
    io::stderr().write_all(line.as_bytes()).unwrap();
    let may_skip = std::env::var("HUB_AUTH_NO_SKIP").as_deref() != Ok("1");
    assert!(skipped.is_empty() || may_skip, "not installed: {skipped:?}");
}

fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    folders.map(|folder| folder.join(name)).find(|program| program.is_file())
}

/// Finds a port below those that the system deals out, so that no other test gets it before the program listens.
fn free_port() -> u16 {
    let start = u16::try_from(std::process::id() % 8_000).unwrap();
    let mut ports = (16_000 + start..32_000).filter(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok());
    ports.next().unwrap()
}

/// Waits until a program listens.
fn connect(port: u16) -> TcpStream {
    let start = Instant::now();
    loop {
        match TcpStream::connect((Ipv4Addr::LOCALHOST, port)) {
            Ok(socket) => return socket,
            Err(error) => assert!(start.elapsed() < GUARD, "nobody listens at {port}: {error}"),
        }
        thread::yield_now();
    }
}

/// Hands over the lines that a program writes, and reads on when nobody listens, so that the pipe never fills.
fn lines(from: impl Read + Send + 'static) -> Receiver<String> {
    let (line, lines) = channel();
    thread::spawn(move || BufReader::new(from).lines().map_while(Result::ok).for_each(|read| drop(line.send(read))));
    lines
}

/// A folder of its own in the system's, where programs of another user may read and write.
fn folder(name: &str) -> PathBuf {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = std::env::temp_dir().join(format!("hub-auth-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o777)).unwrap();
    folder
}

/// A running program, with its folder. Dropping it ends the one and removes the other.
struct Running {
    child: Child,
    folder: PathBuf,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
