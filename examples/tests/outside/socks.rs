//! Through microsocks, a proxy of SOCKS5.

use std::path::Path;
use std::process::{Command, Stdio};

use hub_auth_host::{Options, Proxy};
use hub_auth_testkit::tls::Authority;
use hub_auth_testkit::{Loopback, SimHub};

use super::{GUARD, Running, connect, folder, free_port, lines};
use crate::adapters::{ADAPTERS, all_of, trust};

const USER: &str = "al:ice";
const PASSWORD: &str = "p@ss/w\u{f6}rd";
/// User and password as they stand in a URL.
const IN_URL: &str = "al%3Aice:p%40ss%2Fw%C3%B6rd";

/// Logs in with the right credentials, the name looked up by microsocks, and names the proxy where they are wrong.
pub(super) fn smoke_test(program: &Path) {
    let authority = Authority::new().unwrap();
    let hub = Loopback::start_tls(SimHub::demo(), &authority.issue(&["localhost"]).unwrap()).unwrap();
    let port = free_port();
    let mut command = Command::new(program);
    command.args(["-i", "127.0.0.1", "-p", &port.to_string(), "-u", USER, "-P", PASSWORD]).stderr(Stdio::piped());
    let mut socks = Running { child: command.spawn().unwrap(), folder: folder("microsocks") };
    let log = lines(socks.child.stderr.take().unwrap());
    drop(connect(port));
    let options = |credentials: &str| {
        let proxy = Proxy::new(&format!("socks5h://{credentials}@127.0.0.1:{port}")).unwrap().also_for_loopback();
        Options::new().base(hub.url()).trust(trust(&authority)).proxy(proxy)
    };
    for adapter in ADAPTERS {
        adapter.log_in(options(IN_URL), &hub).unwrap();
        let said = log.recv_timeout(GUARD).unwrap();
        assert!(said.contains(&format!("connected to localhost:{}", hub.address().port())), "{said}");
        let before = hub.connections();
        let said = all_of(&adapter.log_in(options("canary:canary"), &hub).unwrap_err());
        assert!(said.contains(&format!("the proxy 127.0.0.1:{port} refused")) && !said.contains("canary"), "{said}");
        assert_eq!(hub.connections(), before, "{adapter:?}");
    }
}
