//! Through squid, as companies run it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Instant;

use hub_auth_host::{Options, Proxy};
use hub_auth_testkit::tls::Authority;
use hub_auth_testkit::{Loopback, SimHub};

use super::{GUARD, Running, connect, folder, free_port};
use crate::adapters::{ADAPTERS, all_of, trust};

/// A name that only squid knows.
const NAME: &str = "hub.test";
/// User and password, `p@ss:w/örd`, as they stand in a URL.
const IN_URL: &str = "al%40ice:p%40ss%3Aw%2F%C3%B6rd";
/// The line of a password file that `openssl passwd -apr1 -salt hubauth1 'p@ss:w/örd'` makes.
const HASHED: &str = "al@ice:$apr1$hubauth1$ev4NdfLNNvKdyRWHLYtOT0\n";

/// Logs in with the right credentials, both calls through one tunnel. Asks once and names the proxy where they are wrong.
pub(super) fn smoke_test(program: &Path) {
    let authority = Authority::new().unwrap();
    let hub = Loopback::start_tls(SimHub::demo(), &authority.issue(&[NAME]).unwrap()).unwrap();
    let port = free_port();
    let squid = start(program, port);
    let mut log = lines_of(squid.folder.join("access.log"));
    drop(connect(port));
    let options = |credentials: &str| {
        let base = format!("https://{NAME}:{}", hub.address().port()).parse().unwrap();
        let proxy = Proxy::new(&format!("http://{credentials}@127.0.0.1:{port}")).unwrap();
        Options::new().base(base).trust(trust(&authority)).proxy(proxy)
    };
    for adapter in ADAPTERS {
        let before = hub.connections();
        adapter.log_in(options(IN_URL), &hub).unwrap();
        assert_eq!(hub.connections(), before + 1, "{adapter:?}");
        let line = log.next().unwrap();
        // Without a User-Agent squid logs a dash.
        let starts = format!("CONNECT {NAME}:{} 200 al", hub.address().port());
        assert!(line.starts_with(&starts) && !line.ends_with(" -"), "{adapter:?}: {line}");

        let said = all_of(&adapter.log_in(options("canary:canary"), &hub).unwrap_err());
        assert!(said.contains(&format!("the proxy 127.0.0.1:{port} refused")) && !said.contains("canary"), "{said}");
        let line = log.next().unwrap();
        assert!(line.contains(" 407 "), "{adapter:?}: {line}");
        assert_eq!(hub.connections(), before + 1, "{adapter:?}");
    }
}

/// Starts squid without a cache.
fn start(program: &Path, port: u16) -> Running {
    let folder = folder("squid");
    let path = folder.display();
    fs::write(folder.join("hosts"), format!("127.0.0.1 {NAME} localhost\n")).unwrap();
    fs::write(folder.join("users"), HASHED).unwrap();
    let config = format!(
        "http_port 127.0.0.1:{port}\nhosts_file {path}/hosts\ndns_nameservers 127.0.0.1\npid_filename none\n\
         coredump_dir {path}\ncache_log {path}/cache.log\ncache_mem 0\ncache deny all\npinger_enable off\n\
         shutdown_lifetime 0 seconds\nlogformat short %rm %ru %>Hs %un %{{User-Agent}}>h\n\
         access_log stdio:{path}/access.log short\n\
         auth_param basic program /usr/lib/squid/basic_ncsa_auth {path}/users\nauth_param basic children 1\n\
         acl known proxy_auth REQUIRED\nhttp_access allow known\nhttp_access deny all\n"
    );
    fs::write(folder.join("squid.conf"), config).unwrap();
    let mut command = Command::new(program);
    // It changes to a user of its own.
    command.arg("-f").arg(folder.join("squid.conf")).args(["-N", "-n", &format!("hubauth{}", std::process::id())]);
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    Running { child, folder }
}

/// Waits for each line of a file that grows.
fn lines_of(file: PathBuf) -> impl Iterator<Item = String> {
    (0..).map(move |nth| {
        let start = Instant::now();
        loop {
            let text = fs::read_to_string(&file).unwrap_or_default();
            if let Some(line) = text.lines().filter(|line| !line.contains("error:")).nth(nth) {
                return line.to_owned();
            }
            assert!(start.elapsed() < GUARD, "squid logs nothing: {text}");
            thread::yield_now();
        }
    })
}
