//! The Redis store against real servers, which these tests start and stop. Without `redis-server` (Debian's package of that
//! name) they are skipped.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use hub_auth_core::{Secret, UnixTime};
use hub_auth_host::{Encrypted, MemoryStore, RedisStore, Refusal, StoreError, TokenStore, now};
use hub_auth_testkit::tls::Authority;

use crate::common::Folder;
use crate::store::{keeps_what_is_saved, key, lock, locks_for_one, refusal, text};

/// A `redis-server` of its own, ended on drop.
pub(crate) struct Server {
    process: Child,
    _folder: Folder,
    port: u16,
    args: Vec<String>,
}

impl Server {
    pub(crate) fn start(args: &[&str]) -> Option<Server> {
        let installed = Command::new("redis-server").arg("--version").output().is_ok();
        if !installed {
            assert!(std::env::var_os("HUB_AUTH_NO_SKIP").is_none(), "redis-server is not installed");
            eprintln!("SKIPPED: redis-server is not installed");
            return None;
        }
        let args: Vec<_> = args.iter().map(|arg| (*arg).to_owned()).collect();
        // A port that is free now may be taken a moment later, so a server that ends is started again on another.
        Some((0..20).find_map(|_| Server::on(free_port(), &args)).expect("redis-server starts"))
    }

    fn on(port: u16, args: &[String]) -> Option<Server> {
        let folder = Folder::new();
        let mut process = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--save", "", "--appendonly", "no", "--dir"])
            .arg(&*folder)
            .args(args)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let is_ready = lines.any(|line| line.unwrap().contains("Ready to accept connections"));
        // Its log must not fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        let server = Server { process, _folder: folder, port, args: args.to_vec() };
        is_ready.then_some(server)
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub(crate) fn store(&self) -> RedisStore {
        RedisStore::new(&self.url()).unwrap()
    }

    /// Runs a command of Redis and returns its answer.
    fn cli(&self, args: &[&str]) -> String {
        let output = Command::new("redis-cli").args(["-p", &self.port.to_string()]).args(args).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    pub(crate) fn signal(&self, name: &str) {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args([name, &id]).status().unwrap().success());
    }

    pub(crate) fn flush(&self) {
        self.cli(&["FLUSHALL"]);
    }

    pub(crate) fn restart(&mut self) {
        self.stop();
        *self = Server::on(self.port, &self.args).expect("the port is free again");
    }

    fn stop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn lock_name() -> String {
    format!("hub-auth:lock:{}", key("alice"))
}

fn value_name() -> String {
    format!("hub-auth:session:{}", key("alice"))
}

fn cause<T: std::fmt::Debug>(result: Result<T, StoreError>) -> String {
    let error = result.unwrap_err();
    assert!(matches!(error, StoreError::Broken { .. }), "{error:?}");
    std::error::Error::source(&error).unwrap().to_string()
}

#[test]
fn redis_keeps_and_locks() {
    let Some(server) = Server::start(&[]) else { return };
    let encrypted = Encrypted::new(server.store(), &[7; 32]);
    for store in [&server.store() as &dyn TokenStore, &server.store().clone(), &encrypted] {
        keeps_what_is_saved(store);
        locks_for_one(store);
    }
}

#[test]
fn a_value_expires_with_its_session() {
    let Some(server) = Server::start(&[]) else { return };
    let (store, sealed) = (server.store(), Secret::from("x"));
    let left = || server.cli(&["PTTL", &value_name()]).parse::<i64>().unwrap();
    store.save(&key("alice"), &sealed, Some(now() + Duration::from_secs(600))).unwrap();
    assert!((500_000..=600_000).contains(&left()), "{}", left());
    store.save(&key("alice"), &sealed, None).unwrap();
    assert!(left() > 29 * 24 * 3600 * 1000, "{}", left());
    store.save(&key("alice"), &sealed, Some(UnixTime::from_millis(u64::MAX))).unwrap();
    assert!(left() > 0, "{}", left());
    store.save(&key("alice"), &sealed, Some(now())).unwrap();
    assert_eq!(text(store.load(&key("alice"))), None, "a value that is of no use is not kept");
}

#[test]
fn a_lock_is_prolonged_while_it_is_held() {
    let Some(server) = Server::start(&[]) else { return };
    let lock = server.store().try_lock(&key("alice")).unwrap().unwrap();
    let left = || server.cli(&["PTTL", &lock_name()]).parse::<u64>().unwrap();
    assert!(left() <= 5000, "{}", left());
    // Shortens the lease, so that it would end without the thread that prolongs it.
    server.cli(&["PEXPIRE", &lock_name(), "3000"]);
    while left() <= 3000 {
        std::thread::yield_now();
    }
    drop(lock);
    assert_eq!(server.cli(&["EXISTS", &lock_name()]), "0");
}

#[test]
fn a_lock_of_a_process_that_is_gone_expires() {
    let Some(server) = Server::start(&[]) else { return };
    let store = server.store();
    server.cli(&["SET", &lock_name(), "gone", "PX", "300"]);
    assert!(store.try_lock(&key("alice")).unwrap().is_none());
    drop(lock(&store));
}

#[test]
fn a_lost_lock_is_not_taken_from_its_next_holder() {
    let Some(server) = Server::start(&[]) else { return };
    let lost = server.store().try_lock(&key("alice")).unwrap().unwrap();
    server.flush();
    let held = server.store().try_lock(&key("alice")).unwrap().unwrap();
    drop(lost);
    assert!(server.store().try_lock(&key("alice")).unwrap().is_none(), "the other holder has it still");
    drop(held);
    assert!(server.store().try_lock(&key("alice")).unwrap().is_some());
}

#[test]
fn a_restarted_server_is_used_again() {
    let Some(mut server) = Server::start(&[]) else { return };
    let store = server.store();
    store.save(&key("alice"), &Secret::from("x"), None).unwrap();
    server.stop();
    let said = cause(store.load(&key("alice")));
    assert!(said.contains("refused"), "{said}");
    server.restart();
    store.save(&key("alice"), &Secret::from("y"), None).unwrap();
    server.cli(&["CLIENT", "KILL", "TYPE", "normal"]);
    assert_eq!(text(store.load(&key("alice"))).as_deref(), Some("y"), "a closed connection is replaced");
}

#[test]
fn a_server_that_hangs_is_given_up() {
    let Some(server) = Server::start(&[]) else { return };
    let store = server.store();
    let lock = store.try_lock(&key("alice")).unwrap();
    server.signal("-STOP");
    let start = Instant::now();
    for said in [
        cause(store.load(&key("alice"))),
        cause(store.save(&key("alice"), &Secret::from("x"), None)),
        cause(store.try_lock(&key("alice"))),
        cause(server.store().forget(&key("alice"))),
    ] {
        assert_eq!(said, "no answer within half a second");
    }
    drop(lock);
    eprintln!("four calls and a release to a stopped server took {:?}", start.elapsed());
    server.signal("-CONT");
    // The late calls are answered now, among them one that locks.
    drop(self::lock(&store));
}

#[test]
fn a_wrong_password_is_named_and_none_is_shown() {
    let Some(server) = Server::start(&["--requirepass", "canary"]) else { return };
    let with = |login: &str| RedisStore::new(&server.url().replace("//", &format!("//{login}@"))).unwrap();
    let apart = server.store().login(Some("default"), &Secret::from("canary")).unwrap();
    for store in [with(":canary"), with("default:canary"), apart] {
        store.save(&key("alice"), &Secret::from("x"), None).unwrap();
        assert!(!format!("{store:?}").contains("canary"));
    }
    for store in [with(":wrong-canary"), server.store()] {
        let error = store.load(&key("alice")).unwrap_err();
        let shown = format!("{error} {error:?} {}", std::error::Error::source(&error).unwrap());
        assert!(shown.contains("uthentication") && !shown.contains("canary"), "{shown}");
    }
    for url in ["redis://:canary@host:port", "http://:canary@host", "canary", "redis://:canary@0.0.0.0"] {
        let error = RedisStore::new(url).unwrap_err();
        assert_eq!(error.to_string(), "cannot use this Redis URL");
        assert!(!format!("{error:?}").contains("canary"), "{error:?}");
    }
}

#[test]
fn a_full_server_is_an_error() {
    let Some(server) = Server::start(&["--maxmemory", "1", "--maxmemory-policy", "noeviction"]) else { return };
    let store = server.store();
    assert_eq!(text(store.load(&key("alice"))), None);
    store.forget(&key("alice")).unwrap();
    for said in [cause(store.save(&key("alice"), &Secret::from("x"), None)), cause(store.try_lock(&key("alice")))] {
        assert!(said.contains("OOM"), "{said}");
    }
}

#[test]
fn a_foreign_value_is_refused_and_replaced() {
    let Some(server) = Server::start(&[]) else { return };
    let store = server.store();
    let planted = |args: &[&str]| {
        store.forget(&key("alice")).unwrap();
        server.cli(args);
        store.load(&key("alice"))
    };
    assert_eq!(refusal(planted(&["SETBIT", &value_name(), "0", "1"])), Refusal::Foreign, "no UTF-8");
    assert_eq!(refusal(planted(&["SETRANGE", &value_name(), "1048576", "x"])), Refusal::TooLarge);
    let said = cause(planted(&["LPUSH", &value_name(), "x"]));
    assert!(said.contains("WRONGTYPE"), "{said}");
    store.save(&key("alice"), &Secret::from("x"), None).unwrap();
    assert_eq!(text(store.load(&key("alice"))).as_deref(), Some("x"));
}

#[test]
fn tls_checks_the_servers_certificate() {
    let files = Folder::new();
    let authority = Authority::new().unwrap();
    let identity = authority.issue(&["localhost"]).unwrap();
    for (name, pem) in
        [("ca", authority.pem()), ("cert", identity.certificate_pem().to_owned()), ("key", identity.key_pem())]
    {
        std::fs::write(files.join(name), pem).unwrap();
    }
    let port = free_port();
    let path = |name: &str| files.join(name).to_str().unwrap().to_owned();
    let (tls_port, ca, cert, key_file) = (port.to_string(), path("ca"), path("cert"), path("key"));
    let args =
        ["--tls-port", &tls_port, "--tls-ca-cert-file", &ca, "--tls-cert-file", &cert, "--tls-key-file", &key_file];
    let Some(_server) = Server::start(&[&args[..], &["--tls-auth-clients", "no"]].concat()) else { return };
    let store = RedisStore::new(&format!("rediss://localhost:{port}")).unwrap();
    let said = cause(store.load(&key("alice")));
    assert!(said.contains("UnknownIssuer"), "{said}");
    let store = store.ca_pem(authority.pem()).unwrap();
    store.save(&key("alice"), &Secret::from("x"), None).unwrap();
    let insecure = RedisStore::new(&format!("rediss://localhost:{port}/#insecure")).unwrap();
    assert!(insecure.load(&key("alice")).is_err(), "certificates are always checked");
    assert!(RedisStore::new("redis://localhost").unwrap().ca_pem(authority.pem()).is_err());
}

#[test]
fn encrypted_values_open_with_their_key_for_their_account_only() {
    let inner = MemoryStore::new();
    let store = Encrypted::new(inner.clone(), &[7; 32]);
    let (alice, bob) = (key("alice"), key("bob"));
    keeps_what_is_saved(&store);
    locks_for_one(&store);
    store.save(&alice, &Secret::from("canary"), None).unwrap();
    let kept = inner.load(&alice).unwrap().unwrap();
    assert!(!kept.expose().contains("canary") && !format!("{store:?}").contains('7'));
    store.save(&bob, &Secret::from("canary"), None).unwrap();
    assert_ne!(inner.load(&bob).unwrap().unwrap().expose(), kept.expose());

    assert_eq!(refusal(Encrypted::new(inner.clone(), &[8; 32]).load(&alice)), Refusal::NotDecrypted, "another key");
    inner.save(&bob, &kept, None).unwrap();
    assert_eq!(refusal(store.load(&bob)), Refusal::NotDecrypted, "another account's value");
    for end in 0..kept.expose().len() {
        let (cut, rest) = kept.expose().split_at(end);
        let changed = rest.replacen(|c: char| c.is_ascii_alphanumeric(), "~", 1);
        for bad in [cut.to_owned(), format!("{cut}{changed}")] {
            inner.save(&alice, &Secret::from(bad), None).unwrap();
            assert_eq!(refusal(store.load(&alice)), Refusal::NotDecrypted);
        }
    }
    for bad in ["", "garbage", "hub-auth-encrypted 2 AAAA", "hub-auth-encrypted 1 ", "hub-auth-encrypted 1 AAAA"] {
        inner.save(&alice, &Secret::from(bad), None).unwrap();
        assert_eq!(refusal(store.load(&alice)), Refusal::NotDecrypted, "{bad}");
    }
    store.save(&alice, &Secret::from("again"), None).unwrap();
    assert_eq!(text(store.load(&alice)).as_deref(), Some("again"));
}
