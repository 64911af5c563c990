use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::json;

use super::*;

const FILE: &str = "/home/alice/.docker/config.json";
/// alice, hun:ter2.
const PAIR: &str = "YWxpY2U6aHVuOnRlcjI=";

/// What a file with this entry of the Hub holds.
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
        // docker/cli#6156, and docker/cli TestParseEnvConfig.
        (r#"{"auths":{},"credHelpers":{}}"#.into(), Err(Problem::NotJson(1))),
        (r#"{"auths":{"k":{"auth":"YTpi","identitytoken":"x"}}}"#.into(), Err(Problem::NotJson(1))),
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

/// A name in any case.
fn spelled(name: &'static str) -> impl Strategy<Value = String> {
    vec(any::<bool>(), name.len()).prop_map(move |upper| {
        let letters = name.chars().zip(upper);
        letters.map(|(c, upper)| if upper { c.to_ascii_uppercase() } else { c }).collect()
    })
}

fn key() -> impl Strategy<Value = String> {
    prop::sample::select(vec![DockerLogin::KEY, "https://index.docker.io/v1", "docker.io", "ghcr.io"])
        .prop_map(Into::into)
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), "[a-z:\u{e4}]{1,6}"]
}

/// The fields of an entry: auth as a pair, user, password, identity token.
type Fields = (Option<(String, String)>, Option<String>, Option<String>, Option<String>);

fn fields() -> impl Strategy<Value = Fields> {
    (
        prop::option::of(("[a-z]{1,4}", text())),
        prop::option::of(text()),
        prop::option::of(text()),
        prop::option::of(text()),
    )
}

/// Docker's rules for one entry, in docker's words: `auth` sets both, an identity token is used before them.
fn rule((auth, user, password, identity): &Fields) -> String {
    let (user, password) = match auth {
        Some((user, password)) => (user.clone(), password.clone()),
        None => (user.clone().unwrap_or_default(), password.clone().unwrap_or_default()),
    };
    match identity.as_deref().unwrap_or_default() {
        "" if password.is_empty() => "none".into(),
        "" => format!("{user} {password} Password"),
        token => format!("{user} {token} IdentityToken"),
    }
}

proptest! {
    #[test]
    fn the_file_is_read_by_dockers_rules(
        entries in vec((key(), fields(), spelled("auth"), spelled("username"), spelled("password")), 0..4),
        store in prop::option::of(text()), helpers in vec((key(), text()), 0..3),
        names in (spelled("auths"), spelled("credsStore"), spelled("credHelpers")),
    ) {
        let mut auths = serde_json::Map::new();
        for (key, (pair, user, password, identity), auth, username, secret) in &entries {
            let pair = pair.as_ref().map(|(user, password)| STANDARD.encode(format!("{user}:{password}")));
            auths.insert(key.clone(), json!({auth: pair, username: user, secret: password, "identitytoken": identity}));
        }
        let helpers: std::collections::BTreeMap<_, _> = helpers.into_iter().collect();
        let config = Config::of_file(FILE, &json!({names.0: auths, names.1: store, names.2: helpers}).to_string()).unwrap();
        let last = entries.iter().rev().find(|entry| entry.0 == DockerLogin::KEY);
        let stored = config.entry(DockerLogin::KEY).map_or("none".into(), |stored| show(&stored));
        prop_assert_eq!(stored, last.map_or("none".into(), |entry| rule(&entry.1)));
        let helper = helpers.get(DockerLogin::KEY).or(store.as_ref()).filter(|name| !name.is_empty());
        prop_assert_eq!(config.helper(DockerLogin::KEY), helper.map(String::as_str));
        let is_silent = auths.is_empty() && helpers.is_empty() && store.unwrap_or_default().is_empty();
        prop_assert_eq!(config.is_silent(), is_silent);
    }

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
