//! Looks for secrets in the log at TRACE and in every text that a program may print.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD, Engine};
use http::Request;
use hub_auth_core::{Account, Code, Credential, Secret, Totp};
use hub_auth_hyper::{MemoryStore, Options, Proxy, Session, Trust};
use hub_auth_testkit::tls::Authority;
use hub_auth_testkit::{Fault, SimHub, SimUser};
use hub_auth_testkit::{Loopback, LoopbackProxy};
use tracing_subscriber::filter::LevelFilter;

use crate::common::{chain, client, once};

const PASSWORD: &str = "the canary of this test";
/// The TOTP secret as bytes, and as people type it.
const TOTP: (&[u8], &str) = (b"the canary's 2nd factor!", "ORUGKIDDMFXGC4TZE5ZSAMTOMQQGMYLDORXXEII");
const PROXY_USER: &str = "proxy's canary";
const PROXY_PASSWORDS: [&str; 2] = ["the right one of the proxy", "a wrong one of the proxy"];

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

/// Lists the forms of a secret that needs no escapes: the text itself, base64, hexadecimal, and a list of bytes.
fn forms(secret: &str) -> [String; 6] {
    let hex = secret.bytes().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
    let bytes = format!("{:?}", secret.as_bytes());
    [
        secret.to_owned(),
        BASE64_STANDARD_NO_PAD.encode(secret),
        BASE64_URL_SAFE_NO_PAD.encode(secret),
        hex.to_uppercase(),
        hex,
        bytes.trim_matches(['[', ']']).to_owned(),
    ]
}

/// Returns whether a form is in a text. Six digits count only alone, since longer numbers contain them by chance.
fn shows(text: &str, form: &str) -> bool {
    let apart = |c: Option<char>| form.len() > 6 || !c.is_some_and(|c| c.is_ascii_alphanumeric());
    text.match_indices(form)
        .any(|(at, _)| apart(text[..at].chars().next_back()) && apart(text[at + form.len()..].chars().next()))
}

/// Collects every secret that was sent, and every text that a program may print.
#[derive(Default)]
struct Seen {
    secrets: Vec<String>,
    texts: String,
}

/// Logs in by hand and by a session, and gets an answer that is cut, one without an end, and one that is no HTTP.
async fn log_in(server: &Loopback, trust: Trust, seen: &mut Seen) {
    let client = client(once(Options::new().base(server.url()).trust(trust)));
    let account = Account::new("alice", Credential::password(PASSWORD)).unwrap();
    let mut codes = vec![server.code("alice").unwrap(), "012345".to_owned()];
    let grant = client.login_with(&account, async |_| Code::new(&codes.pop()?).ok()).await.unwrap();
    let cut = Fault::Raw(format!("HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n{PASSWORD}").into_bytes());
    for fault in [cut, Fault::Endless(1 << 21), Fault::Raw(PASSWORD.into())] {
        server.hub().always(fault);
        let failure = client.login(&account).await.unwrap_err();
        seen.texts += &format!("{failure:?} {failure:#?} {}", chain(&failure));
    }
    server.hub().always(Fault::Pass);

    let store = MemoryStore::new();
    // Another user, since alice's code of this time step is used up.
    let carol = Account::new("carol", Credential::password(PASSWORD)).unwrap();
    let session = Session::new(client.clone(), carol).totp(Totp::from_base32(TOTP.1).unwrap()).store(store.clone());
    let bearer = session.token(Duration::ZERO).await.unwrap();
    let get = || Request::get(format!("{}v2/user", server.url())).body("".into()).unwrap();
    assert_eq!(session.send(get()).await.unwrap().status(), 200);
    server.hub().script(Fault::DropAfter);
    let error = session.send(get()).await.unwrap_err();
    seen.texts += &format!("{client:?} {grant:?} {session:?} {bearer:?} {store:?} {error:?} {}", chain(&error));
    seen.secrets.extend([grant.token(), bearer.token()].map(|token| token.expose().to_owned()));
    for request in server.requests().iter().filter(|request| request.target == "/v2/users/2fa-login") {
        let sent: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
        seen.secrets.extend(["code", "login_2fa_token"].map(|field| sent[field].as_str().unwrap().to_owned()));
    }
}

/// Logs in through a proxy that knows the first of two passwords.
async fn through(proxy: &LoopbackProxy, server: &Loopback, seen: &mut Seen) {
    let account = Account::new("alice", Credential::password(PASSWORD)).unwrap();
    for password in PROXY_PASSWORDS {
        let through = Proxy::new(&proxy.url()).unwrap().with_credentials(PROXY_USER, &Secret::from(password)).unwrap();
        let client = client(Options::new().base(server.url()).proxy(through.also_for_loopback()));
        let login = client.login(&account).await;
        assert_eq!(login.is_ok(), password == PROXY_PASSWORDS[0]);
        seen.texts +=
            &login.err().map(|failure| format!("{client:?} {failure:?} {}", chain(&failure))).unwrap_or_default();
        // Basic authorization encodes the pair.
        seen.secrets.extend([password.to_owned(), format!("{PROXY_USER}:{password}")]);
    }
}

#[tokio::test]
async fn no_secret_is_logged() {
    let log = Log::default();
    let writer = log.clone();
    // The microseconds of a time look like a code.
    let subscriber = tracing_subscriber::fmt().with_max_level(LevelFilter::TRACE).without_time();
    let subscriber = subscriber.with_writer(move || writer.clone()).finish();
    // Sees the events of this thread, those of the crate `log` included.
    let _entered = tracing::subscriber::set_default(subscriber);
    tracing_log::LogTracer::init().unwrap();

    let mut seen = Seen { secrets: vec![PASSWORD.to_owned(), TOTP.1.to_owned()], ..Seen::default() };
    let hub = || {
        let mut hub = SimHub::new();
        hub.add(SimUser::new("alice", PASSWORD).totp(TOTP.0)).add(SimUser::new("carol", PASSWORD).totp(TOTP.0));
        hub
    };
    let authority = Authority::new().unwrap();
    let (plain, secure) = (
        Loopback::start(hub()).unwrap(),
        Loopback::start_tls(hub(), &authority.issue(&["localhost"]).unwrap()).unwrap(),
    );
    log_in(&plain, Trust::none(), &mut seen).await;
    log_in(&secure, Trust::none().with_ca_pem(authority.pem().as_bytes()).unwrap(), &mut seen).await;
    for start in [LoopbackProxy::http, LoopbackProxy::socks5] {
        through(&start(plain.address(), Some((PROXY_USER, PROXY_PASSWORDS[0]))).unwrap(), &plain, &mut seen).await;
    }

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    for target in ["hub_auth", "rustls"] {
        assert!(log.contains(target), "{target} logs nothing: {log}");
    }
    for form in seen.secrets.iter().flat_map(|secret| forms(secret)) {
        assert!(!shows(&log, &form) && !shows(&seen.texts, &form), "{form}");
    }
}
