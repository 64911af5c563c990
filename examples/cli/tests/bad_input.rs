//! Checks that the program refuses bad input before it sends anything, names the source of the input, and repeats none of it.
//! The library has the rules themselves.

use crate::common::{Done, folder, login, login_at, serve};

fn refused(done: &Done, named: &str) {
    let told = done.fails(2, "usage");
    let advice = told["advice"].as_str().unwrap();
    let unwrapped = done.err.replace("\n            ", " ");
    assert!(advice.contains(named) && unwrapped.contains(named), "{named}: {done:?}");
    assert!(!format!("{done:?}").contains("canary"), "{done:?}");
}

#[test]
fn users_secrets_and_codes() {
    let server = serve(|_| {});
    for (user, secret, more, named) in [
        ("", "x", &[][..], "[USER]: the user name is empty"),
        ("ali\u{1b}ce", "x", &[], "[USER]: the user name contains a control character"),
        ("alice", "\r\n", &[], "standard input: the password is empty"),
        ("alice", "canary\n\n", &[], "standard input: the password contains a control character"),
        ("alice", "dckr_pat_\u{7}canary", &[], "personal access token contains a control character"),
        ("acme", "", &["--kind", "oat"], "organization access token is empty"),
        ("alice", "x", &["--code", " - "], "--code: the one-time code is empty"),
        ("alice", "x", &["--code", "canary\u{7}3456"], "one-time code contains a control character"),
        ("alice", "x", &["--hub", "http://canary.docker.com"], "not https"),
        ("alice", "x", &["--hub", "https://user:canary@localhost"], "base URL holds a user name or password"),
        ("alice", "x", &["--hub", "hub.docker.com"], "base URL has no scheme or no host"),
        ("alice", "x", &["--hub", "https://localhost/?canary=1"], "query"),
        ("alice", &"canary".repeat(1 << 18), &[], "longer than 64 KiB"),
    ] {
        refused(&login_at(&server, "hyper", secret, &[user, "--json"]).args(more).run(), named);
    }
    assert_eq!(server.connections(), 0);
}

#[test]
fn variables_and_what_is_missing() {
    let server = serve(|_| {});
    let login = |args: &[&str], user: &str, secret: &str| {
        let run = login(args).args(&["--hub", &server.url().to_string(), "--json"]);
        run.env("DOCKER_USERNAME", user).env("DOCKER_PASSWORD", secret).run()
    };
    refused(&login(&[], "alice", "canary\t"), "DOCKER_PASSWORD: the password");
    // A quoted token of an `--env-file` (moby/moby#46773) would be a counted wrong password.
    refused(&login(&[], "alice", "\"dckr_pat_canary\""), "U+0022");
    refused(&login(&[], "a\u{7}b", "x"), "user name contains");
    // An empty variable counts as unset.
    refused(&login(&[], "alice", ""), "or set DOCKER_PASSWORD");
    refused(&login(&["--no-prompt"], "", "x"), "DOCKER_USERNAME is not");
    refused(&login(&["--no-prompt"], "", ""), "set DOCKER_USERNAME");
    refused(&login(&["alice", "--no-prompt"], "", ""), "--secret-stdin");
    assert_eq!(server.connections(), 0);
    // PowerShell's byte order mark is cut (lima-vm/lima#5280).
    let secret = format!("\u{feff}{}\r\n", hub_auth_testkit::demo::PAT);
    assert_eq!(login_at(&server, "hyper", &secret, &["alice"]).run().code, 0);
}

#[test]
fn ca_files() {
    let folder = folder("ca_files");
    let text = folder.join("text.pem");
    std::fs::write(&text, "no certificate").unwrap();
    for file in [&text, &folder.join("missing.pem"), &folder] {
        refused(&login(&["alice", "--ca", file.to_str().unwrap(), "--json"]).secret("x").run(), "--ca");
    }
}

#[test]
fn arguments_in_the_wrong_place_are_not_repeated() {
    for args in [&["alice", "canary"][..], &["--password=canary", "alice"], &["alice", "--json=canary"]] {
        refused(&login(args).args(&["--json"]).run(), "");
    }
    // After a double dash it is a user name, not the option.
    let done = login(&["--", "--json"]).run();
    assert_eq!((done.code, &*done.out), (2, ""), "{done:?}");
}
