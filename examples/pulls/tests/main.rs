//! The program against the simulated Hub.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::str;

use http::StatusCode;
use hub_auth_testkit::{Fault, Loopback, SimHub, demo};
use tempfile::TempDir;

/// The counts of the simulated Hub, worked out by hand from its formula; 63 columns are the longest bar.
const MONTHS: &str = "\
2025-10    4,239 █████████████████████████████████████████████████████████
2025-11    4,405 ████████████████████████████████████████████████████████████
2025-12    4,605 ███████████████████████████████████████████████████████████████
";

/// The requests before the downloads: the login, the counts, the years, the months, the links.
const BEFORE: usize = 5;

fn pulls(server: &Loopback, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pulls"));
    command.args(args).args(["--hub", &server.url().to_string()]).env_clear();
    command.env("DOCKER_USERNAME", demo::USER).env("DOCKER_PASSWORD", demo::PAT);
    command
}

/// Runs the downloads in a new directory; their requests meet these faults.
fn download(faults: &[Fault]) -> (Loopback, TempDir, Output) {
    let before = std::iter::repeat_n(Fault::Pass, BEFORE);
    download_after(&before.chain(faults.iter().cloned()).collect::<Vec<_>>())
}

/// Runs the program in a new directory; its requests meet these faults.
fn download_after(faults: &[Fault]) -> (Loopback, TempDir, Output) {
    let mut hub = SimHub::demo();
    for fault in faults {
        hub.script(fault.clone());
    }
    let server = Loopback::start(hub).unwrap();
    let directory = TempDir::new().unwrap();
    let done = pulls(&server, &["acme", "--csv", directory.path().to_str().unwrap()]).output().unwrap();
    (server, directory, done)
}

fn files(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(directory).unwrap().map(Result::unwrap);
    entries.map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap())).collect()
}

fn message(done: &Output) -> &str {
    assert_eq!(done.status.code(), Some(1), "{done:?}");
    str::from_utf8(&done.stderr).unwrap()
}

#[test]
fn the_chart_shows_the_counts_of_the_hub() {
    let directory = TempDir::new().unwrap();
    let svg = directory.path().join("pulls.svg");
    let run = |args: &[&str]| Command::new(env!("CARGO_BIN_EXE_pulls")).args(args).env_clear().output().unwrap();
    assert_eq!(run(&["--sim"]).stdout, b"alice\nacme\n");

    let done = run(&["acme", "--sim", "--svg", svg.to_str().unwrap()]);
    assert_eq!(str::from_utf8(&done.stdout).unwrap(), MONTHS);
    let drawn = fs::read_to_string(&svg).unwrap();
    assert!(drawn.contains("Pulls of acme by month"), "{drawn}");
    for label in ["2025-10", "2025-11", "2025-12"] {
        assert!(drawn.contains(&format!("\n{label}\n")), "{drawn}");
    }

    let done = run(&["acme", "--sim", "--by", "week", "--months", "12"]);
    let out = str::from_utf8(&done.stdout).unwrap();
    assert_eq!(out.lines().count(), 51);
    assert!(out.starts_with("2025-01-06 ") && out.lines().all(|line| line.chars().count() <= 80), "{out}");
}

#[test]
fn a_download_survives_three_cuts() {
    let (_, whole, done) = download(&[]);
    assert!(done.status.success(), "{done:?}");
    let (server, cut, done) = download(&[Fault::Truncate(1000), Fault::Truncate(2000), Fault::Truncate(3000)]);
    assert!(done.status.success(), "{done:?}");
    assert_eq!(files(cut.path()), files(whole.path()));
    let names = ["acme-2025-month-12-summary-0.csv", "acme-2025-month-12-summary-1.csv"];
    assert!(files(cut.path()).keys().eq(names));

    let requests = server.requests();
    let with = |header: &str| {
        let downloads = requests.iter().filter(|request| request.target.starts_with("/exports/"));
        downloads.filter(|request| request.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(header))).count()
    };
    assert_eq!((with("host"), with("range"), with("authorization")), (2 + 3, 3, 0));
}

#[test]
fn a_faulty_file_is_not_kept_and_the_others_are() {
    let (_, whole, _) = download(&[]);
    let size = files(whole.path()).values().next().unwrap().len();
    let row = "a,b\n1\n";
    let malformed = row.to_owned() + &"\n".repeat(size - row.len());
    for (fault, named) in [
        (Fault::json(StatusCode::NOT_FOUND, "{}"), "localhost answered 404 Not Found: the link has ended"),
        (Fault::of_type(StatusCode::OK, "text/csv", row), "wrong size: the Hub announced"),
        (Fault::EndlessUnannounced(1_000_000), "wrong size: the Hub announced"),
        (Fault::of_type(StatusCode::OK, "text/csv", &malformed), "malformed: CSV error: record 1 (line: 2"),
    ] {
        let (_, directory, done) = download(&[fault]);
        assert!(message(&done).contains(named), "{named}: {done:?}");
        assert_eq!(files(directory.path()).len(), 1, "{named}");
    }
}

#[test]
fn an_expired_token_is_renewed_once() {
    let unknown = || Fault::json(StatusCode::UNAUTHORIZED, r#"{"detail":"unauthorized"}"#);
    // The counts, then a token that the Hub does not know any more, twice since it is seconds old.
    let (_, whole, done) = download_after(&[Fault::Pass, Fault::Pass, unknown(), unknown()]);
    assert!(done.status.success() && files(whole.path()).len() == 2, "{done:?}");

    let mut hub = SimHub::demo();
    hub.on_api_calls(unknown());
    let server = Loopback::start(hub).unwrap();
    assert!(message(&pulls(&server, &["acme"]).output().unwrap()).contains("log in again"));
    let server = Loopback::start(SimHub::demo()).unwrap();
    let unknown = pulls(&server, &["nobody"]).output().unwrap();
    assert!(message(&unknown).contains("404: the Hub has no /namespaces/nobody/pulls"), "{unknown:?}");
}

#[test]
#[cfg(unix)]
fn a_full_disk_ends_in_a_clear_message() {
    let directory = TempDir::new().unwrap();
    // A limit on the size of a file is met as a full disk is: by a write that fails.
    let script = "trap '' XFSZ; ulimit -f 8; exec \"$0\" acme --sim --csv \"$1\"";
    let mut command = Command::new("bash");
    command.args(["-c", script, env!("CARGO_BIN_EXE_pulls")]).arg(directory.path()).env_clear();
    let done = command.output().unwrap();
    assert!(message(&done).contains("make room or choose another directory"), "{done:?}");
    assert!(files(directory.path()).is_empty());
}
