//! `--docker-config`: user and secret from what `docker login` stored.

use std::fs;

use crate::common::{Done, Run, TRANSPORTS, folder, login, program, serve};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hub_auth_testkit::Loopback;
use hub_auth_testkit::demo;
use serde_json::json;

const KEY: &str = "https://index.docker.io/v1/";

/// A run with this `config.json`, and with helpers of this test's own alone.
fn run(server: &Loopback, transport: &str, config: &str, helper: Option<&str>) -> Run {
    let name = std::thread::current().name().unwrap().replace("::", "-");
    let folder = folder(&format!("docker-{name}-{transport}"));
    fs::write(folder.join("config.json"), config).unwrap();
    if let Some(script) = helper {
        program(&folder.join("docker-credential-test"), script);
    }
    let run = login(&["--docker-config", "--json", "--hub", &server.url().to_string(), "--transport", transport]);
    let folder = folder.to_str().unwrap();
    run.env("DOCKER_CONFIG", folder).env("PATH", folder).env("XDG_CACHE_HOME", folder)
}

fn plain(user: &str, secret: &str) -> String {
    let auth = STANDARD.encode(format!("{user}:{secret}"));
    json!({"auths": {KEY: {"auth": auth}, "ghcr.io": {"auth": STANDARD.encode("other:canary")}}}).to_string()
}

#[test]
fn it_is_the_file_s_own_entry() {
    for transport in TRANSPORTS {
        for (user, secret, kind, route) in [
            (demo::USER_WITHOUT_2FA, demo::PASSWORD_WITHOUT_2FA, "password", "users/login"),
            (demo::USER, demo::PAT, "pat", "auth/token"),
            (demo::ORGANIZATION, demo::OAT, "oat", "auth/token"),
        ] {
            let server = serve(|_| {});
            // It was asked for, so it wins over what else there is.
            let run = run(&server, transport, &plain(user, secret), None).env("DOCKER_USERNAME", "eve");
            let done = run.env("DOCKER_PASSWORD", "x").run();
            let told = done.json();
            let told = (&told["user"], &told["kind"], &told["route"]);
            assert_eq!((done.code, told), (0, (&json!(user), &json!(kind), &json!(route))), "{done:?}");
        }
    }
}

#[test]
fn it_is_a_helper_s_answer() {
    for transport in TRANSPORTS {
        let (server, config) = (serve(|_| {}), json!({"credsStore": "test", "auths": {KEY: {}}}).to_string());
        let answer = json!({"ServerURL": KEY, "Username": "bob", "Secret": demo::PASSWORD_WITHOUT_2FA});
        let script = format!("read -r key\n[ \"$1 $key\" = 'get {KEY}' ] && echo '{answer}'");
        let login = || run(&server, transport, &config, Some(&script));
        let done = login().run();
        assert_eq!((done.code, &done.json()["user"]), (0, &json!("bob")), "{done:?}");
    }
}

#[test]
fn it_logs_in_once() {
    let server = serve(|_| {});
    let login = run(&server, "hyper", &plain("bob", demo::PASSWORD_WITHOUT_2FA), None);
    for from_store in [false, true] {
        let done = login.clone().run();
        assert_eq!((done.code, &done.json()["from_store"]), (0, &json!(from_store)), "{done:?}");
    }
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn what_is_missing_is_named() {
    let server = serve(|_| {});
    let refused = |config: &str, helper: Option<&str>| -> (Done, String) {
        let done = run(&server, "blocking", config, helper).run();
        let advice = done.fails(2, "usage")["advice"].as_str().unwrap().to_owned();
        assert!(!format!("{done:?}").contains("canary"), "{done:?}");
        (done, advice)
    };
    let config = json!({"credsStore": "test", "auths": {KEY: {}}}).to_string();
    let (_, missing) = refused(&config, None);
    for part in ["docker-credential-test", "/config.json", "PATH"] {
        assert!(missing.contains(part), "{part}: {missing}");
    }
    let (_, missing) = refused(&json!({"credHelpers": {KEY: "test"}}).to_string(), None);
    for part in ["docker-credential-test", "/config.json", KEY] {
        assert!(missing.contains(part), "{part}: {missing}");
    }
    let (_, nothing) = refused("{}", None);
    assert!(nothing.contains("docker login") && nothing.contains(KEY) && nothing.contains("config.json"), "{nothing}");
    let (_, failed) = refused(&config, Some("echo canary; echo canary >&2; exit 1"));
    assert!(failed.contains("docker-credential-test failed"), "{failed}");
    let (_, torn) = refused("{\"auths\": canary", None);
    assert!(torn.contains("/config.json") && torn.contains("line 1"), "{torn}");
    assert_eq!(server.connections(), 0);
}

/// They are for the registry's own login; the Hub's would count them as wrong passwords.
#[test]
fn tokens_of_the_registry_are_not_sent() {
    let server = serve(|_| {});
    for (config, helper) in [
        (json!({"auths": {KEY: {"auth": STANDARD.encode("bob:"), "identitytoken": "canary"}}}), None),
        (json!({"auths": {KEY: {"registrytoken": "canary"}}}), None),
        (json!({"credsStore": "test"}), Some(r#"echo '{"ServerURL":"","Username":"<token>","Secret":"canary"}'"#)),
    ] {
        let done = run(&server, "hyper", &config.to_string(), helper).run();
        let advice = done.fails(2, "usage")["advice"].as_str().unwrap().to_owned();
        assert!(advice.contains("token of the image registry"), "{done:?}");
        assert!(!format!("{done:?}").contains("canary"), "{done:?}");
    }
    assert_eq!(server.connections(), 0);
}
