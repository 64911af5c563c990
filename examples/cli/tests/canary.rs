//! Secrets are nowhere in what the program writes, in no encoding of them, whatever comes of the login and however much is
//! logged.

use std::fs;

use crate::common::{Done, TRANSPORTS, folder, login, login_at, program, serve, tokens};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use hub_auth_core::http::{HeaderValue, Response, StatusCode};
use hub_auth_host::DockerLogin;
use hub_auth_testkit::Fault;

const SECRET: &str = r#"cänary-"geheim"\wort-'½'"#;
const CODE: &str = "cänary-\"code\"";
const TICKET: &str = "canary-ticket-\\-\"-ü";
const TOKEN: &str = "canary.token.part";
const TOTP: &str = "CANARYCANARYCANARY234567CANARY23";

/// The text as it might look in JSON, in `Debug`, in a URL, in base64 at any offset, in hexadecimal.
fn encodings(text: &str) -> Vec<String> {
    let json = serde_json::to_string(text).unwrap();
    let inner = |quoted: &str| quoted[1..quoted.len() - 1].to_owned();
    let escaped = |c: char| if c.is_ascii() { c.to_string() } else { format!("\\u{:04x}", u32::from(c)) };
    let ascii = inner(&json).chars().map(escaped).collect();
    let hex = |between: &str| text.bytes().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(between);
    let url = form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let mut all = vec![text.to_owned(), inner(&json), inner(&format!("{text:?}")), ascii, url, hex(""), hex(" ")];
    for skip in 0..3 {
        // The first and last characters depend on the neighbours.
        let bytes = &text.as_bytes()[skip..];
        let whole = &bytes[..bytes.len() / 3 * 3];
        all.extend([STANDARD_NO_PAD.encode(whole), URL_SAFE_NO_PAD.encode(whole)]);
    }
    all
}

fn assert_clean(done: &Done, may_hold_token: bool) {
    for canary in [SECRET, CODE, TICKET, TOKEN, TOTP] {
        for encoding in encodings(canary) {
            assert!(!done.err.contains(&encoding), "{canary} as {encoding} in {}", done.err);
            assert!((may_hold_token && canary == TOKEN) || !done.out.contains(&encoding), "{canary} in {}", done.out);
        }
    }
}

fn challenged() -> Fault {
    let body = serde_json::json!({"detail": "Require secondary authentication", "login_2fa_token": TICKET});
    Fault::json(StatusCode::UNAUTHORIZED, &body.to_string())
}

fn granted() -> Fault {
    Fault::json(StatusCode::OK, &serde_json::json!({"token": TOKEN, "refresh_token": TOKEN}).to_string())
}

/// An answer that repeats everything it was sent, and more, in its body and in a header that HTTP libraries log.
fn echo(status: StatusCode) -> Fault {
    let text = format!("no {SECRET} {CODE} {TICKET}");
    let body = serde_json::json!({"detail": text, "message": text}).to_string();
    let answer = Response::builder().status(status).header("content-type", "application/json");
    Fault::Answer(answer.header("server", TOKEN).body(body.into()).unwrap())
}

fn moved() -> Fault {
    let mut answer = Response::new(Vec::new());
    *answer.status_mut() = StatusCode::FOUND;
    let location = HeaderValue::from_str(&format!("https://elsewhere.example/?token={TOKEN}")).unwrap();
    answer.headers_mut().insert("location", location);
    Fault::Answer(answer)
}

fn page() -> Fault {
    Fault::of_type(StatusCode::OK, "text/html", &format!("<html>{SECRET} {TOKEN} {TICKET}</html>"))
}

/// Returns the answers to the first and the second request, and the exit code they lead to.
fn cases() -> Vec<(Fault, Fault, i32)> {
    vec![
        (granted(), Fault::Pass, 0),
        (challenged(), granted(), 0),
        (echo(StatusCode::UNAUTHORIZED), Fault::Pass, 3),
        (echo(StatusCode::FORBIDDEN), Fault::Pass, 3),
        (echo(StatusCode::TOO_MANY_REQUESTS), Fault::Pass, 5),
        (challenged(), echo(StatusCode::UNAUTHORIZED), 4),
        (challenged(), echo(StatusCode::BAD_GATEWAY), 7),
        (challenged(), Fault::DropBefore, 7),
        (moved(), Fault::Pass, 7),
        (challenged(), moved(), 7),
        (page(), Fault::Pass, 8),
        (challenged(), page(), 8),
    ]
}

#[test]
fn nothing_secret_is_written() {
    for transport in TRANSPORTS {
        for (nth, (first, second, code)) in cases().into_iter().enumerate() {
            for filter in ["trace", "off,ureq_proto::client=trace,ureq_proto=trace,ureq=trace,hyper=trace,rustls=trace"]
            {
                let server = serve(|hub| {
                    hub.script(first.clone()).script(second.clone());
                });
                let login = |more| {
                    let args = ["eve", "--code", CODE, "--tries", "1", "--json", more];
                    login_at(&server, transport, SECRET, &args).env("RUST_LOG", filter).run()
                };
                let done = login("--json");
                assert_eq!(done.code, code, "case {nth}: {done:?}");
                assert_clean(&done, false);
                // They did go where they belong.
                let sent = server.requests();
                assert!(holds(&sent[0].body, SECRET) && sent.get(1).is_none_or(|sent| holds(&sent.body, TICKET)));
                assert_eq!(sent.len(), if matches!(second, Fault::Pass) { 1 } else { 2 });
            }
        }
    }
}

/// Returns whether the JSON has this text.
fn holds(json: &[u8], text: &str) -> bool {
    let quoted = serde_json::to_string(text).unwrap();
    json.windows(quoted.len()).any(|window| window == quoted.as_bytes())
}

#[test]
fn the_token_is_printed_as_output_only() {
    for transport in TRANSPORTS {
        let server = serve(|hub| {
            hub.script(challenged()).script(granted());
        });
        let run = login_at(&server, transport, SECRET, &["eve", "--code", CODE, "--print-token"]);
        let done = run.env("RUST_LOG", "trace").run();
        assert_eq!((done.code, &*done.out), (0, &*format!("{TOKEN}\n")), "{done:?}");
        assert_clean(&done, true);
    }
}

/// A login in two steps, its session kept; then without a secret, then over a damaged file, then forgotten.
#[test]
fn nothing_secret_is_written_about_what_is_kept() {
    for transport in TRANSPORTS {
        let cache = folder(&format!("canary-cache-{transport}"));
        let server = serve(|hub| {
            hub.script(challenged()).script(granted()).script(challenged()).script(page());
        });
        let bare = |args: &[&str]| {
            let run = login(&["eve", "--hub", &server.url().to_string(), "--transport", transport]).args(args);
            run.env("RUST_LOG", "trace").env("XDG_CACHE_HOME", cache.to_str().unwrap())
        };
        let unattended = |args: &[&str]| {
            let args = [&["--secret-stdin", "--totp-stdin"], args].concat();
            bare(&args).stdin(&format!("{SECRET}\n{TOTP}\n")).run()
        };
        let ends = |done: &Done, code: i32| {
            assert_eq!(done.code, code, "{done:?}");
            assert_clean(done, false);
        };
        ends(&unattended(&["--json"]), 0);
        ends(&bare(&[]).run(), 0);
        let file = tokens(&cache).remove(0);
        let kept = fs::read_to_string(&file).unwrap();
        assert!(kept.contains(TOKEN), "it is there to be found");
        for canary in [SECRET, CODE, TICKET, TOTP] {
            assert!(!encodings(canary).iter().any(|encoding| kept.contains(encoding)), "{canary} in {kept}");
        }
        fs::write(&file, kept.replace("\"user\"", "user")).unwrap();
        let done = bare(&["--json"]).run();
        assert!(done.err.contains("hub-auth: warning"), "{done:?}");
        ends(&done, 2);
        fs::write(&file, format!("{SECRET} {TOKEN}")).unwrap();
        let done = bare(&[]).env("HUB_TOTP_SECRET", TOTP).env("DOCKER_PASSWORD", SECRET).run();
        assert!(done.err.contains("hub-auth: warning"), "{done:?}");
        ends(&done, 8);
        fs::write(&file, format!("{SECRET} {TOKEN}")).unwrap();
        ends(&bare(&["--forget", "--json"]).run(), 0);
        ends(&bare(&["--secret-stdin", "--totp-stdin"]).stdin(&format!("{SECRET}\n{TOTP}!\n")).run(), 2);
        assert_eq!(server.requests().len(), 4);
    }
}

/// Whatever docker's file or a helper holds.
#[test]
fn nothing_secret_is_written_about_what_docker_stored() {
    let auth = STANDARD.encode(format!("eve:{SECRET}"));
    let entry = |value: &str| format!(r#"{{"auths":{{"{}":{{"auth":"{value}"}}}}}}"#, DockerLogin::KEY);
    let answer = serde_json::json!({"ServerURL": "", "Username": "eve", "Secret": SECRET}).to_string();
    let store = r#"{"credsStore":"test"}"#.to_owned();
    for (config, helper, code) in [
        (entry(&auth), "", 0),
        (entry(&auth).replace("}}}", "}}"), "", 2),
        (entry(SECRET), "", 2),
        (entry(&STANDARD.encode(SECRET)), "", 2),
        (store.clone(), "cat answer", 0),
        (store, "cat answer; cat answer >&2; exit 1", 2),
    ] {
        let server = serve(|hub| {
            hub.always(granted());
        });
        let folder = folder("canary-docker");
        fs::write(folder.join("config.json"), config).unwrap();
        fs::write(folder.join("answer"), &answer).unwrap();
        let script = format!("PATH=/usr/bin:/bin\ncd '{}'\n{helper}", folder.display());
        program(&folder.join("docker-credential-test"), &script);
        let path = folder.to_str().unwrap();
        let run = login(&["--docker-config", "--json", "--hub", &server.url().to_string()]).env("RUST_LOG", "trace");
        let done = run.env("DOCKER_CONFIG", path).env("PATH", path).run();
        assert_eq!(done.code, code, "{helper}: {done:?}");
        assert_clean(&done, false);
        assert_eq!(server.requests().iter().filter(|sent| holds(&sent.body, SECRET)).count(), usize::from(code == 0));
    }
}

/// The net has no holes: what it is cast for is found in each shape.
#[test]
fn encodings_are_recognized() {
    let line = format!("{{\"body\":{}}}", serde_json::to_string(SECRET).unwrap());
    let seen = |haystack: &str| encodings(SECRET).iter().any(|encoding| haystack.contains(encoding));
    assert!(seen(SECRET) && seen(&line) && seen(&format!("{SECRET:?}")) && !seen("nothing"));
    for padding in ["", "a", "ab", "abc"] {
        assert!(seen(&STANDARD_NO_PAD.encode(format!("{padding}{SECRET}"))), "{padding:?}");
    }
}

/// Logging does happen, or the test above would prove little.
#[test]
fn log_lines_are_written_to_standard_error() {
    for transport in TRANSPORTS {
        let server = serve(|hub| {
            hub.always(granted());
        });
        let login = || login_at(&server, transport, SECRET, &["eve", "--json"]);
        let done = login().env("RUST_LOG", "trace").run();
        assert!(done.err.contains("hub_auth"), "{done:?}");
        assert!(login().run().err.is_empty());
    }
}
