//! Kept sessions: what `login`, `token`, `status` and `logout` do with them. What goes wrong with the store fails no login.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use hub_auth_testkit::{Loopback, demo};
use serde_json::json;

use crate::common::{Run, TRANSPORTS, folder, hub_auth, leave, serve, tokens};

/// A command against this server, with this cache.
fn at(server: &Loopback, cache: &Path, args: &[&str]) -> Run {
    let run = hub_auth(args).args(&["--hub", server.url().to_string().trim_end_matches('/')]);
    run.env("XDG_CACHE_HOME", cache.to_str().unwrap())
}

/// A login of bob, who has no second factor.
fn bob(server: &Loopback, cache: &Path, args: &[&str]) -> Run {
    at(server, cache, &["login", "bob", "--json"]).args(args).secret(demo::PASSWORD_WITHOUT_2FA)
}

#[test]
fn the_code_is_asked_for_once() {
    for transport in TRANSPORTS {
        let (server, cache) = (serve(|_| {}), folder(&format!("store-once-{transport}")));
        let args = ["login", "alice", "--json", "--print-token", "--transport", transport];
        let code = server.code("alice").unwrap();
        let first = at(&server, &cache, &args).args(&["--code", &code]).secret(demo::PASSWORD).run();
        assert_eq!((first.code, &first.json()["from_store"]), (0, &json!(false)), "{first:?}");
        for run in [at(&server, &cache, &args), at(&server, &cache, &args).secret(demo::PASSWORD)] {
            let again = run.run();
            let (told, token) = (again.json(), &first.json()["token"]);
            assert_eq!((again.code, &told["from_store"], &told["token"]), (0, &json!(true), token), "{again:?}");
        }
        assert_eq!((server.requests().len(), server.connections()), (2, 1));
        let done = at(&server, &cache, &["login", "alice"]).run();
        assert!(done.err.contains("session of an earlier login") && done.err.contains("--anyway"), "{done:?}");

        let [file] = &tokens(&cache)[..] else { panic!("{:?}", tokens(&cache)) };
        let kept = fs::read_to_string(file).unwrap();
        assert!(kept.contains(first.json()["token"].as_str().unwrap()) && !kept.contains(demo::PASSWORD));
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(file), mode(file.parent().unwrap())), (0o600, 0o700));
    }
}

#[test]
fn anyway_logs_in_anew_and_no_store_neither_keeps_nor_uses() {
    let (server, cache) = (serve(|_| {}), folder("store-anyway"));
    assert_eq!(bob(&server, &cache, &["--no-store"]).run().code, 0);
    assert!(tokens(&cache).is_empty());
    for args in [&[][..], &["--anyway"], &["--no-store"]] {
        assert_eq!(bob(&server, &cache, args).run().json()["from_store"], json!(false));
    }
    assert_eq!(bob(&server, &cache, &["--cache"]).run().json()["from_store"], json!(true));
    assert_eq!(server.requests().len(), 4);
}

/// A refused secret is not sent again, by no process that shares the store, unless that is asked for.
#[test]
fn a_refusal_is_remembered_until_login_anyway() {
    for transport in TRANSPORTS {
        let (server, cache) = (serve(|_| {}), folder(&format!("store-refusal-{transport}")));
        let wrong = |args: &[&str]| {
            let args = [&["login", "bob", "--json", "--transport", transport], args].concat();
            at(&server, &cache, &args).secret("wrong").run()
        };
        wrong(&[]).fails(3, "credentials_refused");
        let held = wrong(&[]);
        held.fails(5, "locked_out");
        assert!(held.err.contains("--anyway"), "{held:?}");
        assert_eq!(server.requests().len(), 1);
        wrong(&["--anyway"]).fails(3, "credentials_refused");
        let right = bob(&server, &cache, &["--transport", transport]).run();
        assert_eq!((right.code, server.requests().len()), (0, 3), "another secret is free of it: {right:?}");
    }
}

#[test]
fn token_prints_a_good_token_and_nothing_else() {
    for transport in TRANSPORTS {
        let (server, cache) = (serve(|_| {}), folder(&format!("store-token-{transport}")));
        let token = || at(&server, &cache, &["token", "--transport", transport]);
        assert_eq!(token().run().code, 2, "nothing is kept");
        let first = token().args(&["bob"]).secret(demo::PASSWORD_WITHOUT_2FA).run();
        let kept = token().run();
        assert_eq!((first.code, kept.code, &first.out), (0, 0, &kept.out), "{first:?} {kept:?}");
        assert!(first.out.starts_with("eyJ") && first.out.ends_with('\n') && first.err.is_empty(), "{first:?}");
        assert_eq!(server.requests().len(), 1);
        // It is about to end: renewed if the secret is at hand, else an error.
        leave(&cache, 30_000);
        assert_eq!(token().run().code, 2);
        let renewed = token().env("DOCKER_USERNAME", "bob").env("DOCKER_PASSWORD", demo::PASSWORD_WITHOUT_2FA).run();
        assert!(renewed.code == 0 && renewed.out != first.out, "{renewed:?}");
        assert_eq!(server.requests().len(), 2);
        let other = token().args(&["alice"]).secret(demo::PAT).run();
        assert_eq!(other.code, 0, "{other:?}");
        let two = token().run();
        assert!(two.code == 2 && two.err.contains("alice, bob"), "{two:?}");
    }
}

#[test]
fn status_shows_what_is_kept_and_logout_removes_it() {
    let (server, cache) = (serve(|_| {}), folder("store-status"));
    let url = server.url().to_string();
    let plain = |args: &[&str]| hub_auth(args).env("XDG_CACHE_HOME", cache.to_str().unwrap()).run();
    assert!(plain(&["status"]).err.contains("No session is kept"));
    assert_eq!(bob(&server, &cache, &[]).run().code, 0);
    let pat = at(&server, &cache, &["login", "alice"]).secret(demo::PAT).run();
    assert!(pat.err.contains(&format!("kept in:  {}", cache.join("hub-auth").display())), "{pat:?}");
    let shown = plain(&["status"]);
    assert!(shown.out.contains("bob at") && shown.out.contains("alice at") && shown.out.contains("good until"));
    let told = plain(&["status", "bob", "--json"]).json();
    let bob = &told["sessions"][0];
    assert_eq!((&bob["user"], &bob["kind"], &bob["good"]), (&json!("bob"), &json!("password"), &json!(true)));
    assert_eq!(bob["hub"], url.trim_end_matches('/'));

    assert!(plain(&["logout"]).err.contains("--all"));
    assert_eq!(plain(&["logout", "carol", "--json"]).json()["forgotten"], json!([]));
    assert_eq!(plain(&["logout", "bob", "--hub", "https://hub.docker.com", "--json"]).json()["forgotten"], json!([]));
    assert_eq!(plain(&["logout", "Bob", "--json"]).json()["forgotten"], json!(["password"]));
    assert_eq!(
        at(&server, &cache, &["login", "alice", "--forget", "--json"]).run().json()["forgotten"],
        json!(["pat"])
    );
    assert!(tokens(&cache).is_empty() && server.requests().len() == 2);
}

#[test]
fn home_is_where_sessions_are_kept_by_default() {
    let (server, home) = (serve(|_| {}), folder("store-home"));
    let url = server.url().to_string();
    let login = || hub_auth(&["login", "bob", "--hub", &url]).secret(demo::PASSWORD_WITHOUT_2FA);
    assert_eq!(login().env("HOME", home.to_str().unwrap()).run().code, 0);
    assert_eq!(tokens(&home.join(".cache")).len(), 1);
    let done = login().run();
    assert!(done.code == 0 && done.err.contains("XDG_CACHE_HOME"), "{done:?}");
}

#[test]
fn a_store_that_fails_is_told_and_fails_no_login() {
    let (server, cache) = (serve(|_| {}), folder("store-torn"));
    for transport in TRANSPORTS {
        let warned = |cache: &Path| {
            let done = bob(&server, cache, &["--transport", transport]).run();
            assert_eq!((done.code, &done.json()["user"]), (0, &json!("bob")), "{done:?}");
            assert!(!done.err.contains("canary"), "{done:?}");
            done.err.contains("hub-auth: warning")
        };
        warned(&cache);
        let file = tokens(&cache).remove(0);
        let whole = fs::read(&file).unwrap();
        for damaged in [&whole[..whole.len() - 9], b"canary"] {
            fs::write(&file, damaged).unwrap();
            assert!(warned(&cache) && !warned(&cache), "it is whole again");
        }
        assert!(warned(&file), "a file is no folder");
        fs::remove_file(file).unwrap();
    }
    let file = cache.join("file");
    fs::write(&file, "").unwrap();
    at(&server, &file, &["logout", "bob", "--json"]).run().fails(2, "usage");
}
