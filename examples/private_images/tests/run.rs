//! The program against the simulated Hub.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::process::{Command, Output};
use std::str;

use hub_auth_testkit::{Fault, Loopback, SimHub, demo};

fn run(server: &Loopback, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_private-images"));
    command.args(args).args(["--hub", &server.url().to_string()]).env_clear();
    command.env("DOCKER_USERNAME", demo::USER).env("DOCKER_PASSWORD", demo::PAT).output().unwrap()
}

#[test]
fn all_tags_are_listed_once() {
    let server = Loopback::start(SimHub::demo()).unwrap();
    let done = run(&server, &["alice/hello"]);
    let out = str::from_utf8(&done.stdout).unwrap();
    assert!(done.status.success(), "{done:?}");
    assert_eq!(out.lines().nth(1).unwrap(), "1.1000    4.77 MiB  2025-10-01  linux/amd64 linux/arm64");
    assert_eq!(out.lines().count(), 1 + 1000);
    assert!(out.lines().all(|line| line.len() <= 80));
    assert_eq!(server.requests().len(), 1 + 10);
    let done = run(&server, &["alice/hello", "--json"]);
    assert!(done.stdout.starts_with(br#"[{"name":"1.1000","#), "{done:?}");
}

#[test]
fn a_token_that_ends_on_the_way_is_renewed() {
    let mut hub = SimHub::demo();
    // The login and three pages, then a token that the Hub does not know any more, twice since it is seconds old.
    let unknown = || Fault::json(http::StatusCode::UNAUTHORIZED, r#"{"detail":"unauthorized"}"#);
    hub.script(Fault::Pass).script(Fault::Pass).script(Fault::Pass).script(Fault::Pass);
    hub.script(unknown()).script(unknown());
    let server = Loopback::start(hub).unwrap();
    let done = run(&server, &["alice/hello", "--json"]);
    assert!(done.status.success(), "{done:?}");
    let logins = server.requests().iter().filter(|request| request.target == "/v2/auth/token").count();
    assert_eq!(logins, 2);
}

#[test]
fn what_is_wrong_is_told() {
    let forbidden = Fault::json(http::StatusCode::FORBIDDEN, r#"{"detail":"access denied"}"#);
    let elsewhere = Fault::json(
        http::StatusCode::OK,
        r#"{"count":2,"next":"https://elsewhere.example/","results":[{"name":"1","full_size":1}]}"#,
    );
    for (repository, fault, named) in [
        ("alice/gone", Fault::Pass, "does not exist"),
        ("alice/hello", forbidden, "permissions"),
        ("alice/hello", elsewhere, "elsewhere.example"),
        ("hello", Fault::Pass, "NAMESPACE/NAME"),
    ] {
        let mut hub = SimHub::demo();
        hub.script(Fault::Pass).script(fault);
        let server = Loopback::start(hub).unwrap();
        let done = run(&server, &[repository]);
        let err = str::from_utf8(&done.stderr).unwrap();
        assert!(done.status.code() == Some(1) && done.stdout.is_empty() && err.contains(named), "{named}: {done:?}");
    }
}
