//! The source of an account: the first that has one is used and named, and a broken one ends the search.

use std::fs;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hub_auth_core::UnixTime;
use hub_auth_testkit::demo;
use serde_json::json;

use crate::common::{Run, TRANSPORTS, folder, hub_auth, program, serve};

const KEY: &str = "https://index.docker.io/v1/";
/// A helper that knows bob's password.
const HELPER: &str = r#"read -r key; echo '{"ServerURL":"","Username":"bob","Secret":"hunter2 is not enough"}'"#;

fn entry(user: &str, secret: &str) -> String {
    json!({"auths": {KEY: {"auth": STANDARD.encode(format!("{user}:{secret}"))}}}).to_string()
}

/// A command that finds docker's file, docker's helper and the kept sessions in this folder.
fn at(folder: &Path, args: &[&str], config: &str) -> Run {
    fs::write(folder.join("config.json"), config).unwrap();
    let folder = folder.to_str().unwrap();
    hub_auth(args).env("DOCKER_CONFIG", folder).env("PATH", folder).env("XDG_CACHE_HOME", folder)
}

#[test]
fn status_and_login_name_the_source() {
    let (server, folder) = (serve(|_| {}), folder("sources-named"));
    let url = server.url().to_string();
    let file = folder.join("config.json").display().to_string();
    program(&folder.join("docker-credential-test"), HELPER);
    let helper = format!("{file} by docker-credential-test");
    let (by_helper, in_file) = (r#"{"credsStore":"test"}"#, entry("alice", demo::PAT));
    let status = |config: &str, variables: [(&str, &str); 2]| {
        let run = at(&folder, &["status", "--json", "--hub", &url], config);
        variables.iter().fold(run, |run, (name, value)| run.env(name, value)).run().json()
    };
    let nothing = [("DOCKER_PASSWORD", ""), ("DOCKER_USERNAME", "")];
    let bob = json!({"user": "bob", "source": helper});
    assert_eq!(status(by_helper, nothing)["docker"], bob);
    assert_eq!(status(&in_file, nothing)["docker"], json!({"user": "alice", "source": file}));
    let torn = status("{", nothing)["docker"]["error"].to_string();
    assert!(torn.contains(&file) && torn.contains("line 1"), "{torn}");
    for [user, secret] in [["DOCKER_USERNAME", "DOCKER_PASSWORD"], ["DOCKERHUB_USERNAME", "DOCKERHUB_TOKEN"]] {
        let told = status("{}", [(user, "bob"), (secret, "x")]);
        assert_eq!((&told["account"], &told["docker"]), (&json!({"user": "bob", "source": secret}), &json!(null)));
    }

    let login = |args: &[&str]| at(&folder, &[&["login", "--hub", &url], args].concat(), by_helper);
    let done = login(&["--docker-config"]).run();
    let shown = done.err.replace("\n            ", " ");
    assert!(done.code == 0 && shown.contains(&format!("account:  from {helper}")), "{done:?}");
    assert_eq!(status("{}", nothing)["account"], json!({"user": "bob", "source": "a kept session"}));
    let done = at(&folder, &["status", "--hub", &url], by_helper).run();
    assert!(done.out.contains("Next account: bob, from a kept session\n"), "{done:?}");
    // A refused secret is found by the name of its source.
    let done = login(&["bob", "--no-store"]).env("DOCKER_PASSWORD", "stale").run();
    assert!(done.code == 3 && done.err.contains("account:  from DOCKER_PASSWORD"), "{done:?}");
}

/// Another user's name would send the secret for the wrong account.
#[test]
fn a_secret_of_the_environment_goes_with_the_user_beside_it_only() {
    for (args, variables, user) in [
        (&[][..], &[("DOCKER_USERNAME", "alice")][..], None),
        (&[], &[], None),
        (&[], &[("DOCKER_USERNAME", "alice"), ("DOCKERHUB_USERNAME", "bob")], Some("bob")),
        (&["bob"], &[("DOCKER_USERNAME", "alice")], Some("bob")),
    ] {
        let (server, folder) = (serve(|_| {}), folder("sources-pair"));
        let url = server.url().to_string();
        let run = |args: &[&str], config| at(&folder, &[args, &["--hub", &url, "--json"]].concat(), config);
        // The one kept session names a user as well.
        assert_eq!(run(&["login", "alice"], "{}").secret(demo::PAT).run().code, 0);
        let run =
            run(&[&["login", "--anyway"], args].concat(), "{}").env("DOCKERHUB_TOKEN", demo::PASSWORD_WITHOUT_2FA);
        let done = variables.iter().fold(run, |run, (name, value)| run.env(name, value)).run();
        if let Some(user) = user {
            assert_eq!(done.json()["user"], user, "{done:?}");
        } else {
            let told = done.fails(2, "usage");
            assert!(told["advice"].as_str().unwrap().contains("set DOCKERHUB_USERNAME"), "{told}");
            assert_eq!(server.requests().len(), 1);
        }
    }
}

/// Behind the broken source there is always one that would log in.
#[test]
fn a_broken_source_never_falls_through() {
    let (server, folder) = (serve(|_| {}), folder("sources-broken"));
    let url = server.url().to_string();
    let good = entry("bob", demo::PASSWORD_WITHOUT_2FA);
    let login = |args: &[&str], config: &str| at(&folder, &[&["login", "--hub", &url], args].concat(), config);
    assert_eq!(login(&["--docker-config"], &good).run().code, 0);
    let helper = |script| program(&folder.join("docker-credential-test"), script);
    helper("echo canary; echo canary >&2; exit 1");
    let with_helper =
        json!({"credsStore": "test", "auths": serde_json::from_str::<serde_json::Value>(&good).unwrap()["auths"]})
            .to_string();
    let registry = json!({"auths": {KEY: {"auth": STANDARD.encode("bob:"), "identitytoken": "canary"}}}).to_string();
    for (args, config, stdin, variable, named) in [
        (&["bob", "--secret-stdin"][..], "{}", "\u{7}canary", demo::PASSWORD_WITHOUT_2FA, "standard input: "),
        (&["bob"], "{}", "", "\"dckr_pat_canary\"", "DOCKER_PASSWORD: "),
        (&["--docker-config"], "{\"auths\": canary", "", demo::PASSWORD_WITHOUT_2FA, "line 1"),
        (&["--docker-config"], &with_helper, "", demo::PASSWORD_WITHOUT_2FA, "docker-credential-test failed"),
        (&["--docker-config"], &registry, "", demo::PASSWORD_WITHOUT_2FA, "a token of the image registry"),
        (&["--docker-config"], "{}", "", demo::PASSWORD_WITHOUT_2FA, KEY),
    ] {
        for transport in TRANSPORTS {
            let run = login(args, config).args(&["--json", "--transport", transport]).stdin(stdin);
            let done = run.env("DOCKER_USERNAME", "bob").env("DOCKER_PASSWORD", variable).run();
            let told = done.fails(2, "usage");
            assert!(told["advice"].as_str().unwrap().contains(named), "{named}: {done:?}");
            assert!(!format!("{done:?}").contains("canary"), "{done:?}");
        }
    }
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn each_kind_of_secret_that_docker_stored_takes_its_route() {
    for transport in TRANSPORTS {
        for (user, secret, kind, route) in [
            (demo::USER_WITHOUT_2FA, demo::PASSWORD_WITHOUT_2FA, "password", "users/login"),
            (demo::USER, demo::PAT, "pat", "auth/token"),
            (demo::ORGANIZATION, demo::OAT, "oat", "auth/token"),
        ] {
            let (server, folder) = (serve(|_| {}), folder(&format!("sources-docker-{transport}")));
            let url = server.url().to_string();
            let args = ["login", "--docker-config", "--json", "--hub", &url, "--transport", transport];
            // It was asked for, so it wins over the variables, and the second time a kept session is its own.
            let login =
                || at(&folder, &args, &entry(user, secret)).env("DOCKER_USERNAME", "eve").env("DOCKER_PASSWORD", "x");
            for from_store in [false, true] {
                let told = login().run().json();
                let told = (&told["user"], &told["kind"], &told["route"], &told["from_store"]);
                assert_eq!(told, (&json!(user), &json!(kind), &json!(route), &json!(from_store)));
            }
            assert_eq!(server.requests().len(), 1);
        }
    }
}

/// The token of a login elsewhere, from standard input or as `docker login` by browser stores it.
#[test]
fn a_token_in_hand_calls_the_api_until_it_ends() {
    let server = serve(|_| {});
    let (url, folder) = (server.url().to_string(), folder("sources-bearer"));
    let token = hub_auth(&["token", "bob", "--hub", &url]).secret(demo::PASSWORD_WITHOUT_2FA).run().out;
    let stored = |token: &str| {
        let auth = STANDARD.encode(format!("bob:{}", token.trim()));
        json!({"auths": {format!("{KEY}access-token"): {"auth": auth}}}).to_string()
    };
    let api = |config: &str| at(&folder, &["api", "/v2/user", "--kind", "bearer", "--hub", &url], config);
    let of_docker = api(&stored(&token)).args(&["--docker-config"]).run();
    let given = api("{}").args(&["--user", "bob"]).secret(&token).run();
    for done in [of_docker, given] {
        assert!(done.code == 0 && done.out.contains("\"bob\""), "{done:?}");
    }
    let logins = server.requests().iter().filter(|request| request.target == "/v2/users/login").count();
    assert_eq!(logins, 1);
    server.hub().revoke_all();
    let done = api("{}").args(&["--user", "bob", "--json"]).secret(&token).run();
    done.fails(3, "credentials_refused");
    // One that has ended is passed over, and then docker has nothing.
    let ended = format!("e30.{}.x", STANDARD.encode(json!({"exp": UnixTime::default().as_secs()}).to_string()));
    let done = api(&stored(&ended)).args(&["--docker-config", "--json"]).run();
    assert!(done.fails(2, "usage")["advice"].as_str().unwrap().contains("by browser"), "{done:?}");
}
