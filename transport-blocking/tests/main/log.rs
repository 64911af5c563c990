//! Secrets in the log at TRACE: none, but in the dumps of ureq's own that the crate's documentation warns of.

use std::cell::RefCell;
use std::fmt::Write;
use std::time::Duration;

use base64::prelude::{BASE64_STANDARD, Engine};
use hub_auth_blocking::http::StatusCode;
use hub_auth_blocking::{Account, Client, Code, Credential, Options, Proxy, Secret, Session, Trust};
use hub_auth_testkit::tls::Authority;
use hub_auth_testkit::{Fault, SimHub};
use hub_auth_testkit::{Loopback, LoopbackProxy};
use log::{LevelFilter, Log, Metadata, Record};

use crate::common::bob;

const PASSWORD: &str = "pässword\"\\canary-one";
const CODE: &str = "recovery-canary-two";
const TICKET: &str = "tïcket\"\\canary-three";
const TOKEN: &str = "token-canary-four";
const PROXY_PASSWORD: &str = "proxy-canary-five";

thread_local! {
    /// Target and text of each line of this thread. A process has one logger, and other tests log as well.
    static LINES: RefCell<Vec<(String, String)>> = const { RefCell::new(Vec::new()) };
}

struct Capture;

impl Log for Capture {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        LINES.with_borrow_mut(|lines| lines.push((record.target().to_owned(), record.args().to_string())));
    }

    fn flush(&self) {}
}

/// Returns the lines that `work` logs on this thread.
fn logged(work: impl FnOnce()) -> Vec<(String, String)> {
    log::set_logger(&Capture).ok();
    log::set_max_level(LevelFilter::Trace);
    LINES.take();
    work();
    let lines = LINES.take();
    assert!(!lines.is_empty(), "the logger was not asked");
    lines
}

/// Tells whether the lines from ureq's parser, or all others, hold a text: in clear, as JSON writes it, or dumped.
fn hold(lines: &[(String, String)], of_proto: bool, text: &str) -> bool {
    let lines =
        || lines.iter().filter(|(target, _)| target.starts_with("ureq_proto") == of_proto).map(|(_, line)| line);
    // A dump has bytes in pairs, a space, and the same bytes as text.
    let columns = || lines().filter_map(|line| line.rsplit_once(' '));
    let bytes: String = columns().flat_map(|(bytes, _)| bytes.chars().filter(char::is_ascii_hexdigit)).collect();
    let texts: String = columns().map(|(_, text)| text).collect();
    let json = serde_json::to_string(text).unwrap();
    [text, json.trim_matches('"')].iter().any(|text| {
        let hex = text.bytes().fold(String::new(), |mut hex, byte| {
            write!(hex, "{byte:02x}").unwrap();
            hex
        });
        lines().any(|line| line.contains(text)) || texts.contains(text) || bytes.contains(&hex)
    })
}

fn server() -> (Loopback, Options) {
    let authority = Authority::new().unwrap();
    let server = Loopback::start_tls(SimHub::demo(), &authority.issue(&["localhost"]).unwrap()).unwrap();
    let trust = Trust::none().with_ca_pem(authority.pem().as_bytes()).unwrap();
    let options = Options::new().base(server.url()).trust(trust);
    (server, options)
}

#[test]
fn secrets_are_in_no_line_but_the_dumps() {
    let (server, options) = server();
    let challenged = serde_json::json!({"detail": "2FA", "login_2fa_token": TICKET}).to_string();
    let granted = format!(r#"{{"token":"{TOKEN}"}}"#);
    server.hub().script(Fault::json(StatusCode::UNAUTHORIZED, &challenged));
    server.hub().script(Fault::json(StatusCode::OK, &granted));
    server.hub().script(Fault::json(StatusCode::OK, "{}"));
    let lines = logged(|| {
        let account = Account::new("alice", Credential::password(PASSWORD)).unwrap();
        let session = Session::new(Client::new(options).unwrap(), account).ask(|_| Code::new(CODE).ok());
        assert_eq!(session.token(Duration::ZERO).unwrap().token().expose(), TOKEN);
        session.get("/v2/user").unwrap();
        log::debug!("{session:?}");
    });
    for typed in [PASSWORD, CODE] {
        assert!(!hold(&lines, true, typed) && !hold(&lines, false, typed), "{typed} is in the log");
    }
    for answered in [TICKET, TOKEN] {
        assert!(!hold(&lines, false, answered), "{answered} is in the log");
        assert!(hold(&lines, true, answered), "{answered} is no longer in the dumps, so the warning can go");
    }
}

#[test]
fn the_credentials_of_a_proxy_are_in_no_line() {
    let (server, options) = server();
    for start in [LoopbackProxy::http, LoopbackProxy::socks5] {
        let through = start(server.address(), Some(("proxy-user", PROXY_PASSWORD))).unwrap();
        for password in [PROXY_PASSWORD, "proxy-canary-six"] {
            let proxy = Proxy::new(&through.url()).unwrap().also_for_loopback();
            let proxy = proxy.with_credentials("proxy-user", &Secret::from(password)).unwrap();
            let client = Client::new(options.clone().proxy(proxy.clone())).unwrap();
            let lines = logged(|| {
                let login = client.login(&bob());
                assert_eq!(login.is_ok(), password == PROXY_PASSWORD, "{login:?}");
                log::debug!("{client:?} {proxy:?} {:?}", login.err());
            });
            for secret in [password, &BASE64_STANDARD.encode(format!("proxy-user:{password}"))] {
                assert!(!hold(&lines, true, secret) && !hold(&lines, false, secret), "{secret} is in the log");
            }
        }
    }
}
