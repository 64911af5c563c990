//! `--cache` and `--forget`: a session outlives the program, and what goes wrong with it fails no login.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use common::{LOGIN, Run, TRANSPORTS, folder, leave, login, login_at, serve, tokens};
use hub_auth_testkit::Loopback;
use hub_auth_testkit::hub::demo;
use serde_json::json;

const BOB: [&str; 4] = [demo::USER_WITHOUT_2FA, "--cache", "--json", "--print-token"];

/// A run without a secret.
fn bare(server: &Loopback, transport: &str, cache: &Path, args: &[&str]) -> Run {
    let run = login(args).args(&["--hub", &server.url().to_string(), "--transport", transport]);
    run.env("XDG_CACHE_HOME", cache.to_str().unwrap())
}

/// A run as [`BOB`], who has no second factor.
fn bob(server: &Loopback, transport: &str, cache: &Path) -> Run {
    bare(server, transport, cache, &BOB).secret(demo::PASSWORD_WITHOUT_2FA)
}

#[test]
fn the_code_is_asked_for_once() {
    for transport in TRANSPORTS {
        let (server, cache) = (serve(|_| {}), folder(&format!("cache-once-{transport}")));
        let args = [demo::USER, "--cache", "--json", "--print-token"];
        let first =
            login_at(&server, transport, demo::PASSWORD, &args).args(&["--code", &server.code("alice").unwrap()]);
        let first = first.env("XDG_CACHE_HOME", cache.to_str().unwrap()).run();
        assert_eq!((first.code, &first.json()["route"]), (0, &json!("users/2fa-login")), "{first:?}");

        let again = bare(&server, transport, &cache, &args).run();
        assert_eq!((again.code, again.json()), (0, first.json()), "neither code nor secret: {again:?}");
        let again = bare(&server, transport, &cache, &args).secret(demo::PASSWORD).run();
        assert_eq!((again.code, again.json()), (0, first.json()), "with the secret at hand: {again:?}");
        assert_eq!((server.requests().len(), server.connections()), (2, 1));

        let [file] = &tokens(&cache)[..] else { panic!("{:?}", tokens(&cache)) };
        let kept = fs::read_to_string(file).unwrap();
        assert!(kept.contains(first.json()["token"].as_str().unwrap()) && !kept.contains(demo::PASSWORD));
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(file), mode(file.parent().unwrap())), (0o600, 0o700));
    }
}

/// Twenty runs as bob: none is answered before all have started.
fn twenty(server: &Loopback, transport: &str, cache: &Path) {
    let silent = server.hub();
    let url = server.url().to_string();
    let start = || {
        let mut command = Command::new(LOGIN);
        command.args([demo::USER_WITHOUT_2FA, "--cache", "--json", "--hub", &url, "--transport", transport]);
        command.env_clear().env("XDG_CACHE_HOME", cache).env("DOCKER_PASSWORD", demo::PASSWORD_WITHOUT_2FA);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let runs: Vec<_> = (0..20).map(|_| start()).collect();
    drop(silent);
    for run in runs {
        let done = run.wait_with_output().unwrap();
        assert!(done.status.success() && done.stderr.is_empty(), "{done:?}");
    }
}

#[test]
fn twenty_processes_log_in_once() {
    for transport in TRANSPORTS {
        let (server, cache) = (serve(|_| {}), folder(&format!("cache-twenty-{transport}")));
        twenty(&server, transport, &cache);
        assert_eq!(server.requests().len(), 1, "cold");
        twenty(&server, transport, &cache);
        assert_eq!(server.requests().len(), 1, "kept");

        leave(&cache, 0);
        twenty(&server, transport, &cache);
        assert_eq!(server.requests().len(), 2, "at expiry");
    }
}

#[test]
fn home_is_where_the_cache_is_by_default() {
    let (server, home) = (serve(|_| {}), folder("cache-home"));
    let run = login_at(&server, "hyper", demo::PASSWORD_WITHOUT_2FA, &BOB);
    let done = run.env("HOME", home.to_str().unwrap()).run();
    assert_eq!((done.code, &*done.err, tokens(&home.join(".cache")).len()), (0, "", 1), "{done:?}");
}

#[test]
fn without_the_option_nothing_is_kept_or_used() {
    let (server, cache) = (serve(|_| {}), folder("cache-off"));
    let run = |args: &[&str]| {
        let run = login_at(&server, "hyper", demo::PASSWORD_WITHOUT_2FA, args);
        assert_eq!(run.env("XDG_CACHE_HOME", cache.to_str().unwrap()).run().code, 0);
    };
    run(&["bob"]);
    assert!(tokens(&cache).is_empty());
    run(&["bob", "--cache"]);
    run(&["bob"]);
    assert_eq!(server.requests().len(), 3);
}

#[test]
fn a_session_is_of_one_user_and_kind() {
    let (server, cache) = (serve(|_| {}), folder("cache-kinds"));
    let run = |args: &[&str]| bare(&server, "blocking", &cache, &["--cache", "--json"]).args(args);
    let done = run(&["alice"]).secret(demo::PAT).run();
    assert_eq!((done.code, &done.json()["kind"]), (0, &json!("pat")), "{done:?}");
    let done = run(&["Alice"]).run();
    assert_eq!((done.code, &done.json()["kind"]), (0, &json!("pat")), "{done:?}");
    for args in [&["alice", "--kind", "password"][..], &["alice", "--kind", "oat"], &["bob"]] {
        run(args).run().fails(2, "usage");
    }
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn forget_removes_it() {
    for transport in TRANSPORTS {
        let (server, cache) = (serve(|_| {}), folder(&format!("cache-forget-{transport}")));
        let forget = |args: &[&str]| bare(&server, transport, &cache, &["bob", "--forget"]).args(args).run();
        let origin = server.url().to_string();
        let origin = origin.trim_end_matches('/');
        let told = |kinds: &[&str]| json!({"user": "bob", "hub": origin, "forgotten": kinds});
        let done = forget(&["--json"]);
        assert_eq!((done.code, done.json(), &*done.err), (0, told(&[]), ""));

        assert_eq!(bob(&server, transport, &cache).run().code, 0);
        let done = forget(&["--json"]);
        assert_eq!((done.code, done.json(), &*done.err), (0, told(&["password"]), ""));
        assert!(tokens(&cache).is_empty());
        bare(&server, transport, &cache, &BOB).run().fails(2, "usage");

        assert_eq!(bob(&server, transport, &cache).run().code, 0);
        fs::write(&tokens(&cache)[0], "torn").unwrap();
        let done = forget(&[]);
        assert!(done.code == 0 && done.out.is_empty() && done.err.contains("by password"), "{done:?}");
        assert!(tokens(&cache).is_empty() && forget(&[]).err.contains("Nothing was kept"));
        assert_eq!(server.requests().len(), 2);
    }
}

#[test]
fn a_torn_file_is_said_and_replaced() {
    for transport in TRANSPORTS {
        let (server, cache) = (serve(|_| {}), folder(&format!("cache-torn-{transport}")));
        let run = || bob(&server, transport, &cache).run();
        assert_eq!(run().code, 0);
        let file = tokens(&cache).remove(0);
        let whole = fs::read(&file).unwrap();
        let other =
            String::from_utf8(whole.clone()).unwrap().replace("\"hub_auth_session\":1", "\"hub_auth_session\":2");
        for (damaged, named) in
            [(&whole[..whole.len() - 9], "not whole"), (b"canary", "not a"), (other.as_bytes(), "version")]
        {
            fs::write(&file, damaged).unwrap();
            let before = server.requests().len();
            let done = bare(&server, transport, &cache, &BOB).run();
            done.fails(2, "usage");
            assert!(done.err.contains(named), "{done:?}");
            let done = run();
            assert!(done.code == 0 && done.err.contains(named), "{done:?}");
            assert_eq!(done.err.matches("login: warning").count(), 1, "{done:?}");
            assert!(!done.err.contains("canary"), "{done:?}");
            let done = run();
            assert_eq!((done.code, &*done.err, server.requests().len() - before), (0, "", 1), "it is whole again");
        }
    }
}

#[test]
fn a_cache_that_fails_fails_no_login() {
    for transport in TRANSPORTS {
        let (server, folder) = (serve(|_| {}), folder(&format!("cache-fails-{transport}")));
        let no_folder = folder.join("file");
        fs::write(&no_folder, "").unwrap();
        let done = bob(&server, transport, &no_folder).run();
        assert!(done.code == 0 && done.err.contains("login: warning") && done.json()["user"] == "bob", "{done:?}");
        let done = bare(&server, transport, &no_folder, &BOB).run();
        done.fails(2, "usage");
        assert_eq!(done.err.matches("login: warning").count(), 1, "said once, of all kinds: {done:?}");
        let done = bare(&server, transport, &no_folder, &["bob", "--forget", "--json"]).run();
        done.fails(2, "usage");
        let done = login_at(&server, transport, demo::PASSWORD_WITHOUT_2FA, &BOB).run();
        assert!(done.code == 0 && done.err.contains("XDG_CACHE_HOME"), "{done:?}");
    }
}
