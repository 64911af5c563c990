//! Many processes that log in at once and share a store: this binary starts itself, with its task in the environment. The
//! processes are told to begin together.

use std::io::{BufRead, BufReader, Lines, Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Once};
use std::time::{Duration, Instant};

use hub_auth_blocking::{Client, Session};
use hub_auth_core::http::Response;
use hub_auth_core::{Account, Credential, Hub, Policy, Secret, Totp, UnixTime};
use hub_auth_host::{Encrypted, FileStore, Options, RedisStore, StoreError, StoreKey, StoreLock, TokenStore, now};
use hub_auth_testkit::{Fault, Loopback, SimHub, demo};

use crate::common::Folder;
use crate::redis::Server;
use crate::sources::log_in;

const TASK: &str = "HUB_AUTH_FLEET_TASK";
const MANY: usize = 64;

/// Tells one process its Hub, store, user and secret, and the step at which it stops for ever.
#[derive(Clone)]
struct Task {
    hub: String,
    store: String,
    user: &'static str,
    secret: &'static str,
    stop: &'static str,
}

struct Process {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Task {
    fn start(&self) -> Process {
        let task = [&self.hub, &self.store, self.user, self.secret, self.stop].join("\n");
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["fleet::one_process", "--exact", "--nocapture", "--test-threads=1"])
            .env(TASK, task)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut process = Process { child, lines };
        process.line("ready");
        process
    }

    /// Starts `count` processes together, and returns the token or the kind of failure of each.
    fn run(&self, count: usize) -> Vec<String> {
        let start = Instant::now();
        let mut processes: Vec<_> = (0..count).map(|_| self.start()).collect();
        processes.iter_mut().for_each(Process::go);
        let said = processes.iter_mut().map(|process| process.line("done ")).collect();
        for process in &mut processes {
            assert!(process.child.wait().unwrap().success());
        }
        eprintln!("{count} processes at {} took {:?}", self.store, start.elapsed());
        said
    }
}

impl Process {
    fn go(&mut self) {
        self.child.stdin.take().unwrap().write_all(b"\n").unwrap();
    }

    /// Returns the text behind `mark` in the next line that has it.
    fn line(&mut self, mark: &str) -> String {
        let found = self.lines.find_map(|line| Some(line.unwrap().split_once(mark)?.1.to_owned()));
        found.expect("the process goes on")
    }
}

#[test]
fn one_process() {
    let Ok(task) = std::env::var(TASK) else { return };
    let [hub, store, user, secret, stop] = task.split('\n').collect::<Vec<_>>()[..] else { panic!("{task}") };
    let account = Account::new(user, Credential::password(secret)).unwrap();
    let client = Client::new(Options::new().base(hub.parse().unwrap()).no_proxy()).unwrap();
    let mut session = Session::new(client, account);
    let stop = stop.to_owned();
    let hook = move |step: &str| {
        if step == stop {
            println!("stopped");
            loop {
                std::thread::park();
            }
        }
    };
    if user == demo::USER {
        session = session.totp(Totp::from_base32(demo::TOTP_SECRET_BASE32).unwrap());
    }
    session = match store.strip_prefix("file:") {
        Some(folder) => session.store(Hooked::new(FileStore::new(PathBuf::from(folder)), hook)),
        None => session.store(Hooked::new(RedisStore::new(store).unwrap(), hook)),
    };
    println!("ready");
    std::io::stdin().read_exact(&mut [0]).unwrap();
    match session.token(Duration::ZERO) {
        Ok(bearer) => println!("done {}", bearer.token().expose()),
        Err(failure) => println!("done {}", failure.kind()),
    }
}

/// A store that calls `hook` before each step: `load`, `save 1`, `save 2`.
struct Hooked<S, F> {
    store: S,
    hook: F,
    saves: AtomicUsize,
}

impl<S: TokenStore, F: Fn(&str) + Send + Sync> Hooked<S, F> {
    fn new(store: S, hook: F) -> Hooked<S, F> {
        Hooked { store, hook, saves: AtomicUsize::new(0) }
    }
}

impl<S: TokenStore, F: Fn(&str) + Send + Sync> TokenStore for Hooked<S, F> {
    fn load(&self, key: &StoreKey) -> Result<Option<Secret>, StoreError> {
        (self.hook)("load");
        self.store.load(key)
    }

    fn save(&self, key: &StoreKey, sealed: &Secret, good_until: Option<UnixTime>) -> Result<(), StoreError> {
        (self.hook)(&format!("save {}", self.saves.fetch_add(1, Ordering::Relaxed) + 1));
        self.store.save(key, sealed, good_until)
    }

    fn forget(&self, key: &StoreKey) -> Result<(), StoreError> {
        self.store.forget(key)
    }

    fn try_lock(&self, key: &StoreKey) -> Result<Option<StoreLock>, StoreError> {
        self.store.try_lock(key)
    }
}

/// A simulated Hub, and the task of bob there.
fn scene(store: &str) -> (Loopback, Task) {
    let server = Loopback::start(SimHub::demo()).unwrap();
    let (user, secret) = (demo::USER_WITHOUT_2FA, demo::PASSWORD_WITHOUT_2FA);
    let task = Task { hub: server.url().to_string(), store: store.to_owned(), user, secret, stop: "" };
    (server, task)
}

fn logins(server: &Loopback) -> usize {
    server.requests().iter().filter(|request| request.target == "/v2/users/login").count()
}

fn one_login_for_all(store: &dyn TokenStore, place: &str) {
    let (server, task) = scene(place);
    let tokens = task.run(MANY);
    assert!(tokens.iter().all(|token| *token == tokens[0] && token.len() > 100));
    assert_eq!(logins(&server), 1);

    // The token is about to end.
    let hub = Hub::new(server.url(), Policy::new(1)).unwrap();
    let bob = Account::new(task.user, Credential::password(task.secret)).unwrap();
    let life = log_in(&hub, &bob, now()).expires_at().unwrap().since(now());
    let then = UnixTime::from_millis(now().as_millis() - u64::try_from(life.as_millis()).unwrap() + 30_000);
    let mut session = hub_auth_core::session::Session::new(hub.clone(), bob.clone());
    session.adopt(&log_in(&hub, &bob, then)).unwrap();
    store.save(&StoreKey::new(&hub, &bob), &session.seal(then).unwrap(), None).unwrap();
    let renewed = task.run(MANY);
    // Processes that find the login of another under way keep the token that is still good.
    assert!(renewed.iter().all(|token| *token != tokens[0] && token.len() > 100));
    assert_eq!(logins(&server), 2);
}

fn one_wrong_login_for_all(place: &str) {
    let (server, good) = scene(place);
    let wrong = Task { secret: "wrong", ..good.clone() };
    let said = wrong.run(MANY);
    assert_eq!(logins(&server), 1);
    // The one that sent is refused, and the others read that from the store.
    assert_eq!(said.iter().filter(|said| *said == "credentials_refused").count(), 1, "{said:?}");
    assert_eq!(said.iter().filter(|said| *said == "locked_out").count(), MANY - 1, "{said:?}");
    for _ in 0..13 {
        assert_eq!(wrong.run(1), ["locked_out"]);
    }
    assert_eq!(logins(&server), 1);
    assert!(good.run(1)[0].len() > 100, "another secret logs in at once");
    assert_eq!(logins(&server), 2);
}

/// The steps at which a leader is killed, and the logins that are sent in all.
const BEFORE_SEND_AND_SAVE: [(&str, usize); 2] = [("load", 1), ("save 1", 2)];

/// The leader is killed where it stops. The next process logs in, at most once more.
fn killed_at(place: &str, stops: &[(&'static str, usize)], is_totp: bool) {
    for (stop, expected) in stops {
        let (server, mut task) = scene(place);
        if is_totp {
            task = Task { user: demo::USER, secret: demo::PASSWORD, ..task };
        }
        let mut leader = Task { stop, ..task.clone() }.start();
        leader.go();
        leader.line("stopped");
        leader.child.kill().unwrap();
        leader.child.wait().unwrap();
        assert!(task.run(1)[0].len() > 100, "{stop}");
        assert_eq!(logins(&server), *expected, "{stop}");
    }
}

#[test]
fn processes_share_one_login_through_files() {
    let folder = Folder::new();
    one_login_for_all(&FileStore::new(&*folder), &format!("file:{}", folder.display()));
}

#[test]
fn processes_share_one_login_through_redis() {
    let Some(redis) = Server::start(&[]) else { return };
    one_login_for_all(&redis.store(), &redis.url());
}

#[test]
fn processes_share_a_refusal_through_files() {
    let folder = Folder::new();
    one_wrong_login_for_all(&format!("file:{}", folder.display()));
}

#[test]
fn processes_share_a_refusal_through_redis() {
    let Some(redis) = Server::start(&[]) else { return };
    one_wrong_login_for_all(&redis.url());
}

#[test]
fn processes_share_a_rate_limit() {
    let folder = Folder::new();
    let (server, task) = scene(&format!("file:{}", folder.display()));
    let limited = Response::builder().status(429).header("retry-after", "600").body(b"{}".to_vec()).unwrap();
    server.hub().always(Fault::Answer(limited));
    let said = task.run(16);
    assert!(said.iter().all(|said| said == "rate_limited"), "{said:?}");
    assert_eq!(task.run(1), ["rate_limited"]);
    assert_eq!(logins(&server), 1);
}

#[test]
fn a_killed_leader_costs_one_login_at_most_with_files() {
    let folder = Folder::new();
    let place = format!("file:{}", folder.display());
    killed_at(&place, &BEFORE_SEND_AND_SAVE, false);
    // With a TOTP secret the first save is between the two calls.
    killed_at(&place, &[("save 1", 2), ("save 2", 2)], true);
}

#[test]
fn a_killed_leader_costs_one_login_at_most_with_redis() {
    let Some(redis) = Server::start(&[]) else { return };
    killed_at(&redis.url(), &BEFORE_SEND_AND_SAVE, false);
}

#[test]
fn without_redis_each_process_logs_in_by_itself() {
    let Some(hanging) = Server::start(&[]) else { return };
    let Some(full) = Server::start(&["--maxmemory", "1", "--maxmemory-policy", "noeviction"]) else { return };
    let Some(closed) = Server::start(&["--requirepass", "x"]) else { return };
    hanging.signal("-STOP");
    let gone = "redis://127.0.0.1:1".to_owned();
    for place in [hanging.url(), full.url(), closed.url(), gone] {
        let (server, task) = scene(&place);
        let tokens = task.run(4);
        assert!(tokens.iter().all(|token| token.len() > 100), "{place}: {tokens:?}");
        assert_eq!(logins(&server), 4, "{place}");
    }
    hanging.signal("-CONT");
}

#[test]
fn redis_may_be_flushed_or_restarted_in_the_middle_of_a_login() {
    let Some(redis) = Server::start(&[]) else { return };
    let (url, redis) = (redis.url(), Arc::new(Mutex::new(redis)));
    for (at, is_restart) in [("load", false), ("load", true), ("save 1", false), ("save 1", true)] {
        let (server, task) = scene(&url);
        let (redis, once) = (Arc::clone(&redis), Once::new());
        let hook = move |step: &str| {
            if step == at {
                once.call_once(|| {
                    if is_restart { redis.lock().unwrap().restart() } else { redis.lock().unwrap().flush() }
                });
            }
        };
        let client = Client::new(Options::new().base(server.url()).no_proxy()).unwrap();
        let account = Account::new(task.user, Credential::password(task.secret)).unwrap();
        let session = Session::new(client, account).store(Hooked::new(RedisStore::new(&url).unwrap(), hook));
        let bearer = session.token(Duration::ZERO).unwrap();
        assert_eq!(task.run(1), [bearer.token().expose()], "{at} {is_restart}: the next process finds the token");
        assert_eq!(logins(&server), 1, "{at} {is_restart}");
    }
}

#[test]
fn a_value_that_is_no_session_is_reported_and_replaced() {
    let folder = Folder::new();
    let Some(redis) = Server::start(&[]) else { return };
    let (server, task) = scene("");
    let account = || Account::new(task.user, Credential::password(task.secret)).unwrap();
    let client = Client::new(Options::new().base(server.url()).no_proxy()).unwrap();
    let key = StoreKey::new(client.hub(), &account());
    let good = Session::new(client.clone(), account());
    good.token(Duration::ZERO).unwrap();
    let sealed = good.seal().unwrap();
    let whole = sealed.expose();
    // The first edition's version was never published, so it is unknown like any other.
    let version_1 = whole.replacen('2', "1", 1);
    let mut expected = logins(&server);
    for value in ["garbage", "{}", &whole[..whole.len() / 2], &whole[1..], &version_1] {
        let stores: [(Box<dyn TokenStore>, Box<dyn TokenStore>); 3] = [
            (Box::new(FileStore::new(&*folder)), Box::new(FileStore::new(&*folder))),
            (Box::new(redis.store()), Box::new(redis.store())),
            (Box::new(Encrypted::new(redis.store(), &[1; 32])), Box::new(Encrypted::new(redis.store(), &[2; 32]))),
        ];
        for (theirs, ours) in stores {
            theirs.save(&key, &Secret::from(value), None).unwrap();
            let session = Session::new(client.clone(), account()).store(ours);
            session.token(Duration::ZERO).unwrap();
            expected += 1;
            assert_eq!(logins(&server), expected, "{value}");
            assert!(session.store_fault().is_some(), "{value}");
        }
    }
    let session = Session::new(client.clone(), account()).store(Encrypted::new(redis.store(), &[2; 32]));
    session.token(Duration::ZERO).unwrap();
    assert_eq!((logins(&server), session.store_fault().is_none()), (expected, true), "the last login is found");
}
