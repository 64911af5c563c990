//! What is in the log at TRACE. A binary of its own, since a process has one logger.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod common;

use std::fmt::Write;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use common::{Scene, both};
use hub_auth_blocking::core::http::{Request, StatusCode};
use hub_auth_blocking::{Account, Code, Credential, Session};
use hub_auth_testkit::hub::{Fault, SimHub};
use log::{LevelFilter, Log, Metadata, Record};

const PASSWORD: &str = "pässword\"\\canary-one";
const CODE: &str = "recovery-canary-two";
const TICKET: &str = "tïcket\"\\canary-three";
const TOKEN: &str = "token-canary-four";

struct Capture(Mutex<Vec<(String, String)>>);

static CAPTURE: Capture = Capture(Mutex::new(Vec::new()));

impl Log for Capture {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        self.0.lock().unwrap().push((record.target().to_owned(), record.args().to_string()));
    }

    fn flush(&self) {}
}

/// Lines with their targets.
struct Lines(Vec<(String, String)>);

impl Lines {
    fn hold(&self, text: &str) -> bool {
        let json = serde_json::to_string(text).unwrap();
        [text, json.trim_matches('"')].iter().any(|text| self.hold_in_clear(text) || self.hold_dumped(text))
    }

    fn hold_in_clear(&self, text: &str) -> bool {
        self.0.iter().any(|(_, line)| line.contains(text))
    }

    fn hold_dumped(&self, text: &str) -> bool {
        // Bytes in pairs, a space, and the same bytes as text.
        let columns = || self.0.iter().filter_map(|(_, line)| line.rsplit_once(' '));
        let bytes: String = columns().flat_map(|(bytes, _)| bytes.chars().filter(char::is_ascii_hexdigit)).collect();
        let texts: String = columns().map(|(_, text)| text).collect();
        bytes.contains(&hex(text)) || texts.contains(text)
    }

    fn of_proto(&self, proto: bool) -> Lines {
        Lines(self.0.iter().filter(|(target, _)| target.starts_with("ureq_proto") == proto).cloned().collect())
    }
}

fn hex(text: &str) -> String {
    text.bytes().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    })
}

/// Logs in and makes a call; returns how many lines there were before the call.
fn log_in(scene: &Scene) -> usize {
    let challenged = serde_json::json!({"detail": "2FA", "login_2fa_token": TICKET}).to_string();
    let granted = format!(r#"{{"token":"{TOKEN}"}}"#);
    scene.server.hub().script(Fault::json(StatusCode::UNAUTHORIZED, &challenged));
    scene.server.hub().script(Fault::json(StatusCode::OK, &granted));
    let account = Account::new("alice", Credential::password(PASSWORD)).unwrap();
    let session = Session::new(scene.client.clone(), account).ask(|_| Code::new(CODE).ok());
    assert_eq!(session.token(Duration::ZERO).unwrap().token().expose(), TOKEN);
    log::debug!("{session:?}");
    // With the token in the request's head.
    let answers = CAPTURE.0.lock().unwrap().len();
    scene.server.hub().script(Fault::json(StatusCode::OK, "{}"));
    let request = Request::get(format!("{}v2/user", scene.server.url())).body(Bytes::new()).unwrap();
    session.send(request).unwrap();
    answers
}

#[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
mod proxy {
    use std::io;
    use std::net::SocketAddr;

    use base64::prelude::{BASE64_STANDARD, Engine};
    use hub_auth_blocking::Proxy;
    use hub_auth_core::Secret;
    use hub_auth_testkit::LoopbackProxy;

    use super::*;

    const PROXY_USER: &str = "proxy-user";
    const PROXY_PASSWORD: &str = "proxy-canary-five";
    const WRONG_PASSWORD: &str = "proxy-canary-six";

    type Start = fn(SocketAddr, Option<(&str, &str)>) -> io::Result<LoopbackProxy>;

    /// Logs in through a proxy that wants a password.
    fn log_in_through(start: Start) {
        let scene = common::tls(SimHub::demo());
        let server = start(scene.server.address(), Some((PROXY_USER, PROXY_PASSWORD))).unwrap();
        let proxy = Proxy::new(&server.url()).unwrap().also_for_loopback();
        let proxy = proxy.with_credentials(PROXY_USER, &Secret::from(PROXY_PASSWORD)).unwrap();
        let client = scene.again(|options| options.proxy(proxy.clone()));
        assert!(client.login(&common::bob()).is_ok());
        assert!(server.asked()[0].granted);
        log::debug!("{client:?} {proxy:?} {server:?}");
        let wrong = proxy.with_credentials(PROXY_USER, &Secret::from(WRONG_PASSWORD)).unwrap();
        log::debug!("{:?}", scene.again(|options| options.proxy(wrong)).login(&common::bob()).unwrap_err());
    }

    #[test]
    fn what_opens_a_proxy_is_in_no_line() {
        let _alone = begin();
        for start in [LoopbackProxy::http as Start, LoopbackProxy::socks5] {
            CAPTURE.0.lock().unwrap().clear();
            log_in_through(start);
            let lines = Lines(CAPTURE.0.lock().unwrap().clone());
            assert!(lines.0.len() > 10, "the logger was not asked");
            for password in [PROXY_PASSWORD, WRONG_PASSWORD] {
                let basic = BASE64_STANDARD.encode(format!("{PROXY_USER}:{password}"));
                assert!(!lines.hold(password) && !lines.hold(&basic), "{password} is in the log");
            }
        }
    }
}

/// The one logger, for one test at a time.
fn begin() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    // The other test may have set it.
    log::set_logger(&CAPTURE).ok();
    log::set_max_level(LevelFilter::Trace);
    alone
}

#[test]
fn what_is_typed_is_in_no_line_and_what_is_answered_only_in_the_dumps() {
    let _alone = begin();
    for scene in both(SimHub::demo) {
        CAPTURE.0.lock().unwrap().clear();
        let before = log_in(&scene);
        let lines = Lines(CAPTURE.0.lock().unwrap().clone());
        assert!(lines.0.len() > 10, "the logger was not asked");
        for typed in [PASSWORD, CODE] {
            assert!(!lines.hold(typed), "{typed} is in the log");
        }
        for answered in [TICKET, TOKEN] {
            // Here it is that the crate's documentation warns of. When this fails, the warning can go.
            assert!(lines.of_proto(true).hold(answered), "{answered} is no longer in the dumps");
            assert!(!lines.of_proto(false).hold(answered), "{answered} is in the log");
        }
        let call = Lines(lines.0[before..].to_vec());
        assert!(call.of_proto(true).hold(TOKEN), "the token of a call is no longer in the dumps");
    }
}
