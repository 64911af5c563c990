//! Docker's rules for its file: generated files are read by ours and by a short copy of the rules, and where a `docker` client is
//! installed, by docker itself. The client pulls from a daemon of this test, which sees the credentials that the client has found.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, Receiver, Sender};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use hub_auth_host::DockerLogin;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::common::home::Home;

/// User and secret, none, or a file that cannot be read.
type Found = Result<Option<(String, String)>, ()>;

struct Docker {
    program: PathBuf,
    port: u16,
    seen: Receiver<String>,
}

impl Docker {
    /// Returns the installed client, with a daemon that says yes to everything.
    fn find() -> Option<Docker> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let program = std::env::split_paths(&path).map(|folder| folder.join("docker")).find(|file| file.is_file());
        if program.is_none() {
            eprintln!("SKIPPED: no docker client is installed");
        }
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (sender, seen) = mpsc::channel();
        // It ends with the tests.
        std::thread::spawn(move || listener.incoming().for_each(|stream| answer(&stream.unwrap(), &sender)));
        Some(Docker { program: program?, port, seen })
    }

    /// Runs the client with the home's file and helpers, and returns its warnings.
    fn run(&self, home: &Home, args: &[&str], input: &str) -> String {
        let mut child = Command::new(&self.program)
            .args(args)
            .env_clear()
            .env("HOME", &*home.0)
            .env("PATH", home.0.join("bin"))
            .env("DOCKER_HOST", format!("tcp://127.0.0.1:{}", self.port))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "docker {args:?}: {said}");
        said
    }

    /// Returns the Hub's credentials as the client finds them.
    fn read(&self, home: &Home) -> Found {
        let said = self.run(home, &["pull", "--quiet", "alice/image"], "");
        let auth = self.seen.try_iter().last().expect("the client has asked the daemon");
        if said.contains("WARNING: Error") {
            return Err(());
        }
        let auth: Value = serde_json::from_slice(&URL_SAFE.decode(auth).unwrap()).unwrap();
        let text = |name: &str| auth[name].as_str().unwrap_or_default().to_owned();
        let secrets = ["identitytoken", "password"].map(text);
        let secret = secrets.into_iter().find(|secret| !secret.is_empty());
        Ok(secret.map(|secret| (text("username"), secret)))
    }
}

/// Answers one request, and tells the credentials in it.
fn answer(mut stream: &TcpStream, seen: &Sender<String>) {
    let mut reader = BufReader::new(stream);
    let (mut line, mut length, mut is_head) = (String::new(), 0, false);
    while reader.read_line(&mut line).unwrap_or(0) > 2 {
        is_head |= line.starts_with("HEAD ");
        let (name, value) = line.split_once(':').unwrap_or_default();
        match &*name.to_ascii_lowercase() {
            "content-length" => length = value.trim().parse().unwrap(),
            "x-registry-auth" => drop(seen.send(value.trim().to_owned())),
            _ => {}
        }
        line.clear();
    }
    drop(reader.read_exact(&mut vec![0; length]));
    let body = r#"{"IdentityToken":"","Status":"Login Succeeded"}"#;
    let head = "HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nContent-Type: application/json\r\nConnection: close";
    let body = if is_head { "" } else { body };
    drop(write!(stream, "{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len()));
}

/// A home with the helpers `a` and `b`, which keep an entry each, and `none`, which has none.
fn home() -> Home {
    let home = Home::new("");
    for name in ["a", "b"] {
        home.program(
            &format!("docker-credential-{name}"),
            &format!(r#"echo '{{"Username":"u","Secret":"of {name}"}}'"#),
        );
    }
    home.program("docker-credential-none", "echo credentials not found in native keychain; exit 1");
    home
}

fn ours(home: &Home) -> Found {
    let found = home.docker().find().map_err(|_| ())?;
    Ok(found.map(|stored| (stored.user, stored.secret.expose().to_owned())))
}

#[test]
fn a_login_of_docker_is_found_in_its_file_and_by_its_helper() {
    let Some(docker) = Docker::find() else { return };
    let home = home();
    let keep = "case $1 in store) cat > kept ;; erase) rm kept ;; list) echo '{}' ;;\n\
                get) cat kept 2>/dev/null || { echo credentials not found in native keychain; exit 1; } ;; esac";
    home.helper(keep);
    for config in ["", r#"{"credsStore":"test"}"#, r#"{"credHelpers":{"https://index.docker.io/v1/":"test"}}"#] {
        home.config(config);
        docker.run(&home, &["login", "-u", "alice", "--password-stdin"], "hun:ter2 \u{e4}\"x\\y");
        let stored = home.docker().find().unwrap().unwrap();
        assert_eq!((&*stored.user, stored.secret.expose()), ("alice", "hun:ter2 \u{e4}\"x\\y"));
        assert_eq!(
            stored.place.ends_with("config.json by docker-credential-test"),
            !config.is_empty(),
            "{}",
            stored.place
        );
        docker.run(&home, &["logout"], "");
        assert_eq!(ours(&home), Ok(None));
    }
}

/// Values of `auth`, and the user and password that docker reads in them.
const AUTH: [(&str, Option<(&str, &str)>); 10] = [
    ("YWxpY2U6aHVuOnRlcjI=", Some(("alice", "hun:ter2"))),
    ("YWxp\nY2U6aHVu\r\nOnRlcjI=", Some(("alice", "hun:ter2"))),
    ("YTpiAGMAAA==", Some(("a", "b\0c"))),
    ("w6Q6wqQ=", Some(("\u{e4}", "\u{a4}"))),
    ("YWxpY2U6", Some(("alice", ""))),
    // Go's decoder drops bits after the last byte.
    ("YWxpY2U6aHVuOnRlcjH=", Some(("alice", "hun:ter1"))),
    ("YWxpY2U=", None),
    ("OnNlY3JldA==", None),
    ("YWxpY2U6aHVuOnRlcjI", None),
    ("YWxp-_U6", None),
];

/// Names and texts, in their order; `None` is null.
type Pairs = Vec<(String, Option<String>)>;

/// A member of the file; `None` is null.
#[derive(Clone, Debug)]
enum Member {
    Auths(Option<Vec<(String, Pairs)>>),
    Store(Option<String>),
    Helpers(Option<Pairs>),
}

fn key() -> impl Strategy<Value = String> {
    select(vec![DockerLogin::KEY, DockerLogin::KEY, "https://index.docker.io/v1", "docker.io"]).prop_map(Into::into)
}

/// Writes a name in any case.
fn spelled(name: &'static str) -> impl Strategy<Value = String> {
    vec(any::<bool>(), name.len()).prop_map(move |upper| {
        let letters = name.chars().zip(upper);
        letters.map(|(c, upper)| if upper { c.to_ascii_uppercase() } else { c }).collect()
    })
}

/// Makes a member of an entry. A text of `auth` is good more often than not. Registry tokens are left out: docker takes them
/// from the file beside a helper, and the Hub's login takes none.
fn field() -> impl Strategy<Value = (String, Option<String>)> {
    let good = select(AUTH[..6].to_vec());
    let auth = prop_oneof![4 => good, 1 => select(AUTH.to_vec())].prop_map(|(text, _)| text.to_owned());
    let text = || prop::option::of(prop_oneof![Just(String::new()), "[a-z:\u{e4}]{1,6}"]);
    prop_oneof![
        2 => (spelled("auth"), prop::option::of(auth)),
        1 => (spelled("username"), text()),
        1 => (spelled("password"), text()),
        1 => (spelled("identitytoken"), text()),
        1 => (Just("email".to_owned()), text()),
    ]
}

fn member() -> impl Strategy<Value = (String, Member)> {
    let helper = || prop::option::of(select(vec!["", "a", "b", "none"]).prop_map(str::to_owned));
    let auths = prop::option::of(vec((key(), vec(field(), 0..5)), 0..4));
    let helpers = prop::option::of(vec((key(), helper()), 0..3));
    prop_oneof![
        3 => (spelled("auths"), auths.prop_map(Member::Auths)),
        1 => (spelled("credsStore"), helper().prop_map(Member::Store)),
        1 => (spelled("credHelpers"), helpers.prop_map(Member::Helpers)),
    ]
}

/// Writes an object as it stands, names that are repeated included.
fn object<T>(members: &[(String, T)], value: impl Fn(&T) -> String) -> String {
    let members: Vec<_> = members.iter().map(|(name, member)| format!("{}:{}", json!(name), value(member))).collect();
    format!("{{{}}}", members.join(","))
}

fn pairs(pairs: &Pairs) -> String {
    object(pairs, |text| json!(text).to_string())
}

fn text(member: &Member) -> String {
    match member {
        Member::Auths(Some(entries)) => object(entries, pairs),
        Member::Helpers(Some(helpers)) => pairs(helpers),
        Member::Store(Some(name)) => json!(name).to_string(),
        Member::Auths(None) | Member::Helpers(None) | Member::Store(None) => "null".into(),
    }
}

/// Reads a file by docker's rules: a later member replaces or adds, null empties a map and leaves a text, one bad entry spoils
/// the file, and a helper for the key goes before the one for all keys, and both before the file.
fn by_the_rules(members: &[(String, Member)]) -> Found {
    let (mut entries, mut store, mut helpers) = (BTreeMap::new(), "", BTreeMap::new());
    for (_, member) in members {
        match member {
            Member::Auths(Some(more)) => entries.extend(more.iter().cloned()),
            Member::Auths(None) => entries.clear(),
            Member::Store(name) => store = name.as_deref().unwrap_or(store),
            Member::Helpers(Some(more)) => {
                helpers.extend(more.iter().map(|(key, name)| (key, name.as_deref().unwrap_or_default())));
            }
            Member::Helpers(None) => helpers.clear(),
        }
    }
    let read = entries.iter().map(|(key, fields)| Ok((key.as_str(), entry(fields)?)));
    let entry = read.collect::<Result<BTreeMap<_, _>, ()>>()?.remove(DockerLogin::KEY).flatten();
    Ok(match *helpers.get(&DockerLogin::KEY.to_owned()).unwrap_or(&store) {
        "" => entry,
        "none" => None,
        name => Some(("u".into(), format!("of {name}"))),
    })
}

/// Reads an entry: `auth` sets user and password, and an identity token goes first.
fn entry(fields: &Pairs) -> Found {
    let filled = fields.iter().filter_map(|(name, text)| Some((name.to_ascii_lowercase(), text.as_deref()?)));
    let last: BTreeMap<_, _> = filled.collect();
    let text = |name: &str| last.get(name).copied().unwrap_or_default();
    let (user, password) = match text("auth") {
        "" => (text("username"), text("password")),
        auth => AUTH.iter().find(|(text, _)| *text == auth).and_then(|(_, pair)| *pair).ok_or(())?,
    };
    let secret = [text("identitytoken"), password].into_iter().find(|text| !text.is_empty());
    Ok(secret.map(|secret| (user.to_owned(), secret.to_owned())))
}

#[test]
fn generated_files_are_read_as_docker_reads_them() {
    let (docker, home) = (Docker::find(), home());
    // The text after the first value is not read.
    let files = (vec(member(), 0..5), select(vec!["", "\n}", " {}"]));
    let config = ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() };
    let result = TestRunner::new(config).run(&files, |(members, rest)| {
        let file = object(&members, text) + rest;
        home.config(&file);
        let expected = by_the_rules(&members);
        prop_assert_eq!(&ours(&home), &expected, "{}", file);
        if let Some(docker) = &docker {
            prop_assert_eq!(&docker.read(&home), &expected, "docker, of {}", file);
        }
        Ok(())
    });
    result.unwrap();
}
