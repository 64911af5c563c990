use proptest::prelude::*;
use serde_json::json;

use super::*;

const FILE: &str = "/home/alice/.docker/config.json";
/// alice, hun:ter2.
const PAIR: &str = "YWxpY2U6aHVuOnRlcjI=";

/// Reads a file with this entry of the Hub.
fn entry(fields: &str) -> String {
    found(&format!(r#"{{"auths":{{"https://index.docker.io/v1/":{{{fields}}}}}}}"#))
}

fn found(text: &str) -> String {
    match Config::of_file(FILE, text) {
        Ok(config) => config.entry(DockerLogin::KEY).map_or("none".into(), |stored| show(&stored)),
        Err(error) => format!("{:?}", error.problem),
    }
}

fn show(stored: &Stored) -> String {
    format!("{} {} {:?}", stored.user, stored.secret.expose(), stored.kind)
}

#[test]
fn entries_are_read_as_docker_reads_them() {
    let alice = "alice hun:ter2 Password";
    let auth = format!(r#""auth":"{PAIR}""#);
    for (fields, expected) in [
        (auth.clone(), alice),
        (format!(r#"{auth},"email":"x","z":[1]"#), alice),
        // GoogleContainerTools/kaniko#2356; docker/cli TestLoadFromReaderWithUsernamePassword.
        (r#""username":"alice","password":"hun:ter2""#.into(), alice),
        (format!(r#"{auth},"username":"bob","password":"x""#), alice),
        (format!(r#""username":"bob",{auth}"#), alice),
        (r#""auth":"","username":"alice","password":"hun:ter2""#.into(), alice),
        (r#""auth":null,"username":"alice","password":"hun:ter2""#.into(), alice),
        // spotify/docker-client#816: written by a program with names of its own case.
        (format!(r#""Auth":"{PAIR}""#), alice),
        (r#""Username":"alice","PASSWORD":"hun:ter2""#.into(), alice),
        // Go folds the long s and the sign of Kelvin, and takes the last of a name that is repeated.
        (r#""username":"alice","pa\u017f\u017fword":"hun:ter2""#.into(), alice),
        (format!(r#""auth":"eDp5",{auth}"#), alice),
        (format!(r#"{auth},"AUTH":null"#), alice),
        (r#""auth":"YWxpY2U6","identitytoken":"t""#.into(), "alice t IdentityToken"),
        (r#""identitytoken":"t""#.into(), " t IdentityToken"),
        (r#""registrytoken":"t""#.into(), " t RegistryToken"),
        (format!(r#"{auth},"registrytoken":"t""#), alice),
        (String::new(), "none"),
        (r#""auth":"YWxpY2U6""#.into(), "none"),
        (r#""username":"alice""#.into(), "none"),
        (r#""auth":"YWxp\nY2U6aHVu\r\nOnRlcjI=""#.into(), alice),
        (r#""auth":"YTpiAGMAAA==""#.into(), "a b\0c Password"),
        (r#""auth":"w6Q6wqQ=""#.into(), "ä ¤ Password"),
        (r#""auth":"YWxpY2U=""#.into(), "NoColon"),
        (r#""auth":"OnNlY3JldA==""#.into(), "EmptyUser"),
        (r#""auth":"YWxpY2U6aHVuOnRlcjI""#.into(), "NotBase64"),
        (r#""auth":"YWxp-_U6""#.into(), "NotBase64"),
        (r#""auth":"/zr/""#.into(), "NotText"),
        (r#""auth":5"#.into(), "NotJson(1)"),
    ] {
        assert_eq!(entry(&fields), expected, "{fields}");
    }
}

#[test]
fn files_are_read_as_docker_reads_them() {
    let good = format!(r#"{{"auths":{{"https://index.docker.io/v1/":{{"auth":"{PAIR}"}}}}}}"#);
    let alice = "alice hun:ter2 Password";
    for (text, expected) in [
        (good.replace("auths", "Auths"), alice),
        // docker/for-win#14950.
        (format!("\u{feff}{good}"), alice),
        // Go's decoder reads one value.
        (format!("{good}\n}}"), alice),
        (good.replace("}}}", "}},\"Auths\":{\"ghcr.io\":{}}}"), alice),
        (good.replace("}}}", "}},\"auths\":null}"), "none"),
        (good.replace("}}}", "}},\"auths\":{\"https://index.docker.io/v1/\":null}}"), "none"),
        (good.replace("}}}", "},\"ghcr.io\":{\"auth\":\"eA==\"}}}"), "NoColon"),
        (good.replace("https://index.docker.io/v1/", "https://index.docker.io/v1"), "none"),
        (String::new(), "none"),
        (" \n".into(), "none"),
        ("null".into(), "none"),
        ("[]".into(), "NotJson(1)"),
        ("{\n\"auths\":\"secret\"}".into(), "NotJson(2)"),
        (format!("{{\"auths\":{}", "{\"a\":".repeat(100_000)), "NotJson(1)"),
        (" ".repeat(MAX_CONFIG + 1), "TooLarge"),
    ] {
        assert_eq!(found(&text), expected, "{text:.100}");
    }
    let error = Config::of_file(FILE, r#"{"auths":{"https://u:secret@h\u001b[31m/":{"auth":"x"}}}"#).unwrap_err();
    assert_eq!(error.key.as_deref(), Some("h[31m/"), "neither user info nor control characters");
    assert!(error.to_string().starts_with("/home/alice/.docker/config.json, entry h"), "{error}");
}

#[test]
fn the_variable_is_read_as_strictly_as_docker_reads_it() {
    for (value, expected) in [
        (format!(r#"{{"auths":{{"k":{{"auth":"{PAIR}"}}}}}}"#), Ok("alice hun:ter2 Password")),
        (format!(r#"{{"Auths":{{"k":{{"Auth":"{PAIR}"}}}}}}"#), Ok("alice hun:ter2 Password")),
        // docker/cli#6156, and TestParseEnvConfig in docker/cli cli/config/configfile/file_test.go.
        (r#"{"auths":{},"credHelpers":{}}"#.into(), Err(Problem::NotJson(1))),
        (r#"{"auths":{"k":{"auth":"YTpi","identitytoken":"x"}}}"#.into(), Err(Problem::NotJson(1))),
        (format!(r#"{{"auths":{{"k":{{"auth":"{PAIR}"}}}}}}{{}}"#), Err(Problem::NotJson(1))),
        (format!(r#"{{"auths":{{"k":{{"auth":"{PAIR}"}}}}}} }}"#), Ok("alice hun:ter2 Password")),
        (r#"{"auths":{"k":{}}}"#.into(), Err(Problem::NoAuth)),
        (r#"{"auths":{"k":{"auth":"YQ=="}}}"#.into(), Err(Problem::NoColon)),
    ] {
        let read = Config::of_environment(VARIABLE, &value);
        let read = read.map(|config| show(&config.entry("k").unwrap())).map_err(|error| error.problem);
        assert_eq!(read, expected.map(str::to_owned), "{value}");
    }
}

#[test]
fn docker_has_a_default_helper_on_three_systems() {
    for (os, has_pass, helper) in [
        ("macos", true, Some("osxkeychain")),
        ("windows", false, Some("wincred")),
        ("linux", true, Some("pass")),
        ("linux", false, Some("secretservice")),
        ("freebsd", true, None),
    ] {
        assert_eq!(default_helper(os, has_pass), helper);
    }
}

/// A buffer that grows leaves an unwiped copy behind.
#[test]
fn bytes_become_text_in_one_buffer() {
    for (bytes, expected) in [
        (&b"hun:ter2"[..], "hun:ter2"),
        (b"\xff\xff\xff", "\u{fffd}\u{fffd}\u{fffd}"),
        (b"a\xe2\x82b\xff", "a\u{fffd}b\u{fffd}"),
    ] {
        let text: Zeroizing<String> = text(bytes);
        assert_eq!((&**text, text.capacity()), (expected, bytes.len() * 3));
    }
}

#[cfg(unix)]
#[test]
fn a_helper_that_reads_nothing_of_a_long_secret_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    // Another process writes the program: a file that this process has open for writing may be inherited by a child of another
    // test, and then it cannot be run.
    let write = "printf '#!/bin/sh\\nexec /bin/sleep 20\\n' > docker-credential-x && chmod 755 docker-credential-x";
    let written = std::process::Command::new("sh").args(["-c", write]).current_dir(&folder).status();
    assert!(written.unwrap().success());
    let helper = CredentialHelper::new("x").unwrap().at(FILE, Some(folder.path().into()), Duration::ZERO);
    let stored = helper.store(CredentialHelper::OWN_KEY, "alice", &"x".repeat(1 << 20).into());
    assert_eq!(stored.unwrap_err().problem, Problem::HelperTimeout);
}

proptest! {
    #[test]
    fn any_text_is_read_without_a_panic_or_a_word_of_it(
        text in ".{0,300}", auth in "secret[ -~\u{a0}-\u{ff}]{0,40}", key in "[ -~]{0,20}",
    ) {
        let text_in_json = json!({"auths": {key: {"auth": auth}}}).to_string();
        for text in [&text, &text_in_json] {
            for result in [Config::of_file(FILE, text), Config::of_environment(VARIABLE, text)] {
                let said = result.map_or_else(|error| format!("{error} {error:?}"), |_| String::new());
                prop_assert!(!said.contains("secret"));
            }
        }
    }
}
