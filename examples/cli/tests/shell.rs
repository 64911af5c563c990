//! Help, completions and manual pages.

use std::process::{Command, Stdio};

use crate::common::{HUB_AUTH, hub_auth, installed};

const COMMANDS: [&str; 9] = ["login", "token", "status", "logout", "api", "plan", "sim", "completions", "man"];

#[test]
fn help_and_version_are_output() {
    for (option, start) in [("--help", "Logs in"), ("-h", "Logs in"), ("--version", "hub-auth "), ("-V", "hub-auth ")] {
        let done = hub_auth(&[option]).run();
        assert!(done.code == 0 && done.out.starts_with(start) && done.err.is_empty(), "{done:?}");
    }
}

#[test]
fn no_line_of_help_is_wider_than_80_columns() {
    let pages = COMMANDS.map(|command| hub_auth(&[command, "--help"]).run());
    for done in pages.into_iter().chain([hub_auth(&["--help"]).run(), hub_auth(&["sim", "--list"]).run()]) {
        assert_eq!(done.code, 0, "{done:?}");
        assert!(done.out.lines().all(|line| line.chars().count() <= 80 || line.contains('/')), "{}", done.out);
    }
}

#[test]
fn a_mistake_is_answered_by_a_suggestion_and_repeats_nothing() {
    for (args, named) in [
        (&["logni", "canary"][..], "did you mean"),
        (&["canary"], "no such command"),
        (&["login", "help"], "did you mean --help?"),
        (&["login", "--transprt=canary"], "did you mean --transport?"),
        (&["login", "--transport=canary"], "hyper or blocking"),
        (&["login", "alice", "canary"], "--secret-stdin"),
        (&["login", "--sim=canary"], "--list"),
        (&["login", "--sim", "--hub=http://localhost"], "excludes"),
        (&["login", "--totp-stdin", "--code", "canary"], "excludes"),
        (&["login", "--docker-config", "canary"], "excludes"),
        (&["login", "--timeout=NaN"], "--timeout"),
        (&["login", "--tries=256"], "1 to 255"),
        (&["login", "--json=canary"], "--json"),
        (&[], "give a command"),
    ] {
        let done = hub_auth(args).run();
        assert!(done.code == 2 && done.out.is_empty() && done.err.contains(named), "{args:?}: {done:?}");
        assert!(!done.err.contains("canary"), "{done:?}");
    }
}

#[test]
fn manual_pages_are_written() {
    for command in COMMANDS {
        let done = hub_auth(&["man", command]).run();
        assert!(done.code == 0 && done.out.contains(".TH"), "{done:?}");
    }
}

/// Loads each script in its own shell, and asks bash and fish to complete with it.
#[test]
fn completions_load() {
    for (shell, line) in [
        (
            "bash",
            r#"eval "$("$0" completions bash)"; COMP_WORDS=(hub-auth lo) COMP_CWORD=1; _hub__auth hub-auth lo hub-auth
                    echo "${COMPREPLY[@]}""#,
        ),
        // Its completion functions are defined by `compinit`. `-D` keeps that from writing a file.
        (
            "zsh",
            r#"autoload -U compinit && compinit -u -D && eval "$("$0" completions zsh)" && echo $_comps[hub-auth] login logout"#,
        ),
        ("fish", "$argv[1] completions fish | source; complete -C 'hub-auth lo'"),
    ] {
        let script = hub_auth(&["completions", shell]).run();
        assert!(script.code == 0 && COMMANDS.iter().all(|command| script.out.contains(command)), "{shell}");
        let done = Command::new(shell).args(["-c", line, HUB_AUTH]).stdin(Stdio::null()).output();
        let Some(done) = installed(shell, done) else { continue };
        let (out, err) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
        assert!(done.status.success() && err.is_empty(), "{shell}: {done:?}");
        assert!(out.contains("login") && out.contains("logout"), "{shell}: {done:?}");
    }
}
