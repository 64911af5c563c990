//! The login that docker or podman has stored, with helpers that are really run.

use std::ffi::OsString;
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hub_auth_core::UnixTime;
use hub_auth_host::DockerLogin;
use hub_auth_host::docker_login::{CredentialHelper, DockerLoginError, Problem, Stored, StoredKind};

use crate::common::home::{Home, PLAIN, STORE, install};

const HUB: &str = "https://index.docker.io/v1/";
const CANARY: &str = "s3cret-canary";

fn pair(found: Result<Option<Stored>, DockerLoginError>) -> Option<(String, String)> {
    found.unwrap().map(|stored| (stored.user, stored.secret.expose().to_owned()))
}

#[expect(clippy::unnecessary_wraps, reason = "compared with an option")]
fn alice(secret: &str) -> Option<(String, String)> {
    Some(("alice".into(), secret.into()))
}

#[track_caller]
fn problem(found: Result<Option<Stored>, DockerLoginError>) -> Problem {
    let error = found.unwrap_err();
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains("canary"), "{shown}");
    error.problem
}

#[test]
fn the_folder_is_docker_config_else_the_home() {
    let home = Home::new(PLAIN);
    assert_eq!(pair(home.docker().find()), alice("hun:ter2"));
    let other = Home::new(r#"{"auths":{"https://index.docker.io/v1/":{"auth":"YWxpY2U6b3RoZXI="}}}"#);
    let folder = other.0.join(".docker");
    let named = home.docker_with(|name| (name == "DOCKER_CONFIG").then(|| folder.clone().into()));
    assert_eq!(pair(named.find()), alice("other"));
    assert_eq!(pair(home.docker().folder(&folder).find()), alice("other"));
    let empty = home.docker_with(|name| (name == "DOCKER_CONFIG").then(OsString::new));
    assert_eq!(pair(empty.find()), alice("hun:ter2"), "an empty one counts as none");
    assert_eq!(pair(DockerLogin::from_env_with(|_| None).find()), None);
    fs::rename(&folder, other.0.join("elsewhere")).unwrap();
    symlink(other.0.join("elsewhere"), &folder).unwrap();
    assert_eq!(pair(named.find()), alice("other"), "links are followed");
}

#[test]
fn no_file_is_no_error_and_a_bad_one_is() {
    let home = Home::new("");
    assert_eq!(pair(home.docker().find()), None);
    let file = home.0.join(".docker/config.json");
    fs::remove_file(&file).unwrap();
    assert_eq!(pair(home.docker().find()), None);
    assert_eq!(pair(home.docker().folder("/nowhere/at/all").find()), None);
    assert!(Command::new("mkfifo").arg(&file).status().unwrap().success());
    assert!(matches!(problem(home.docker().find()), Problem::Unreadable(_)), "and a pipe does not block");
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    assert!(matches!(problem(home.docker().find()), Problem::Unreadable(_)));
    fs::remove_dir(&file).unwrap();
    home.config(&format!("{{\"auths\": {CANARY}"));
    let error = home.docker().find().unwrap_err();
    assert!(error.to_string().starts_with(file.to_str().unwrap()), "{error}");
    assert_eq!(problem(home.docker().find()), Problem::NotJson(1));
}

// The stores.

#[cfg(target_os = "linux")]
#[test]
fn the_default_store_is_asked_if_it_is_installed() {
    let home = Home::new("{}");
    assert_eq!(pair(home.docker().find()), None, "nothing is installed, which is no error");
    home.program("docker-credential-secretservice", r#"echo '{"Username":"alice","Secret":"secretservice"}'"#);
    assert_eq!(pair(home.docker().find()), alice("secretservice"));
    home.program("pass", "");
    assert_eq!(pair(home.docker().find()), None, "pass is preferred, and its helper is missing");
    home.program("docker-credential-pass", r#"echo '{"Username":"alice","Secret":"pass"}'"#);
    assert_eq!(pair(home.docker().find()), alice("pass"));
    home.config(r#"{"auths":{"ghcr.io":{}}}"#);
    assert_eq!(pair(home.docker().find()), None, "something is configured");
}

#[test]
fn the_environment_wins_and_falls_back_to_the_store() {
    let home = Home::new(STORE);
    home.helper(r#"echo '{"Username":"alice","Secret":"of the store"}'"#);
    let with =
        |value: String| home.docker_with(move |name| (name == "DOCKER_AUTH_CONFIG").then(|| value.clone().into()));
    assert_eq!(pair(with(PLAIN.into()).find()), alice("hun:ter2"));
    let shown = format!("{:?} {:?}", with(PLAIN.into()), with(PLAIN.into()).find());
    assert!(!shown.contains("YWxp") && !shown.contains("hun:ter2"), "{shown}");
    assert_eq!(pair(with(PLAIN.replace(HUB, "ghcr.io")).find()), alice("of the store"));
    assert_eq!(pair(with(String::new()).find()), alice("of the store"));
    // docker/cli#6156: a field that docker does not know there is a warning, and the look-up goes on.
    for bad in [format!(r#"{{"auths":{{}},"{CANARY}":1}}"#), PLAIN.replace("\"auth\"", "\"identitytoken\""), "x".into()]
    {
        let docker = with(bad);
        assert_eq!(pair(docker.find()), alice("of the store"));
        let warning = docker.warning().unwrap().to_string();
        assert!(warning.starts_with("DOCKER_AUTH_CONFIG: is not the JSON") && !warning.contains(CANARY), "{warning}");
    }
    assert!(with(PLAIN.into()).warning().is_none());
    home.config("not json");
    assert_eq!(pair(with(PLAIN.into()).find()), alice("hun:ter2"), "the file is not read for it");
}

#[test]
fn an_access_token_is_given_while_it_lasts() {
    let home = Home::new(STORE);
    let payload = URL_SAFE_NO_PAD.encode(r#"{"exp":1760000000}"#);
    let (now, end) = (UnixTime::from_secs(1_759_999_999), UnixTime::from_secs(1_760_000_000));
    let token = format!("e30.{payload}.c2ln");
    home.helper(&format!(r#"cat > asked; echo '{{"Username":"alice","Secret":"{token}"}}'"#));
    assert_eq!(pair(home.docker().access_token(now)), alice(&token));
    assert_eq!(home.said("asked"), "https://index.docker.io/v1/access-token");
    assert_eq!(pair(home.docker().access_token(end)), None);
    home.helper(r#"echo '{"Username":"alice","Secret":"opaque"}'"#);
    assert_eq!(pair(home.docker().access_token(now)), None, "it does not say how long it lasts");
}

// The helpers.

#[test]
fn a_helpers_answer_is_read() {
    let home = Home::new(STORE);
    let not_found = "credentials not found in native keychain";
    for (script, expected) in [
        (
            r#"echo '{"ServerURL":"x","Username":"alice","Secret":"a:b \"c\""}'"#.to_owned(),
            Some(("alice", "a:b \"c\"")),
        ),
        // It need not read the key.
        (r#"exec <&-; echo '{"Username":"alice","Secret":"x"}'"#.into(), Some(("alice", "x"))),
        (r#"echo '{"Username":"<token>","Secret":"t"}'"#.into(), Some(("", "t"))),
        // docker/docker-credential-helpers#220: that for `pass`, of an entry that it does not have.
        (r#"echo '{"ServerURL":"x","Username":"","Secret":""}'"#.into(), None),
        (format!("echo {not_found}; echo {CANARY} >&2; exit 1"), None),
        (format!("printf '  {not_found}\\n\\n'; exit 1"), None),
    ] {
        home.helper(&format!("echo \"$# $1\" > verb; cat > asked; {script}"));
        let stored = home.docker().find().unwrap();
        let kind = stored.as_ref().map(|stored| stored.kind);
        assert!(kind.is_none_or(|kind| (kind == StoredKind::IdentityToken) == script.contains("<token>")), "{script}");
        assert_eq!(pair(Ok(stored)), expected.map(|(user, secret)| (user.into(), secret.into())), "{script}");
        // With its path, as wincred needs it, and without a line ending.
        assert_eq!((&*home.said("verb"), &*home.said("asked")), ("1 get\n", HUB));
    }
}

#[test]
fn a_helper_that_does_not_start_is_named_with_the_reason() {
    let home = Home::new(STORE);
    let place = home.0.join("bin/docker-credential-test");
    let error = home.docker().find().unwrap_err();
    let shown = error.to_string();
    for part in ["docker-credential-test", home.0.join(".docker/config.json").to_str().unwrap(), HUB, "go on without"] {
        assert!(shown.contains(part), "{shown}");
    }
    assert_eq!(problem(Err(error)), Problem::HelperMissing);
    // snyk/kubernetes-monitor#1561; a program for another system, as in docker/docker-credential-helpers#314; and
    // docker/docker-credential-helpers#296.
    for (content, mode, why) in [
        ("#!/nowhere/loader\n", 0o755, "its interpreter or loader is missing"),
        ("\0ELF", 0o755, "Exec format error"),
        ("", 0o644, "Permission denied"),
    ] {
        install(&home.0, &place, content);
        fs::set_permissions(&place, Permissions::from_mode(mode)).unwrap();
        let error = home.docker().find().unwrap_err().to_string();
        assert!(error.contains(&format!("{} exists and cannot be started: {why}", place.display())), "{error}");
    }
    home.config("{}");
    assert!(home.docker().find().unwrap().is_none(), "another helper is the default");
}

#[test]
fn an_error_says_nothing_of_a_helpers_output() {
    let home = Home::new(STORE);
    for (script, expected) in [
        (format!("echo {CANARY}; exit 1"), Problem::HelperFailed),
        (format!(r#"echo '{{"Username":"alice","Secret":"{CANARY}"}}'; exit 1"#), Problem::HelperFailed),
        (format!("echo {CANARY}"), Problem::HelperAnswer),
        (format!(r#"echo '{{"Username":"","Secret":"{CANARY}"}}'"#), Problem::HelperAnswer),
        (format!(r#"echo '{{"Username":["{CANARY}"],"Secret":""}}'"#), Problem::HelperAnswer),
        (format!("echo {CANARY} >&2; kill -9 $$"), Problem::HelperFailed),
        // OctopusDeploy/Calamari#2061: docker does not read standard error either.
        ("echo credentials not found in native keychain >&2; exit 1".into(), Problem::HelperFailed),
        // docker/docker-credential-helpers#140.
        ("echo 'pass not initialized: exit status 1'; exit 1".into(), Problem::HelperFailed),
        ("exit 0".into(), Problem::HelperAnswer),
        ("echo no credentials server URL; exit 1".into(), Problem::HelperNoUrl),
        ("echo ' no credentials username '; exit 1".into(), Problem::HelperNoUser),
        (format!("while :; do echo {CANARY}; done"), Problem::TooLarge),
        ("head -c 65537 /dev/zero".into(), Problem::TooLarge),
        ("head -c 65536 /dev/zero".into(), Problem::HelperAnswer),
    ] {
        home.helper(&script);
        let error = home.docker().find().unwrap_err();
        let file = home.0.join(".docker/config.json");
        assert_eq!(error.helper.as_deref(), Some("docker-credential-test"), "{script}");
        assert_eq!((error.key.as_deref(), Path::new(&*error.place)), (Some(HUB), &*file), "{script}");
        assert_eq!(problem(Err(error)), expected, "{script}");
    }
}

#[test]
fn a_helper_outside_of_absolute_folders_is_not_run() {
    let home = Home::new("");
    home.program("x", "touch ran");
    home.program("docker-credential-x", "touch ran");
    for bad in ["../x", "x/../x", "/bin/sh", "..", ".", "x\\\\x", "x\\u0000", "x\\u001b[2J\\u0007", "x\\u202e"] {
        home.config(&format!(r#"{{"credsStore":"{bad}"}}"#));
        assert_eq!(problem(home.docker().find()), Problem::HelperName, "{bad}");
    }
    for other in ["x;touch ran", "$(touch ran)", "x x", "x.exe", "...", "\u{e4}"] {
        home.config(&format!(r#"{{"credsStore":"{other}"}}"#));
        assert_eq!(problem(home.docker().find()), Problem::HelperMissing, "{other}: no shell reads it");
    }
    home.config(r#"{"credsStore":"x"}"#);
    // The same folder, seen from wherever this runs.
    let relative = format!("{}{}", "../".repeat(30), home.0.join("bin").to_str().unwrap().trim_start_matches('/'));
    for path in [relative.as_str(), "", "."] {
        let docker = DockerLogin::from_env_with(|name| (name == "PATH").then(|| path.into()));
        assert_eq!(problem(docker.folder(home.0.join(".docker")).find()), Problem::HelperMissing, "{path}");
    }
    assert!(!home.0.join("ran").exists());
    // docker/cli#3947, ddev/ddev#2342: Docker Desktop's helper in WSL.
    home.program("docker-credential-desktop.exe", r#"echo '{"Username":"alice","Secret":"x"}'"#);
    home.config(r#"{"credsStore":"desktop.exe"}"#);
    assert_eq!(pair(home.docker().find()), alice("x"));
}

#[cfg(target_os = "linux")]
#[test]
fn a_helpers_answer_counts_although_its_child_holds_the_output() {
    let home = Home::new(STORE);
    // docker/docker-credential-helpers#261: a helper that starts an agent.
    let agent = "sleep 300 & echo $! > pid;";
    for (script, expected) in [
        (r#"echo '{"Username":"alice","Secret":"x"}'"#, alice("x")),
        ("echo credentials not found in native keychain; exit 1", None),
    ] {
        home.helper(&format!("{agent} {script}"));
        let found = home.docker().timeout(Duration::from_secs(600)).find();
        let pid = home.said("pid").trim().to_owned();
        let state = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        assert!(!state.contains(") Z"), "the agent is alive, so its end was not awaited: {state}");
        assert!(Command::new("kill").arg(pid).status().unwrap().success());
        assert_eq!(pair(found), expected);
    }
}

#[test]
fn a_helper_does_not_get_our_secrets() {
    const CHILD: &str = "docker_login::a_helper_does_not_get_our_secrets";
    if std::env::var_os("HUB_TOTP_SECRET").is_none() {
        // The environment is the process's, so the test is its own child.
        let mut child = Command::new(std::env::current_exe().unwrap());
        child
            .args(["--exact", CHILD])
            .env("HUB_TOTP_SECRET", CANARY)
            .env("DOCKER_PASSWORD", CANARY)
            .env("KEPT", "kept");
        assert!(child.status().unwrap().success());
        return;
    }
    let home = Home::new(STORE);
    home.helper(r#"env > environment; echo '{"Username":"alice","Secret":"x"}'"#);
    assert_eq!(pair(home.docker().find()), alice("x"));
    let environment = home.said("environment");
    assert!(environment.contains("kept") && !environment.contains(CANARY), "{environment}");
}

#[test]
fn a_helper_stores_and_erases() {
    let home = Home::new("");
    home.program(
        "docker-credential-own",
        "case $1 in store) cat > kept ;; erase) cat > erased; rm kept ;;\n\
         get) cat kept 2>/dev/null || { echo credentials not found in native keychain; exit 1; } ;; esac",
    );
    let helper = CredentialHelper::new("own").unwrap().path(home.0.join("bin"));
    let key = CredentialHelper::OWN_KEY;
    let secret = "p\"\\\u{1}\u{e4}";
    helper.store(key, "al\"ice", &secret.into()).unwrap();
    assert_eq!(pair(helper.get(key)), Some(("al\"ice".into(), secret.into())));
    let json: serde_json::Value = serde_json::from_str(&home.said("kept")).unwrap();
    assert_eq!(json["ServerURL"], key);
    helper.erase(key).unwrap();
    assert_eq!((home.said("erased").as_str(), pair(helper.get(key))), (key, None));
    home.program("docker-credential-own", &format!("echo {CANARY}; exit 1"));
    for error in [helper.store(key, "a", &CANARY.into()).unwrap_err(), helper.erase(key).unwrap_err()] {
        assert!(error.to_string().contains("docker-credential-own failed") && !format!("{error:?}").contains(CANARY));
    }
}

#[test]
fn podmans_file_is_a_source_of_its_own() {
    let home = Home::new(PLAIN);
    fs::create_dir_all(home.0.join("run/containers")).unwrap();
    let file = home.0.join("run/containers/auth.json");
    let (runtime, config) = (home.0.join("run"), home.0.join("config"));
    let podman = |named: bool| {
        DockerLogin::podman(|name| match name {
            "XDG_RUNTIME_DIR" => Some(runtime.clone().into()),
            "XDG_CONFIG_HOME" => Some(config.clone().into()),
            "REGISTRY_AUTH_FILE" => named.then(|| home.0.join(".docker/config.json").into()),
            "PATH" => Some(home.0.join("bin").into()),
            _ => None,
        })
    };
    assert_eq!(pair(podman(false).find()), None);
    // The form and the key of containers-auth.json(5) in containers/image.
    fs::write(&file, "{\n\t\"auths\": {\n\t\t\"docker.io\": {\n\t\t\t\"auth\": \"YWxpY2U6cG9kbWFu\"\n\t\t}\n\t}\n}")
        .unwrap();
    assert_eq!(pair(podman(false).find()), alice("podman"));
    assert_eq!(pair(podman(true).find()), alice("hun:ter2"), "the file that is named");
    fs::write(&file, r#"{"credHelpers":{"docker.io":"test"}}"#).unwrap();
    home.helper(r#"cat > asked; echo '{"Username":"alice","Secret":"x"}'"#);
    assert_eq!((pair(podman(false).find()), home.said("asked").as_str()), (alice("x"), "docker.io"));
    fs::write(&file, r#"{"auths":{"quay.io":{"auth":"YTpi"}}}"#).unwrap();
    fs::create_dir_all(config.join("containers")).unwrap();
    fs::write(config.join("containers/auth.json"), PLAIN).unwrap();
    assert_eq!(pair(podman(false).find()), alice("hun:ter2"), "the next file, if the first has no such entry");
}

#[test]
fn a_helper_that_hangs_is_killed() {
    let home = Home::new(STORE);
    for script in [
        "echo $$ > pid; exec sleep 1000",
        // It has answered, and does not end.
        "echo $$ > pid; echo '{}'; exec sleep 1000 >/dev/null",
    ] {
        home.helper(script);
        // Enough for a shell to start, however busy the machine is.
        for seconds in [1, 10, 100] {
            let found = home.docker().timeout(Duration::from_secs(seconds)).find();
            assert_eq!(problem(found), Problem::HelperTimeout, "{script}");
            if home.said("pid").ends_with('\n') {
                break;
            }
        }
        let ended = Command::new("kill").args(["-0", home.said("pid").trim()]).output().unwrap();
        assert!(!ended.status.success(), "it is gone, and reaped");
        fs::remove_file(home.0.join("pid")).unwrap();
    }
}
