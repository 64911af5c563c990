//! Programs from outside: where they are, and where they may listen.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

/// Against hanging; nothing takes this long.
pub(crate) const GUARD: Duration = Duration::from_secs(60);

/// Where this program is. Where it is not, the test is skipped and says so; or fails, if none may be skipped.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    let found = folders.map(|folder| folder.join(name)).find(|program| program.is_file());
    if found.is_none() {
        // Not `eprintln`, which is not shown when a test passes.
        io::stderr().write_all(format!("SKIPPED: {name} is not installed\n").as_bytes()).unwrap();
        let may_skip = std::env::var("HUB_AUTH_NO_SKIP").as_deref() != Ok("1");
        assert!(may_skip, "{name} is not installed, and no test may be skipped");
    }
    found
}

/// Ports of loopback that nobody listens on, each another. They are below those that the system deals out, one of which
/// might be another's before our program has it.
pub(crate) fn free_ports<const N: usize>() -> [u16; N] {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    [(); N].map(|()| {
        loop {
            let nth = NEXT.fetch_add(1, Ordering::Relaxed).wrapping_add(std::process::id().wrapping_mul(97));
            let port = 16_000 + u16::try_from(nth % 16_000).unwrap();
            if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
                return port;
            }
        }
    })
}

/// The lines of what a program writes, as they come. All of it is read, looked at or not: nobody is to find the pipe full.
/// An empty line ends it.
pub(crate) fn lines(from: impl Read + Send + 'static) -> Receiver<String> {
    let (line, lines) = channel();
    let all = BufReader::new(from).lines().map_while(Result::ok).take_while(|line| !line.is_empty());
    thread::spawn(move || all.for_each(|read| drop(line.send(read))));
    lines
}
