//! The prompts and the spinner, through a pseudo-terminal.

use std::io::Write;
use std::process::Stdio;

use hub_auth_testkit::{Fault, Loopback, demo};
use pty_process::blocking::Command;

use crate::common::{TRANSPORTS, folder, serve};
use crate::pty::Session;

fn at<'a>(url: &'a str, transport: &'a str) -> [&'a str; 5] {
    ["login", "--hub", url, "--transport", transport]
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
        session.expect("expires:");
        let (code, _, echoes) = session.end();
        assert!(code == 0 && echoes);
        let bodies = bodies(&server);
        assert_eq!((bodies.len(), server.connections()), (3, 1));
        assert!(bodies[0].contains(demo::PASSWORD) && !bodies[1..].concat().contains(demo::PASSWORD));
    }
}

#[test]
fn what_was_typed_once_is_not_asked_for_again() {
    let (server, cache) = (serve(|_| {}), folder("terminal-cache"));
    let url = server.url().to_string();
    let start = || Session::start_with(&["login", "bob", "--hub", &url], |c| c.env("XDG_CACHE_HOME", &cache));
    let mut session = start();
    session.expect("(not shown): ");
    session.type_in(&format!("{}\n", demo::PASSWORD_WITHOUT_2FA));
    assert_eq!(session.end().0, 0);
    let (code, shown, _) = start().end();
    assert!(code == 0 && shown.contains("earlier login") && !shown.contains("Password"), "{shown}");
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn the_simulated_hub_shows_its_code_and_lets_it_be_typed() {
    let mut session = Session::start(&["login", "--sim"]);
    session.expect("authenticator of alice shows ");
    let code = session.expect(".)").replace(".)", "");
    session.expect("Code for alice");
    session.type_in(&format!("{code}\n"));
    session.expect("expires:");
    assert_eq!(session.end().0, 0);
}

/// Ctrl-C or a signal to end, at each prompt and in a wait: the terminal is as before, and nothing is sent.
#[test]
fn an_interrupt_ends_130_and_restores_the_terminal() {
    for (args, prompt, is_signal) in [
        (&["login"][..], "User name: ", false),
        (&["login", "alice"], "(not shown): ", false),
        (&["login", "alice"], "(not shown): ", true),
        (&["login", "--sim"], "Code for alice", false),
        (&["login", "--sim=silent", "--code=1"], "s left)", false),
    ] {
        let mut session = Session::start(args);
        let before = session.expect(prompt);
        let is_hidden = prompt.contains("not shown");
        assert_eq!(session.echoes(), !is_hidden);
        session.type_in("half");
        if is_signal {
            session.signal("-TERM");
        } else {
            session.type_in("\u{3}");
        }
        let (code, screen, echoes) = session.end();
        assert_eq!((code, echoes), (130, true), "{args:?}: {screen}");
        assert!(!is_hidden || !screen.contains("half"), "{screen}");
        // The spinner's line is erased, if there is one. It and what the terminal echoes behind it fit in one line.
        assert!(!prompt.contains("left") || screen.ends_with("\r\u{1b}[2K\r\n"), "{screen:?}");
        let screen = before + &screen;
        assert!(screen.split(['\n', '\r']).all(|line| line.chars().count() <= 80), "{screen:?}");
    }
}

/// Each is typed amid the password and erased again. As a signal it would end the program, or at least drop the line.
#[test]
fn neither_ctrl_z_nor_ctrl_backslash_leaves_the_terminal_hidden() {
    for typed in ['\u{1a}', '\u{1c}'] {
        let server = serve(|_| {});
        let mut session = Session::start(&["login", "bob", "--hub", &server.url().to_string()]);
        session.expect("(not shown): ");
        let (half, rest) = demo::PASSWORD_WITHOUT_2FA.split_at(4);
        session.type_in(&format!("{half}{typed}\u{7f}{rest}\n"));
        let shown = session.expect("expires:");
        assert!(!shown.contains(half) && !shown.contains(rest) && !shown.contains('^'), "{shown}");
        assert_eq!(session.signals(), [0x1a, 0x1c]);
        let (code, screen, echoes) = session.end();
        assert!(code == 0 && echoes, "{screen}");
        assert_eq!(server.requests().len(), 1);
    }
}

#[test]
fn what_was_typed_ahead_is_no_answer() {
    let server = serve(|_| {});
    let mut session = Session::start(&["login", "--hub", &server.url().to_string()]);
    session.expect("User name: ");
    // It has no turn until all is typed, or it might be asked for the password in between.
    session.signal("-STOP");
    session.type_in("bob\nnot the password\n");
    session.expect("not the password\r\n");
    session.signal("-CONT");
    session.expect("(not shown): ");
    session.type_in(&format!("{}\n", demo::PASSWORD_WITHOUT_2FA));
    session.expect("expires:");
    assert_eq!((session.end().0, server.requests().len()), (0, 1));
}

/// linux-pam/linux-pam#347: the second pasted line was sent as the one-time code.
#[test]
fn a_second_pasted_line_is_neither_the_code_nor_for_the_shell() {
    let server = serve(|_| {});
    let mut session = Session::start_in_a_shell(&format!("login alice --hub {}", server.url()));
    session.expect("(not shown): ");
    session.type_in(&format!("{}\n123456\n", demo::PASSWORD));
    session.expect("Code for alice (3 attempts left): ");
    session.type_in(&format!("{}\necho for the shell\n", server.code(demo::USER).unwrap()));
    session.expect("expires:");
    session.expect("left 0");
    assert_eq!(server.requests().len(), 2);
}

/// Each would be a wrong password at the Hub, which counts those.
#[test]
fn what_is_no_whole_line_of_text_is_not_sent() {
    let cut = "x".repeat(5000);
    for (typed, code, named) in [
        // The terminal drops what is beyond its line without a word (concourse/concourse#5717).
        (&*format!("{}\n", &cut[..4095]), 2, "--secret-stdin"),
        (&format!("{cut}\n"), 2, "--secret-stdin"),
        // A paste between the marks of bracketed paste (hashicorp/vault-ssh-helper#84, Eugeny/tabby#4042).
        ("\u{1b}[200~hunter2 is not enough\u{1b}[201~\n", 2, "control character"),
        // Ctrl-D hands over half of a line, and a second one ends the input (conradkleinespel/rpassword#29).
        ("hunter2\u{4}\u{4}", 2, "no secret"),
    ] {
        let server = serve(|_| {});
        let mut session = Session::start(&["login", "bob", "--hub", &server.url().to_string()]);
        session.expect("(not shown): ");
        session.type_in(typed);
        session.expect(named);
        let (ended, screen, echoes) = session.end();
        assert_eq!((ended, echoes, server.connections()), (code, true, 0), "{screen}");
    }
    // The longest line, in two pieces.
    let server = serve(|_| {});
    let mut session = Session::start(&["login", "bob", "--hub", &server.url().to_string()]);
    session.expect("(not shown): ");
    session.type_in(&format!("{}\u{4}{}\n", &cut[..94], &cut[..4000]));
    session.expect("credentials_refused");
    assert_eq!(session.end().0, 3);
    assert!(bodies(&server)[0].contains(&format!("\"{}\"", &cut[..4094])));
}

#[test]
fn the_end_of_input_gives_up() {
    let mut session = Session::start(&["login", "--sim"]);
    session.expect("Code for alice");
    session.type_in("\u{4}");
    session.expect("second_factor_required");
    assert_eq!(session.end().0, 4);
    let mut session = Session::start(&["login", "alice"]);
    session.expect("(not shown): ");
    session.type_in("\u{4}");
    let (code, screen, echoes) = session.end();
    assert!(code == 2 && echoes && screen.contains("usage"), "{screen}");
}

#[test]
fn no_prompt_asks_nothing() {
    for args in [&["login", "--no-prompt"][..], &["login", "alice", "--no-prompt"]] {
        let (ended, screen, _) = Session::start(args).end();
        assert_eq!(ended, 2, "{screen}");
    }
    let server = serve(|_| {});
    let url = server.url().to_string();
    let password = |command: Command| command.env("DOCKER_PASSWORD", demo::PASSWORD);
    let (ended, screen, _) = Session::start_with(&["login", "alice", "--no-prompt", "--hub", &url], password).end();
    assert_eq!(ended, 4, "{screen}");
}

/// A pipe on standard input means that nobody is there, unless it brings the secret.
#[test]
fn the_code_can_be_typed_while_the_secret_is_piped() {
    let server = serve(|_| {});
    let url = server.url().to_string();
    let piped = |command: Command| command.stdin(Stdio::piped());
    let mut session = Session::start_with(&["login", "alice", "--hub", &url, "--secret-stdin"], piped);
    session.child.stdin.take().unwrap().write_all(demo::PASSWORD.as_bytes()).unwrap();
    session.expect("Code for alice");
    session.type_in(&format!("{}\n", server.code(demo::USER).unwrap()));
    session.expect("expires:");
    assert_eq!(session.end().0, 0);

    let mut session = Session::start_with(&["login", "alice", "--hub", &url], piped);
    drop(session.child.stdin.take());
    let (code, screen, _) = session.end();
    assert_eq!(code, 2, "{screen}");
}

#[test]
fn a_slow_step_and_a_wait_show_what_is_done_and_the_time_left() {
    let wait = Fault::json(hub_auth_core::http::StatusCode::TOO_MANY_REQUESTS, "{}");
    let Fault::Answer(mut answer) = wait else { panic!("no answer") };
    answer.headers_mut().insert("retry-after", 2.into());
    let server = serve(|hub| {
        hub.script(Fault::Answer(answer)).script(Fault::Stall);
    });
    let url = server.url().to_string();
    let args = ["login", "bob", "--hub", &url, "--timeout", "2", "--tries", "2"];
    let mut session = Session::start_with(&args, |c| c.env("DOCKER_PASSWORD", demo::PASSWORD_WITHOUT_2FA));
    session.expect("waiting, as Docker Hub asks (");
    session.expect("users/login, attempt 2 (");
    session.expect("timed_out");
    assert_eq!(session.end().0, 7);
}

#[test]
fn no_color_is_heeded() {
    let no_color = |command: Command| command.env("NO_COLOR", "1").env("RUST_LOG", "debug");
    let (code, screen, _) = Session::start_with(&["login", "--sim=wrong-password"], no_color).end();
    assert!(code == 3 && !screen.contains("\u{1b}[1m") && !screen.contains("\u{1b}[31m"), "{screen}");
    let (_, screen, _) = Session::start(&["login", "--sim=wrong-password"]).end();
    assert!(screen.contains("\u{1b}[1m\u{1b}[31mhub-auth:"), "{screen:?}");
}
