//! No secret is in the log, even at TRACE. A test binary of its own, since a log is the whole process's.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

mod common;

use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD, Engine};
use common::{both, run};
use hub_auth_core::{Account, Code, Credential, Secret};
use hub_auth_hyper::{Options, Proxy};
use hub_auth_testkit::hub::{Fault, SimHub, SimUser};
use hub_auth_testkit::{Loopback, LoopbackProxy};
use tracing_subscriber::filter::LevelFilter;

const PASSWORD: &str = r#"pässword "canary" \of\ this test"#;
const TOTP: &[u8] = b"the canary's second factor";

const PROXY_USER: &str = "proxy's canary";
const PROXY_PASSWORDS: [&str; 2] = ["the right one of the proxy", "a wrong one of the proxy"];

const OWN_TOTP: &[u8] = b"the canary's unattended.";

fn base32(secret: &[u8]) -> String {
    let bits = secret.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1)).collect::<Vec<_>>();
    let quintets = bits.chunks(5).map(|bits| bits.iter().enumerate().map(|(at, bit)| bit << (4 - at)).sum::<u8>());
    quintets.map(|quintet| char::from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[usize::from(quintet)])).collect()
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// How a secret may show: as it is, and as JSON, Debug, base64 and hexadecimal write it.
fn shapes(secret: &str) -> Vec<String> {
    let json = serde_json::to_string(secret).unwrap();
    let debug = format!("{secret:?}");
    let hex = secret.bytes().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
    let bytes = format!("{:?}", secret.as_bytes());
    vec![
        secret.to_owned(),
        json.trim_matches('"').to_owned(),
        debug.trim_matches('"').to_owned(),
        secret.as_bytes().escape_ascii().to_string(),
        BASE64_STANDARD_NO_PAD.encode(secret),
        BASE64_URL_SAFE_NO_PAD.encode(secret),
        hex.to_uppercase(),
        hex,
        bytes.trim_matches(['[', ']']).to_owned(),
    ]
}

/// Whether it is in there. Six digits alone also turn up in the middle of longer numbers, such as a key's in
/// hexadecimal.
fn shows(text: &str, shape: &str) -> bool {
    let apart = |c: Option<char>| shape.len() > 6 || !c.is_some_and(|c| c.is_ascii_alphanumeric());
    text.match_indices(shape)
        .any(|(at, _)| apart(text[..at].chars().next_back()) && apart(text[at + shape.len()..].chars().next()))
}

fn hub() -> SimHub {
    let mut hub = SimHub::new();
    hub.add(SimUser::new("alice", PASSWORD).totp(TOTP));
    hub
}

#[test]
fn no_secret_is_logged() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_max_level(LevelFilter::TRACE).with_writer(move || writer.clone());
    // The microseconds of a time look like a code.
    let subscriber = subscriber.without_time();
    // Takes what is logged through `log` as well.
    subscriber.init();
    tracing::trace!("a trace is seen");
    log::trace!("a log line is seen");

    let account = Account::new("alice", Credential::password(PASSWORD)).unwrap();
    let mut secrets = vec![PASSWORD.to_owned()];
    let mut shown = Vec::new();
    for scene in both(hub) {
        let wrong = Code::new("012345").unwrap();
        let mut codes = vec![scene.server.code("alice").unwrap(), wrong.expose().to_owned()];
        secrets.extend(codes.iter().cloned());
        let grant = run(scene.client.login_with(&account, async |_| Code::new(&codes.pop()?).ok())).unwrap();
        secrets.push(grant.token().expose().to_owned());
        let requests = scene.server.requests();
        let second: serde_json::Value = serde_json::from_slice(&requests[1].body).unwrap();
        secrets.push(second["login_2fa_token"].as_str().unwrap().to_owned());

        // And where it fails: cut, too long, not HTTP.
        let cut = Fault::Raw(format!("HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n{PASSWORD}").into_bytes());
        for fault in [cut, Fault::Endless(1 << 21), Fault::Raw(PASSWORD.into())] {
            scene.server.hub().always(fault);
            let failure = run(scene.client.login(&account)).unwrap_err();
            shown.push(format!("{failure} {failure:?} {failure:#?} {}", common::chain(&failure)));
        }
        shown.push(format!("{grant:?} {:?}", scene.client));

        // The same by a session, whose codes come from the secret itself.
        scene.server.hub().always(Fault::Pass);
        scene.server.hub().add(SimUser::new("carol", PASSWORD).totp(OWN_TOTP));
        let carol = Account::new("carol", Credential::password(PASSWORD)).unwrap();
        let store = hub_auth_hyper::MemoryStore::new();
        let totp = hub_auth_hyper::Totp::from_base32(&base32(OWN_TOTP)).unwrap();
        let session = hub_auth_hyper::Session::new(scene.client.clone(), carol).totp(totp).store(store.clone());
        let bearer = run(session.token(Duration::ZERO)).unwrap();
        assert_eq!(run(session.send(common::get(&scene.server, "/v2/user"))).unwrap().status(), 200);
        scene.server.hub().script(Fault::DropAfter);
        let error = run(session.send(common::get(&scene.server, "/v2/user"))).unwrap_err();
        shown.push(format!("{session:?} {bearer:?} {store:?} {error} {error:?} {}", common::chain(&error)));
        let requests = scene.server.requests();
        let second = requests.iter().rfind(|request| request.target == "/v2/users/2fa-login").unwrap();
        let second: serde_json::Value = serde_json::from_slice(&second.body).unwrap();
        secrets.extend(["code", "login_2fa_token"].map(|field| second[field].as_str().unwrap().to_owned()));
        secrets.extend([bearer.token().expose().to_owned(), base32(OWN_TOTP)]);
    }

    // And on the way through a proxy, which lets the first password in.
    let [right, _] = PROXY_PASSWORDS;
    let server = Loopback::start(hub()).unwrap();
    for proxy in [LoopbackProxy::http, LoopbackProxy::socks5] {
        let proxy = proxy(server.address(), Some((PROXY_USER, right))).unwrap();
        for password in PROXY_PASSWORDS {
            let through =
                Proxy::new(&proxy.url()).unwrap().with_credentials(PROXY_USER, &Secret::from(password)).unwrap();
            let client = common::client(Options::new().base(server.url()).proxy(through.also_for_loopback()));
            let ended = run(client.login(&account));
            assert_eq!(ended.is_ok(), password == right);
            shown.extend(ended.err().map(|failure| format!("{client:?} {failure:?} {}", common::chain(&failure))));
            // The pair as Basic encodes it.
            secrets.extend([password.to_owned(), format!("{PROXY_USER}:{password}")]);
        }
    }

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("a trace is seen") && log.contains("a log line is seen"), "{log}");
    #[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
    assert!(log.contains("rustls"), "TLS has nothing to log: {log}");
    let shown = shown.concat();
    for secret in secrets {
        for shape in shapes(&secret) {
            assert!(!shows(&log, &shape) && !shows(&shown, &shape), "{shape}");
        }
    }
}
