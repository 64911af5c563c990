use super::helper::{Helper, MAX_OUTPUT};
use super::*;
use proptest::prelude::*;

const FILE: &str = "/home/alice/.docker/config.json";
/// alice, hun:ter2.
const PAIR: &str = "YWxpY2U6aHVuOnRlcjI=";

fn config(json: &str) -> Result<Config, DockerLoginError> {
    Config::parse(FILE, json.as_bytes())
}

/// What comes next with this file, in one line.
fn step(json: &str, default: Option<&str>) -> String {
    describe(next(Entry::Login, None, Some(&config(json).unwrap()), default))
}

fn describe(next: Result<Next, DockerLoginError>) -> String {
    match next {
        Ok(Next::Found(found)) => {
            format!("{} {} {:?} {:?}", found.user, found.secret.expose(), found.kind, found.source)
        }
        Ok(Next::Ask(helper)) => format!("{} {} < {}", helper.program(), Helper::VERB, helper.stdin()),
        Ok(other) => format!("{other:?}"),
        Err(error) => format!("{:?}", error.problem),
    }
}

#[test]
fn keys_are_exact() {
    assert_eq!(Entry::Login.key(), "https://index.docker.io/v1/");
    assert_eq!(Entry::AccessToken.key(), "https://index.docker.io/v1/access-token");
    assert_eq!(Entry::RefreshToken.key(), "https://index.docker.io/v1/refresh-token");
    for key in ["docker.io", "index.docker.io", "https://index.docker.io/v1", "https://index.docker.io/v1/access-token"]
    {
        assert_eq!(step(&format!(r#"{{"auths":{{"{key}":{{"auth":"{PAIR}"}}}}}}"#), None), "Nothing", "{key}");
        assert_eq!(step(&format!(r#"{{"credHelpers":{{"{key}":"x"}}}}"#), None), "Nothing", "{key}");
    }
}

#[test]
fn the_file_holds_an_entry() {
    let found = |entry: &str| step(&format!(r#"{{"auths":{{"https://index.docker.io/v1/":{{{entry}}}}}}}"#), None);
    let file = format!("File({FILE:?})");
    assert_eq!(found(&format!(r#""auth":"{PAIR}""#)), format!("alice hun:ter2 Password {file}"));
    assert_eq!(found(&format!(r#""auth":"{PAIR}","email":"x","z":[1]"#)), format!("alice hun:ter2 Password {file}"));
    assert_eq!(
        found(r#""auth":"YWxpY2U6","identitytoken":"t""#),
        format!("alice t IdentityToken {file}"),
        "as docker writes one"
    );
    assert_eq!(found(r#""identitytoken":"t""#), format!(" t IdentityToken {file}"));
    assert_eq!(found(r#""registrytoken":"t""#), format!(" t RegistryToken {file}"));
    assert_eq!(
        found(&format!(r#""auth":"{PAIR}","registrytoken":"t""#)),
        format!("alice hun:ter2 Password {file}"),
        "it stands beside"
    );
    for nothing in ["", r#""auth":"""#, r#""auth":null"#, r#""auth":"YWxpY2U6""#, r#""identitytoken":"""#] {
        assert_eq!(found(nothing), "Nothing", "{nothing}");
    }
}

#[test]
fn a_helper_for_the_key_beats_the_store_for_all_beats_the_file() {
    let hub = "https://index.docker.io/v1/";
    let plain = format!(r#""auths":{{"{hub}":{{"auth":"{PAIR}"}}}}"#);
    let ask = |suffix| format!("docker-credential-{suffix} get < {hub}");
    let all = format!(r#"{{{plain},"credsStore":"store","credHelpers":{{"{hub}":"own","ghcr.io":"other"}}}}"#);
    assert_eq!(step(&all, Some("default")), ask("own"));
    assert_eq!(step(&format!(r#"{{{plain},"credsStore":"store"}}"#), Some("default")), ask("store"));
    assert_eq!(step(r#"{"credsStore":"store","credHelpers":{"docker.io":"own"}}"#, None), ask("store"));
    let empty_helper = format!(r#"{{{plain},"credsStore":"store","credHelpers":{{"{hub}":""}}}}"#);
    assert!(step(&empty_helper, None).starts_with("alice "), "an empty one means the file");
    assert!(step(&format!(r#"{{{plain},"credsStore":""}}"#), Some("default")).starts_with("alice "));
}

#[test]
fn the_default_store_is_asked_only_where_nothing_is_configured() {
    let ask = "docker-credential-pass get < https://index.docker.io/v1/";
    for silent in ["", " \n", "{}", r#"{"auths":{}}"#, r#"{"credsStore":"","proxies":{"default":{}}}"#] {
        assert_eq!(step(silent, Some("pass")), ask, "{silent}");
        assert_eq!(step(silent, None), "Nothing", "{silent}");
    }
    for other in [r#"{"auths":{"ghcr.io":{}}}"#, r#"{"credHelpers":{"ghcr.io":"x"}}"#] {
        assert_eq!(step(other, Some("pass")), "Nothing", "{other}");
    }
    for (os, has_pass, store) in [
        ("macos", true, Some("osxkeychain")),
        ("windows", false, Some("wincred")),
        ("linux", true, Some("pass")),
        ("linux", false, Some("secretservice")),
        ("freebsd", true, None),
    ] {
        assert_eq!(default_store(os, has_pass), store);
    }
    let Next::Ask(helper) = next(Entry::Login, None, Some(&config("").unwrap()), Some("pass")).unwrap() else {
        panic!()
    };
    assert!(helper.missing().unwrap().is_none(), "one that is not installed has nothing");
}

#[test]
fn the_environment_wins_and_falls_back() {
    let json = format!(r#"{{"auths":{{"https://index.docker.io/v1/":{{"auth":"{PAIR}"}}}}}}"#);
    let environment = Environment::parse(json.as_bytes()).unwrap();
    let file = config(r#"{"credsStore":"store"}"#).unwrap();
    let at = |entry, file| describe(next(entry, Some(&environment), file, None));
    assert_eq!(at(Entry::Login, None), "alice hun:ter2 Password Environment", "the file is not even read");
    assert_eq!(at(Entry::Login, Some(&file)), "alice hun:ter2 Password Environment");
    assert_eq!(at(Entry::AccessToken, None), "Read");
    assert_eq!(
        at(Entry::AccessToken, Some(&file)),
        "docker-credential-store get < https://index.docker.io/v1/access-token"
    );
    let other = Environment::parse(json.replace("https://index.docker.io/v1/", "docker.io").as_bytes()).unwrap();
    assert_eq!(describe(next(Entry::Login, Some(&other), None, None)), "Read", "not the Hub's key");
    for none in [Environment::parse(b"").unwrap(), Environment::parse(b"{}").unwrap()] {
        assert_eq!(describe(next(Entry::Login, Some(&none), None, None)), "Read");
    }
}

#[test]
fn the_environment_is_strict() {
    for (value, problem) in [
        (r#"{"auths":{},"credsStore":"x"}"#, Problem::NotJson(1)),
        (r#"{"auths":{"k":{"auth":"YTpi","identitytoken":"x"}}}"#, Problem::NotJson(1)),
        ("{\"auths\":{}}\n{\"auths\":{}}", Problem::NotJson(2)),
        ("[]", Problem::NotJson(1)),
        (" ", Problem::NotJson(1)),
        (r#"{"auths":{"k":{}}}"#, Problem::NoAuth),
        (r#"{"auths":{"k":{"auth":""}}}"#, Problem::NoAuth),
        (r#"{"auths":{"k":{"auth":"YQ=="}}}"#, Problem::NoColon),
    ] {
        let error = Environment::parse(value.as_bytes()).unwrap_err();
        assert_eq!((&*error.place, &error.problem), (VARIABLE, &problem), "{value}");
        assert_eq!(error.key.is_some(), !matches!(problem, Problem::NotJson(_)), "{value}");
    }
    assert_eq!(Environment::parse(" ".repeat(MAX_CONFIG + 1).as_bytes()).unwrap_err().problem, Problem::TooLarge);
}

#[test]
fn one_bad_entry_fails_the_file_and_is_named() {
    for (auth, problem) in [
        ("c2VjcmV0", Problem::NoColon),
        ("OnNlY3JldA==", Problem::EmptyUser),
        ("not base64 secret", Problem::NotBase64),
    ] {
        let json = format!(
            r#"{{"auths":{{"https://index.docker.io/v1/":{{"auth":"{PAIR}"}},"ghcr.io":{{"auth":"{auth}"}}}}}}"#
        );
        let error = config(&json).unwrap_err();
        assert_eq!((error.key.as_deref(), &error.problem), (Some("ghcr.io"), &problem));
        assert!(error.to_string().starts_with(&format!("{FILE}, entry ghcr.io: ")), "{error}");
        assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
    }
    let odd = config(r#"{"auths":{"https://u:secret@h\u001b[31m/":{"auth":"x"}}}"#).unwrap_err();
    assert_eq!(odd.key.as_deref(), Some("h[31m/"), "neither user info nor control characters");
}

#[test]
fn what_is_not_json_is_named_by_line_and_never_repeated() {
    for (json, line) in [
        ("{\"auths\":{\"k\":{\"auth\":5}}}", 1),
        ("{\n\"auths\":\"secret\"}", 2),
        ("{\"credsStore\":{\"secret\":1}}", 1),
        ("secret", 1),
        ("{}\nsecret", 2),
    ] {
        let error = config(json).unwrap_err();
        assert_eq!(error.problem, Problem::NotJson(line), "{json}");
        assert!(!format!("{error} {error:?}").contains("secret"));
    }
    assert_eq!(Config::parse(FILE, " ".repeat(MAX_CONFIG + 1).as_bytes()).unwrap_err().problem, Problem::TooLarge);
    let deep = format!("{{\"auths\":{}", "{\"a\":".repeat(100_000));
    assert!(matches!(config(&deep).unwrap_err().problem, Problem::NotJson(_)));
}

fn helper() -> Helper {
    let Next::Ask(helper) =
        next(Entry::Login, None, Some(&config(r#"{"credsStore":"x_1-B"}"#).unwrap()), None).unwrap()
    else {
        panic!()
    };
    helper
}

#[test]
fn a_helpers_name_is_restricted() {
    assert_eq!(helper().program(), "docker-credential-x_1-B");
    for bad in ["../x", "x/y", "x y", "x;y", "x.exe", "ä", "\\u0000", "x\\\\y", " "] {
        assert_eq!(step(&format!(r#"{{"credsStore":"{bad}"}}"#), None), "HelperName", "{bad}");
    }
}

#[test]
fn a_helpers_answer_is_read() {
    let read = |success, stdout: &[u8]| match helper().read(success, stdout) {
        Ok(Some(found)) => format!("{} {} {:?}", found.user, found.secret.expose(), found.kind),
        Ok(None) => "none".to_owned(),
        Err(error) => format!("{:?}", error.problem),
    };
    let found = br#"{"ServerURL":"https://index.docker.io/v1/","Username":"alice","Secret":"s3"}"#;
    assert_eq!(read(true, found), "alice s3 Password");
    assert_eq!(read(true, &[found, &b"\n"[..]].concat()), "alice s3 Password");
    assert_eq!(read(true, br#"{"Username":"<token>","Secret":"t"}"#), " t IdentityToken");
    assert_eq!(read(true, br#"{"ServerURL":"","Username":"","Secret":""}"#), "none");
    for nonsense in [&b""[..], b"s3", b"[]", b"{\"Username\":\"a\",\"Secret\":5}", b"{\"Secret\":\"x\"}", b"\xff"] {
        assert_eq!(read(true, nonsense), "HelperAnswer", "{nonsense:?}");
    }
    assert_eq!(read(true, b"credentials not found in native keychain"), "HelperAnswer", "only with a failure");
    for none in ["credentials not found in native keychain", "\n credentials not found in native keychain\r\n"] {
        assert_eq!(read(false, none.as_bytes()), "none");
    }
    assert_eq!(read(false, b"no credentials server URL\n"), "HelperNoUrl");
    assert_eq!(read(false, b"no credentials username\n"), "HelperNoUser");
    for other in [&b""[..], found, b"Credentials not found", b"\xff"] {
        assert_eq!(read(false, other), "HelperFailed", "{other:?}");
    }
    assert_eq!(read(true, " ".repeat(MAX_OUTPUT + 1).as_bytes()), "TooLarge");
}

#[test]
fn a_helpers_error_names_helper_file_and_key() {
    for problem in [
        Problem::HelperMissing,
        Problem::HelperFailed,
        Problem::HelperTimeout,
        Problem::HelperAnswer,
        Problem::TooLarge,
        Problem::HelperNoUser,
    ] {
        let error = helper().error(problem).to_string();
        for part in ["docker-credential-x_1-B", FILE, "https://index.docker.io/v1/"] {
            assert!(error.contains(part), "{error}");
        }
    }
    assert!(helper().missing().unwrap_err().to_string().contains("go on without it"));
}

#[test]
fn an_access_token_says_when_it_ends() {
    use base64::Engine as _;
    let payload = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(r#"{"exp":1760000000}"#);
    let answer = format!(r#"{{"Username":"alice","Secret":"e30.{payload}.c2ln"}}"#);
    let token = helper().read(true, answer.as_bytes()).unwrap().unwrap();
    assert_eq!(token.expires_at(), Some(hub_auth_core::UnixTime::from_secs(1_760_000_000)));
    let password = helper().read(true, br#"{"Username":"alice","Secret":"x"}"#).unwrap().unwrap();
    assert_eq!(password.expires_at(), None);
    assert!(!format!("{token:?}").contains(&payload));
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), success: bool) {
        let _ = Config::parse(FILE, &bytes);
        let _ = Environment::parse(&bytes);
        let _ = helper().read(success, &bytes);
    }

    #[test]
    fn any_entry_is_read_without_a_panic_or_a_word_of_it(auth in "secret[ -~\u{a0}-\u{ff}]{0,40}", key in "[ -~]{0,20}") {
        let text = |text: &str| serde_json::to_string(text).unwrap();
        let json = format!("{{\"auths\":{{{}:{{\"auth\":{}}}}}}}", text(&key), text(&auth));
        for error in [config(&json).err(), Environment::parse(json.as_bytes()).err()].into_iter().flatten() {
            prop_assert!(!error.to_string().contains("secret"));
        }
    }

    #[test]
    fn a_pair_survives(user in "[^:\0]{1,20}", password in "(\0|[^\0])*[^\0]") {
        use base64::Engine as _;
        let pair = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
        let json = format!(r#"{{"auths":{{"https://index.docker.io/v1/":{{"auth":"{pair}"}}}}}}"#);
        let Next::Found(found) = next(Entry::Login, None, Some(&config(&json).unwrap()), None).unwrap() else { panic!() };
        prop_assert_eq!((&*found.user, found.secret.expose()), (&*user, &*password));
    }
}
