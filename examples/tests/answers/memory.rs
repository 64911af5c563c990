//! A body of a gibibyte costs little memory, by either transport.

use std::io::{ErrorKind, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};
use std::{fs, str};

use hub_auth_testkit::Loopback;
use hub_auth_testkit::hub::{SimHub, demo};

use crate::common::{TRANSPORTS, hub_auth};

/// Beyond a login that succeeds, in KiB.
const MORE: u64 = 2 * 1024;

#[test]
fn an_endless_answer_costs_at_most_two_mebibytes() {
    for transport in TRANSPORTS {
        let normal = usual("no-second-factor", transport, "--print-token", "ey");
        for endless in ["endless", "endless-unannounced"] {
            let peak = usual(endless, transport, "--json", "{\"error\":\"answer_too_large\"");
            assert!(peak <= normal + MORE, "{endless}, {transport}: {peak} KiB, of a normal login {normal} KiB");
        }
    }
}

/// The middle one of five peaks, since they differ by what else the machine does.
fn usual(scenario: &str, transport: &str, output: &str, starts: &str) -> u64 {
    let mut peaks = [(); 5].map(|()| {
        let (peak, out) = peak(scenario, transport, output);
        assert!(out.starts_with(starts), "{out}");
        peak
    });
    peaks.sort_unstable();
    peaks[2]
}

/// The peak of a login's resident memory, in KiB, and what it wrote to standard output.
///
/// That is the last thing it does, and here it is held up there, by a buffer that is full, while its peak is read.
fn peak(scenario: &str, transport: &str, output: &str) -> (u64, String) {
    let server = Loopback::start(SimHub::scenario(scenario).unwrap()).unwrap();
    let (mut ours, theirs) = UnixStream::pair().unwrap();
    let filling = fill(&theirs);
    let mut child = Command::new(hub_auth())
        .args(["login", demo::USER, "--secret-stdin", "--no-prompt", "--transport", transport, output, "--hub"])
        .arg(server.url().to_string())
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(OwnedFd::from(theirs))
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(demo::PASSWORD.as_bytes()).unwrap();
    // It says on standard error what came of the login, then goes on to standard output.
    assert_ne!(child.stderr.as_mut().unwrap().read(&mut [0; 1024]).unwrap(), 0);
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
    let mut out = Vec::new();
    ours.read_to_end(&mut out).unwrap();
    child.wait_with_output().unwrap();
    (peak.unwrap(), str::from_utf8(&out[filling..]).unwrap().to_owned())
}

/// Writes until nothing more fits, and returns how many bytes did.
fn fill(mut stream: &UnixStream) -> usize {
    stream.set_nonblocking(true).unwrap();
    let mut filling = 0;
    loop {
        match stream.write(b" ") {
            Ok(written) => filling += written,
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(error) => panic!("{error}"),
        }
    }
    stream.set_nonblocking(false).unwrap();
    filling
}
