//! The program against the simulated Hub.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use hub_auth_testkit::{Loopback, SimHub, demo};

fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn run(server: &Loopback, cache: &Path, variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ci-token"));
    command.env_clear().env("XDG_CACHE_HOME", cache).env("HUB_URL", server.url().to_string());
    command.envs(variables.iter().copied()).output().unwrap()
}

#[test]
fn jobs_share_one_login_with_a_code() {
    let (server, cache) = (Loopback::start(SimHub::demo()).unwrap(), folder("shared"));
    let secrets = [
        ("DOCKER_USERNAME", demo::USER),
        ("DOCKER_PASSWORD", demo::PASSWORD),
        ("HUB_TOTP_SECRET", demo::TOTP_SECRET_BASE32),
    ];
    let (first, second) = (run(&server, &cache, &secrets), run(&server, &cache, &secrets));
    assert!(first.status.success() && first.stdout.starts_with(b"eyJ"), "{first:?}");
    assert_eq!((first.stdout, server.requests().len()), (second.stdout, 2));
}

#[test]
fn github_masks_the_token_and_gets_it_as_an_output() {
    let (server, cache) = (Loopback::start(SimHub::demo()).unwrap(), folder("github"));
    let file = cache.join("output");
    let output = file.to_str().unwrap();
    let secrets = [("DOCKERHUB_USERNAME", demo::USER), ("DOCKERHUB_TOKEN", demo::PAT), ("GITHUB_OUTPUT", output)];
    let done = run(&server, &cache, &secrets);
    assert!(done.status.success(), "{done:?}");
    let out = String::from_utf8(done.stdout).unwrap();
    let token = out.trim_end().strip_prefix("::add-mask::").unwrap();
    assert_eq!(fs::read_to_string(file).unwrap(), format!("token={token}\n"));
    assert!(!String::from_utf8(done.stderr).unwrap().contains(token));
}

#[test]
fn a_missing_account_and_a_refused_one_are_told() {
    let (server, cache) = (Loopback::start(SimHub::demo()).unwrap(), folder("missing"));
    let done = run(&server, &cache, &[]);
    assert!(!done.status.success() && String::from_utf8(done.stderr).unwrap().contains("DOCKER_USERNAME"));
    let done = run(&server, &cache, &[("DOCKER_USERNAME", "alice"), ("DOCKER_PASSWORD", "wrong")]);
    assert!(!done.status.success() && String::from_utf8(done.stderr).unwrap().contains("refused"));
}
