//! What cannot be used is refused with its name, before anything is sent.

use crate::common::{Done, TRANSPORTS, folder, login, login_at, serve};

fn refused(done: &Done, named: &str) {
    let told = done.fails(2, "usage");
    let advice = told["advice"].as_str().unwrap();
    let unwrapped = done.err.replace("\n            ", " ");
    assert!(advice.contains(named) && unwrapped.contains(named), "{named}: {done:?}");
}

#[test]
fn users_secrets_and_codes() {
    let server = serve(|_| {});
    for transport in TRANSPORTS {
        for (user, secret, more, named) in [
            ("", "x", &[][..], "user name is empty"),
            (" \u{a0}", "x", &[], "user name is empty"),
            ("ali\u{1b}ce", "x", &[], "user name contains a control character"),
            ("ali\nce", "x", &[], "user name contains a control character"),
            ("alice", "", &[], "password is empty"),
            ("alice", "\r\n", &[], "password is empty"),
            ("alice", "  ", &[], "password is empty"),
            ("alice", "x\n\n", &[], "password contains a control character"),
            ("alice", "x\ty", &[], "password contains a control character"),
            ("alice", "x\u{85}", &[], "password contains a control character"),
            ("alice", "", &["--kind", "pat"], "personal access token is empty"),
            ("alice", "dckr_pat_\u{7}", &[], "personal access token contains a control character"),
            ("acme", "", &["--kind", "oat"], "organization access token is empty"),
            ("alice", "x", &["--code", ""], "one-time code is empty"),
            ("alice", "x", &["--code", " - "], "one-time code is empty"),
            ("alice", "x", &["--code", "12\u{7}3456"], "one-time code contains a control character"),
        ] {
            let done = login_at(&server, transport, secret, &[user, "--json"]).args(more).run();
            refused(&done, named);
        }
    }
    assert_eq!(server.connections(), 0);
}

/// A quoted token of an `--env-file` (moby/moby#46773) would be a counted wrong password.
#[test]
fn a_token_with_a_foreign_character_is_not_sent() {
    let server = serve(|_| {});
    let done =
        login(&["alice", "--json", "--hub", &server.url().to_string()]).env("DOCKER_PASSWORD", "\"dckr_pat_x\"").run();
    refused(&done, "U+0022");
    assert_eq!(server.connections(), 0);
    // PowerShell's byte order mark is cut (lima-vm/lima#5280).
    let secret = format!("\u{feff}{}\r\n", hub_auth_testkit::demo::PAT);
    assert_eq!(login_at(&server, "hyper", &secret, &["alice"]).run().code, 0);
}

#[test]
fn variables_are_named_too() {
    let server = serve(|_| {});
    let url = server.url().to_string();
    let login = |user: &str, secret: &str| {
        login(&["--hub", &url, "--json"]).env("DOCKER_USERNAME", user).env("DOCKER_PASSWORD", secret).run()
    };
    refused(&login("alice", "\t"), "DOCKER_PASSWORD: the password");
    // An empty variable counts as unset.
    refused(&login("alice", ""), "or set DOCKER_PASSWORD");
    refused(&login("", "x"), "set DOCKER_USERNAME");
    assert_eq!(server.connections(), 0);
}

#[test]
fn what_is_missing_is_named() {
    for option in ["--no-prompt", "--json"] {
        refused(&login(&["--json", option]).run(), "DOCKER_USERNAME");
        refused(&login(&["alice", "--json", option]).run(), "--secret-stdin");
    }
}

#[test]
fn base_urls() {
    for transport in TRANSPORTS {
        for (base, named) in [
            ("http://hub.docker.com", "not https"),
            ("http://127.0.0.1.example.org", "not https"),
            ("ftp://localhost", "not https"),
            ("https://user:canary@localhost", "user name or password"),
            ("https://canary@localhost", "user name or password"),
            ("https://", "no scheme or no host"),
            ("https:///v2", "no scheme or no host"),
            ("/v2", "no scheme or no host"),
            ("hub.docker.com", "no scheme or no host"),
            ("", "no scheme or no host"),
            ("https://local host", "no scheme or no host"),
            ("https://localhost/?canary=1", "query"),
        ] {
            let done = login(&["alice", "--hub", base, "--json", "--transport", transport]).secret("x").run();
            refused(&done, "base URL");
            refused(&done, named);
            assert!(!format!("{done:?}").contains("canary"), "{done:?}");
        }
    }
}

#[test]
fn ca_files() {
    let folder = folder("ca_files");
    let text = folder.join("text.pem");
    std::fs::write(&text, "no certificate").unwrap();
    let missing = folder.join("missing.pem");
    for file in [&text, &missing, &folder] {
        let done = login(&["alice", "--ca", file.to_str().unwrap(), "--json"]).secret("x").run();
        refused(&done, "--ca");
    }
}

#[test]
fn arguments_in_the_wrong_place_are_not_repeated() {
    for args in [&["alice", "canary"][..], &["--password=canary", "alice"], &["alice", "--json=canary"]] {
        let done = login(args).args(&["--json"]).run();
        done.fails(2, "usage");
        assert!(!format!("{done:?}").contains("canary"), "{done:?}");
    }
    // After a double dash it is a user name, not the option.
    let done = login(&["--", "--json"]).run();
    assert_eq!((done.code, &*done.out), (2, ""), "{done:?}");
}

#[test]
fn a_secret_that_never_ends_is_not_read_to_its_end() {
    let server = serve(|_| {});
    let done = login_at(&server, "hyper", &"x".repeat(1 << 20), &["alice", "--json"]).run();
    refused(&done, "64 KiB");
    assert_eq!(server.connections(), 0);
}
