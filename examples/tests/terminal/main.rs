//! The prompts, through a pseudo-terminal.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

#[path = "../common/mod.rs"]
mod common;
mod session;
mod warming;

use std::io::Write;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use common::{TRANSPORTS, folder, serve};
use hub_auth_testkit::Loopback;
use hub_auth_testkit::hub::demo;
use pty_process::blocking::Command;
use session::Session;

fn at<'a>(url: &'a str, transport: &'a str) -> [&'a str; 4] {
    ["--hub", url, "--transport", transport]
}

fn bodies(server: &Loopback) -> Vec<String> {
    server.requests().iter().map(|request| String::from_utf8(request.body.clone()).unwrap()).collect()
}

#[test]
fn a_wrong_code_is_typed_again_without_the_password() {
    for transport in TRANSPORTS {
        let server = serve(|_| {});
        let url = server.url().to_string();
        let mut session = Session::start(&at(&url, transport));
        session.expect("User name: ");
        assert!(session.echoes());
        session.type_in("alice\n");
        session.expect("Password or access token of alice (not shown): ");
        assert!(!session.echoes());
        // It connects while the password is typed.
        let asked = Instant::now();
        while server.connections() == 0 && asked.elapsed() < Duration::from_secs(60) {
            thread::yield_now();
        }
        assert_eq!((server.connections(), server.requests().len()), (1, 0));
        session.type_in(&format!("{}\n", demo::PASSWORD));
        let shown = session.expect("Code for alice (3 attempts left): ");
        assert!(shown.contains("two-factor") && !shown.contains(demo::PASSWORD), "{shown}");
        assert!(session.echoes());
        session.type_in(" \n");
        session.expect("the one-time code is empty");
        session.expect("Code for alice (3 attempts left): ");
        session.type_in("000000\n");
        let shown = session.expect("Code for alice (2 attempts left): ");
        assert!(shown.contains("refused the one-time code"), "{shown}");
        let code = server.code(demo::USER).unwrap();
        session.type_in(&format!("{} {}\n", &code[..3], &code[3..]));
        session.expect("Logged in to");
        let (code, _, echoes) = session.end();
        assert!(code == 0 && echoes);
        let bodies = bodies(&server);
        assert_eq!((bodies.len(), server.connections()), (3, 1));
        assert!(bodies[0].contains(demo::PASSWORD) && !bodies[1..].concat().contains(demo::PASSWORD));
    }
}

#[test]
fn what_was_typed_once_is_not_asked_for_again() {
    for transport in TRANSPORTS {
        let (server, cache) = (serve(|_| {}), folder(&format!("terminal-cache-{transport}")));
        let url = server.url().to_string();
        let args = [&at(&url, transport)[..], &["alice", "--cache"]].concat();
        let start = || Session::start_with(&args, |command| command.env("XDG_CACHE_HOME", &cache));
        let mut session = start();
        session.expect("Password or access token of alice (not shown): ");
        session.type_in(&format!("{}\n", demo::PASSWORD));
        session.expect("Code for alice (3 attempts left): ");
        session.type_in(&format!("{}\n", server.code(demo::USER).unwrap()));
        session.expect("Logged in to");
        assert_eq!(session.end().0, 0);
        let (code, shown, _) = start().end();
        assert!(code == 0 && shown.starts_with("Logged in to") && !shown.contains("Password"), "{shown}");
        assert_eq!(server.requests().len(), 2);
    }
}

#[test]
fn the_simulated_hub_shows_its_code_and_lets_it_be_typed() {
    for transport in TRANSPORTS {
        let mut session = Session::start(&["--sim", "--transport", transport]);
        session.expect("authenticator of alice shows ");
        let code = session.expect(".)").replace(".)", "");
        session.expect("Code for alice");
        session.type_in(&format!("{code}\n"));
        session.expect("Logged in to");
        assert_eq!(session.end().0, 0);
    }
}

#[test]
fn ctrl_c_at_the_hidden_prompt_restores_the_terminal() {
    let server = serve(|_| {});
    let mut session = Session::start(&["alice", "--hub", &server.url().to_string()]);
    session.expect("(not shown): ");
    assert!(!session.echoes());
    session.type_in("half a sec\u{3}");
    let (code, screen, echoes) = session.end();
    assert_eq!((code, echoes), (130, true), "{screen}");
    assert!(!screen.contains("half"));
    assert!(server.requests().is_empty());
}

#[test]
fn sigterm_at_the_hidden_prompt_restores_the_terminal() {
    let server = serve(|_| {});
    let mut session = Session::start(&["alice", "--hub", &server.url().to_string()]);
    session.expect("(not shown): ");
    assert!(!session.echoes());
    session.type_in("half a sec");
    session.signal("-TERM");
    let (code, screen, echoes) = session.end();
    assert_eq!((code, echoes), (130, true), "{screen}");
    assert!(!screen.contains("half"));
    assert!(server.requests().is_empty());
}

/// Each is typed amid the password and erased again. As a signal it would end the program, or at least drop the line.
#[test]
fn neither_ctrl_z_nor_ctrl_backslash_leaves_the_terminal_hidden() {
    for typed in ['\u{1a}', '\u{1c}'] {
        let server = serve(|_| {});
        let mut session = Session::start(&["bob", "--hub", &server.url().to_string()]);
        session.expect("(not shown): ");
        assert!(!session.echoes());
        let (half, rest) = demo::PASSWORD_WITHOUT_2FA.split_at(4);
        session.type_in(&format!("{half}{typed}\u{7f}{rest}\n"));
        let shown = session.expect("Logged in to");
        assert!(!shown.contains(half) && !shown.contains(rest) && !shown.contains('^'), "{shown}");
        assert_eq!(session.signals(), [0x1a, 0x1c]);
        let (code, screen, echoes) = session.end();
        assert!(code == 0 && echoes, "{screen}");
        assert_eq!(server.requests().len(), 1);
    }
}

#[test]
fn what_was_typed_ahead_is_not_the_secret() {
    let server = serve(|_| {});
    let mut session = Session::start(&["--hub", &server.url().to_string()]);
    session.expect("User name: ");
    // It has no turn until all is typed, or it might be asked for the password in between.
    session.signal("-STOP");
    session.type_in("bob\nnot the password\n");
    session.expect("not the password\r\n");
    session.signal("-CONT");
    session.expect("(not shown): ");
    session.type_in(&format!("{}\n", demo::PASSWORD_WITHOUT_2FA));
    session.expect("Logged in to");
    assert_eq!((session.end().0, server.requests().len()), (0, 1));
}

#[test]
fn ctrl_c_at_the_code_prompt_ends_130() {
    let mut session = Session::start(&["--sim"]);
    session.expect("Code for alice");
    session.type_in("\u{3}");
    assert_eq!(session.end().0, 130);
}

#[test]
fn the_end_of_input_gives_up() {
    let mut session = Session::start(&["--sim"]);
    session.expect("Code for alice");
    session.type_in("\u{4}");
    session.expect("second_factor_required");
    assert_eq!(session.end().0, 4);
    let mut session = Session::start(&["alice"]);
    session.expect("(not shown): ");
    session.type_in("\u{4}");
    let (code, screen, echoes) = session.end();
    assert!(code == 2 && echoes && screen.contains("usage"), "{screen}");
}

#[test]
fn no_prompt_asks_nothing() {
    for (args, code) in [(&["--no-prompt"][..], 2), (&["alice", "--no-prompt"], 2)] {
        let (ended, screen, _) = Session::start(args).end();
        assert_eq!(ended, code, "{screen}");
    }
    let server = serve(|_| {});
    let url = server.url().to_string();
    let password = |command: Command| command.env("DOCKER_PASSWORD", demo::PASSWORD);
    let (ended, screen, _) = Session::start_with(&["alice", "--no-prompt", "--hub", &url], password).end();
    assert_eq!(ended, 4, "{screen}");
}

/// A pipe on standard input means that nobody is there, unless it brings the secret.
#[test]
fn the_code_can_be_typed_while_the_secret_is_piped() {
    let server = serve(|_| {});
    let url = server.url().to_string();
    let piped = |command: Command| command.stdin(Stdio::piped());
    let mut session = Session::start_with(&["alice", "--hub", &url, "--secret-stdin"], piped);
    session.child.stdin.take().unwrap().write_all(demo::PASSWORD.as_bytes()).unwrap();
    session.expect("Code for alice");
    session.type_in(&format!("{}\n", server.code(demo::USER).unwrap()));
    session.expect("Logged in to");
    assert_eq!(session.end().0, 0);

    let mut session = Session::start_with(&["alice", "--hub", &url], piped);
    drop(session.child.stdin.take());
    let (code, screen, _) = session.end();
    assert_eq!(code, 2, "{screen}");
}

#[test]
fn not_even_a_terminal_gets_escape_sequences() {
    let no_color =
        |command: Command| command.env("NO_COLOR", "1").env("TERM", "xterm-256color").env("RUST_LOG", "debug");
    let (code, screen, _) = Session::start_with(&["--sim=rate-limited"], no_color).end();
    assert!(code == 5 && !screen.contains('\u{1b}'), "{screen}");
}
