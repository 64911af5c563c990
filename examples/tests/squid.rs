//! Through a real squid. Skipped, and said so, where there is none.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

mod common;

use std::fs::{self, File};
use std::io::Write as _;
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::Receiver;
use std::thread;
use std::time::Instant;

use common::adapters::{ADAPTERS, all_of};
use common::outside::{GUARD, find, free_ports, lines};
use common::{Done, TRANSPORTS, folder, login};
use hub_auth_core::{FailureKind, Secret};
use hub_auth_host::{Options, Proxy, ProxyError, ProxyFault, Trust};
use hub_auth_testkit::Loopback;
use hub_auth_testkit::hub::{SimHub, demo};
use hub_auth_testkit::tls::{Authority, Identity};

/// A name that nobody knows but squid.
const NAME: &str = "hub.test";
/// A name that squid refuses: what it logs of it comes after all it logged before.
const MARKER: &str = "marker.test";
const USER: &str = "al@ice";
/// User and password, `p@ss:w/örd`, as they stand in a URL.
const IN_URL: &str = "al%40ice:p%40ss%3Aw%2F%C3%B6rd";
/// `openssl passwd -apr1 -salt hubauth1 'p@ss:w/örd'`
const HASHED: &str = "$apr1$hubauth1$ev4NdfLNNvKdyRWHLYtOT0";

/// A running squid, stopped when dropped. It writes no cache.
struct Squid {
    program: PathBuf,
    folder: PathBuf,
    name: String,
    child: Child,
    /// The lines of its access log, and the pipe they come through.
    log: Receiver<String>,
    pipe: File,
    port: u16,
    tls_port: u16,
}

impl Squid {
    /// Starts one that knows the Hub's name and wants credentials, or none. Also over TLS, with this identity.
    fn start(program: &Path, with_credentials: bool, identity: &Identity) -> Squid {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("hubauth{}x{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        // Not among the test's own folders: where root runs the test, squid is somebody else, who has to get there.
        let folder = std::env::temp_dir().join(&name);
        fs::create_dir(&folder).unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
        let made = Command::new("mkfifo").args(["-m", "666"]).arg(folder.join("log")).status();
        assert!(made.unwrap().success());
        // Open at both ends from the start, so that nobody waits for the other.
        let pipe = File::options().read(true).write(true).open(folder.join("log")).unwrap();
        let [port, tls_port] = free_ports();
        let write = |name: &str, text: &str| fs::write(folder.join(name), text).unwrap();
        write("hosts", &format!("127.0.0.1 {NAME} localhost\n"));
        write("users", &format!("{USER}:{HASHED}\n"));
        write("tls.pem", &identity.pem());
        let credentials = format!(
            "auth_param basic program /usr/lib/squid/basic_ncsa_auth {}/users\nauth_param basic children 1\n\
             acl known proxy_auth REQUIRED\nhttp_access allow known\n",
            folder.display()
        );
        let who = if with_credentials { &credentials } else { "http_access allow all\n" };
        let config = format!(
            "http_port 127.0.0.1:{port}\nhttps_port 127.0.0.1:{tls_port} tls-cert={0}/tls.pem\n\
             hosts_file {0}/hosts\ndns_nameservers 127.0.0.1\npid_filename {0}/pid\ncoredump_dir {0}\n\
             cache_log {0}/cache.log\ncache_mem 0\ncache deny all\npinger_enable off\nshutdown_lifetime 0 seconds\n\
             logformat short %rm %ru %>Hs %un\naccess_log stdio:{0}/log short\n\
             acl marker dstdomain {MARKER}\nhttp_access deny marker\n{who}http_access deny all\n",
            folder.display()
        );
        write("squid.conf", &config);
        let child = command(program, &folder, &name).args(["-N", "-d", "1"]).stderr(Stdio::piped()).spawn();
        let (program, log) = (program.to_owned(), lines(pipe.try_clone().unwrap()));
        let mut squid = Squid { program, folder, name, child: child.unwrap(), log, pipe, port, tls_port };
        squid.wait_until_it_listens();
        squid
    }

    fn wait_until_it_listens(&mut self) {
        let said = lines(self.child.stderr.take().unwrap());
        let mut all = String::new();
        while all.matches("Accepting").count() < 2 {
            let Ok(line) = said.recv_timeout(GUARD) else { panic!("squid does not start:\n{all}") };
            all = all + &line + "\n";
        }
        // It says so a moment before it does. When it answers it listens at both.
        self.log(0);
    }

    fn connect(&self) -> TcpStream {
        let start = Instant::now();
        loop {
            match TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)) {
                Ok(socket) => return socket,
                Err(error) => assert!(start.elapsed() < GUARD, "squid does not listen: {error}"),
            }
            thread::yield_now();
        }
    }

    fn url(&self, user_info: &str) -> String {
        format!("http://{user_info}127.0.0.1:{}", self.port)
    }

    fn place(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// What it logged since the last look: at least so many lines, each of the method, the target, the status, and the
    /// user. That of a tunnel comes when it is closed.
    fn log(&self, at_least: usize) -> Vec<String> {
        let next = || self.log.recv_timeout(GUARD).expect("squid logs nothing");
        let mut lines: Vec<_> = (0..at_least).map(|_| next()).collect();
        let mut marker = self.connect();
        write!(marker, "CONNECT {MARKER}:443 HTTP/1.1\r\nHost: {MARKER}:443\r\n\r\n").unwrap();
        lines.extend(std::iter::from_fn(|| Some(next()).filter(|line| !line.contains(MARKER))));
        lines
    }
}

impl Drop for Squid {
    fn drop(&mut self) {
        let stopped = command(&self.program, &self.folder, &self.name).args(["-k", "shutdown"]).status();
        if !stopped.is_ok_and(|status| status.success()) {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
        // So that its reader ends.
        let _ = self.pipe.write_all(b"\n");
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn command(program: &Path, folder: &Path, name: &str) -> Command {
    let mut command = Command::new(program);
    command.arg("-f").arg(folder.join("squid.conf")).args(["-n", name]);
    command
}

/// A Hub over TLS by the name that only squid knows, and a squid.
struct Scene {
    authority: Authority,
    hub: Loopback,
    squid: Squid,
    ca: PathBuf,
}

impl Scene {
    fn set(name: &str, with_credentials: bool) -> Option<Scene> {
        let program = find("squid")?;
        let authority = Authority::new().unwrap();
        let hub = Loopback::start_tls(SimHub::demo(), &authority.issue(&[NAME]).unwrap()).unwrap();
        let squid = Squid::start(&program, with_credentials, &authority.issue(&["127.0.0.1"]).unwrap());
        let ca = folder(name).join("ca.pem");
        fs::write(&ca, authority.pem()).unwrap();
        Some(Scene { authority, hub, squid, ca })
    }

    fn target(&self) -> String {
        format!("{NAME}:{}", self.hub.address().port())
    }

    /// Runs the program with these variables set.
    fn run(&self, transport: &str, variables: &[(&str, &str)]) -> Done {
        self.hub.advance(std::time::Duration::from_secs(30));
        let (url, code) = (format!("https://{}", self.target()), self.hub.code(demo::USER).unwrap());
        let run = login(&[demo::USER, "--json", "--hub", &url, "--ca", self.ca.to_str().unwrap()]);
        let run = run.args(&["--code", &code, "--transport", transport]).secret(demo::PASSWORD);
        variables.iter().fold(run, |run, (name, value)| run.env(name, value)).run()
    }

    fn trust(&self) -> Trust {
        Trust::none().with_ca_pem(self.authority.pem().as_bytes()).unwrap()
    }
}

#[test]
fn the_environment_leads_through_squid() {
    for (with_credentials, user_info, user) in [(false, "", "-"), (true, &*format!("{IN_URL}@"), USER)] {
        let Some(scene) = Scene::set("squid-environment", with_credentials) else { return };
        let url = scene.squid.url(user_info);
        for transport in TRANSPORTS {
            let before = scene.hub.connections();
            let done = scene.run(transport, &[("HTTPS_PROXY", &url)]);
            assert_eq!((done.code, &done.json()["route"]), (0, &"users/2fa-login".into()), "{done:?}");
            // Both calls went through one tunnel.
            let [line] = &scene.squid.log(1)[..] else { panic!("not one tunnel") };
            let logged: Vec<_> = line.split(' ').collect();
            assert_eq!(logged[..3], ["CONNECT", &*scene.target(), "200"], "{line}");
            assert_eq!(logged[3].replace("%40", "@"), user, "{line}");
            assert_eq!(scene.hub.connections(), before + 1);
        }
    }
}

#[test]
fn a_wrong_password_is_named_sent_once_and_shown_nowhere() {
    let Some(scene) = Scene::set("squid-password", true) else { return };
    let wrong = scene.squid.url("canary-user:canary-password@");
    for transport in TRANSPORTS {
        for (url, why, requests) in [
            (&wrong, "refused its user name or password", 1),
            (&scene.squid.url(""), "wants a user name and password", 1),
        ] {
            let done = scene.run(transport, &[("https_proxy", url), ("RUST_LOG", "trace")]);
            done.fails(7, "transport");
            assert!(done.err.contains(&format!("the proxy {} {why}", scene.squid.place())), "{done:?}");
            // Nor in base64.
            for canary in ["canary", "Y2FuYXJ5"] {
                assert!(!done.err.contains(canary) && !done.out.contains(canary), "{done:?}");
            }
            let log = scene.squid.log(requests);
            assert!(log.len() == requests && log[0].contains(" 407 "), "{log:?}");
        }
    }
    assert_eq!(scene.hub.connections(), 0);
}

#[test]
fn a_failure_of_the_library_names_the_proxy_and_shows_no_credentials() {
    let Some(scene) = Scene::set("squid-failure", true) else { return };
    for adapter in ADAPTERS {
        let proxy = Proxy::new(&scene.squid.url("")).unwrap();
        let proxy = proxy.with_credentials("canary-user", &Secret::from("canary-password")).unwrap();
        let base = format!("https://{}", scene.target()).parse().unwrap();
        let options = Options::new().base(base).trust(scene.trust()).proxy(proxy);
        let failure = adapter.log_in(options, &scene.hub).unwrap_err();
        assert_eq!(failure.kind(), FailureKind::Transport);
        let said = all_of(&failure);
        assert!(said.contains(&scene.squid.place()) && !said.contains("canary"), "{said}");
        let mut next: Option<&(dyn std::error::Error + 'static)> = Some(&failure);
        while let Some(error) = next.filter(|error| !error.is::<ProxyError>()) {
            next = error.source();
        }
        let fault = next.and_then(|error| error.downcast_ref()).map(ProxyError::fault);
        assert_eq!(fault, Some(ProxyFault::CredentialsRefused), "{said}");
        assert_eq!(scene.squid.log(1).len(), 1);
    }
}

#[test]
fn a_plain_loopback_target_goes_through_a_tunnel_if_told_so() {
    for (with_credentials, user_info) in [(false, ""), (true, &*format!("{IN_URL}@"))] {
        let Some(scene) = Scene::set("squid-loopback", with_credentials) else { return };
        let hub = Loopback::start(SimHub::demo()).unwrap();
        for adapter in ADAPTERS {
            let proxy = Proxy::new(&scene.squid.url(user_info)).unwrap();
            let options = Options::new().base(hub.url());
            let direct = options.clone().proxy(proxy.clone());
            adapter.log_in(direct, &hub).unwrap();
            assert!(scene.squid.log(0).is_empty());

            adapter.log_in(options.proxy(proxy.also_for_loopback()), &hub).unwrap();
            let [line] = &scene.squid.log(1)[..] else { panic!("not one tunnel") };
            assert!(line.starts_with(&format!("CONNECT {} 200", hub.address())), "{line}");
        }
    }
}

#[test]
fn squid_is_spoken_to_over_tls() {
    let Some(scene) = Scene::set("squid-tls", true) else { return };
    let url = format!("https://{IN_URL}@127.0.0.1:{}", scene.squid.tls_port);
    for transport in TRANSPORTS {
        let done = scene.run(transport, &[("ALL_PROXY", &url)]);
        assert_eq!(done.code, 0, "{done:?}");
        let [line] = &scene.squid.log(1)[..] else { panic!("not one tunnel") };
        assert!(line.starts_with(&format!("CONNECT {} 200", scene.target())), "{line}");
    }
    for transport in TRANSPORTS {
        // Its certificate is for the address.
        let other = url.replace("127.0.0.1", "localhost");
        let done = scene.run(transport, &[("ALL_PROXY", &other)]);
        done.fails(7, "transport");
        let named = format!("the proxy localhost:{} cannot be reached", scene.squid.tls_port);
        assert!(done.err.contains(&named) && done.err.contains("for another name"), "{done:?}");
    }
}

#[test]
fn a_host_that_squid_cannot_reach_is_squids_to_tell() {
    let Some(scene) = Scene::set("squid-unreachable", false) else { return };
    let [closed] = free_ports();
    for transport in TRANSPORTS {
        let run =
            login(&[demo::USER, "--json", "--hub", &format!("https://{NAME}:{closed}"), "--transport", transport]);
        let run = run.args(&["--ca", scene.ca.to_str().unwrap()]).env("https_proxy", &scene.squid.url(""));
        let done = run.secret(demo::PASSWORD).run();
        done.fails(7, "transport");
        let named = format!("the proxy {} could not reach the host (status 503)", scene.squid.place());
        assert!(done.err.contains(&named), "{done:?}");
        assert_eq!(scene.squid.log(1).len(), 1);
    }
}
