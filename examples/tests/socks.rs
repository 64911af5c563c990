//! Through a real proxy of SOCKS 5, microsocks. Skipped, and said so, where there is none.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod common;

use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::Receiver;
use std::thread;
use std::time::{Duration, Instant};

use common::adapters::{ADAPTERS, all_of};
use common::outside::{GUARD, find, free_ports, lines};
use common::{TRANSPORTS, login};
use hub_auth_core::FailureKind;
use hub_auth_host::{Options, Proxy, Trust};
use hub_auth_testkit::hub::{SimHub, demo};
use hub_auth_testkit::tls::Authority;
use hub_auth_testkit::{Loopback, Relay};

const USER: &str = "al:ice";
const PASSWORD: &str = "p@ss/w\u{f6}rd";
/// User and password as they stand in a URL.
const IN_URL: &str = "al%3Aice:p%40ss%2Fw%C3%B6rd@";

/// A running microsocks, stopped when dropped, and a relay in front of it, which counts.
struct Socks {
    child: Child,
    said: Receiver<String>,
    relay: Relay,
}

impl Socks {
    fn start(program: &Path, with_credentials: bool) -> Socks {
        let [port] = free_ports();
        let mut command = Command::new(program);
        command.args(["-i", "127.0.0.1", "-p", &port.to_string()]).stderr(Stdio::piped());
        if with_credentials {
            command.args(["-u", USER, "-P", PASSWORD]);
        }
        let mut child = command.spawn().unwrap();
        let said = lines(child.stderr.take().unwrap());
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        // It does not say when it listens.
        let start = Instant::now();
        while TcpStream::connect(address).is_err() {
            assert!(start.elapsed() < GUARD, "microsocks does not start");
            thread::yield_now();
        }
        Socks { child, said, relay: Relay::start(address, Duration::ZERO).unwrap() }
    }

    fn url(&self, scheme: &str, user_info: &str) -> String {
        format!("{scheme}://{user_info}{}", self.relay.address())
    }
}

impl Drop for Socks {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn logins_go_through_socks() {
    let Some(program) = find("microsocks") else { return };
    let authority = Authority::new().unwrap();
    let identity = authority.issue(&["localhost"]).unwrap();
    let trust = Trust::none().with_ca_pem(authority.pem().as_bytes()).unwrap();
    let plain = Loopback::start(SimHub::demo()).unwrap();
    let tls = Loopback::start_tls(SimHub::demo(), &identity).unwrap();
    for (with_credentials, user_info) in [(false, ""), (true, IN_URL)] {
        let socks = Socks::start(&program, with_credentials);
        let mut tunnels = 0;
        for adapter in ADAPTERS {
            // The name is looked up here, or by microsocks.
            for (scheme, host) in [("socks5", "127.0.0.1"), ("socks5h", "localhost")] {
                for (hub, host) in [(&plain, "127.0.0.1"), (&tls, host)] {
                    let proxy = Proxy::new(&socks.url(scheme, user_info)).unwrap().also_for_loopback();
                    let options = Options::new().base(hub.url()).trust(trust.clone()).proxy(proxy);
                    adapter.log_in(options, hub).unwrap();
                    tunnels += 1;
                    let said = socks.said.recv_timeout(GUARD).unwrap();
                    let connected = format!("connected to {host}:{}", hub.address().port());
                    assert!(said.contains(&connected), "{connected}: {said}");
                    // Both calls of the login through one.
                    assert_eq!(socks.relay.connections(), tunnels, "{adapter:?} {scheme} {host}");
                }
            }
        }
        assert!(socks.said.try_recv().is_err());
    }
}

#[test]
fn a_wrong_password_is_named_sent_once_and_shown_nowhere() {
    let Some(program) = find("microsocks") else { return };
    let hub = Loopback::start(SimHub::demo()).unwrap();
    let socks = Socks::start(&program, true);
    let mut before = 0;
    for adapter in ADAPTERS {
        for (user_info, why) in [
            ("canary-user:canary-password@", "refused its user name or password"),
            ("", "wants a user name and password, and none are set"),
        ] {
            let proxy = Proxy::new(&socks.url("socks5h", user_info)).unwrap().also_for_loopback();
            let failure = adapter.log_in(Options::new().base(hub.url()).proxy(proxy), &hub).unwrap_err();
            assert_eq!(failure.kind(), FailureKind::Transport);
            let said = all_of(&failure);
            assert!(said.contains(&format!("the proxy {} {why}", socks.relay.address())), "{said}");
            assert!(!said.contains("canary"), "{said}");
            before += 1;
            assert_eq!(socks.relay.connections(), before);
        }
    }
    assert_eq!(hub.connections(), 0);
}

#[test]
fn the_program_names_the_proxy_of_the_environment() {
    let Some(program) = find("microsocks") else { return };
    let socks = Socks::start(&program, true);
    let url = socks.url("socks5h", "canary-user:canary-password@");
    for transport in TRANSPORTS {
        // A name that nobody has to know: the proxy wants the password first.
        let run = login(&[demo::USER, "--json", "--hub", "https://hub.test", "--transport", transport]);
        let done = run.env("ALL_PROXY", &url).env("RUST_LOG", "trace").secret(demo::PASSWORD).run();
        done.fails(7, "transport");
        let why = format!("the proxy {} refused its user name or password", socks.relay.address());
        assert!(done.err.contains(&why), "{done:?}");
        assert!(!done.err.contains("canary") && !done.out.contains("canary"), "{done:?}");
    }
    assert_eq!(socks.relay.connections(), TRANSPORTS.len());
}

#[test]
fn a_host_that_socks_cannot_reach_is_its_to_tell() {
    let Some(program) = find("microsocks") else { return };
    let hub = Loopback::start(SimHub::demo()).unwrap();
    let socks = Socks::start(&program, false);
    let [closed] = free_ports();
    for adapter in ADAPTERS {
        let proxy = Proxy::new(&socks.url("socks5", "")).unwrap().also_for_loopback();
        let base = format!("http://127.0.0.1:{closed}").parse().unwrap();
        let failure = adapter.log_in(Options::new().base(base).proxy(proxy), &hub).unwrap_err();
        let said = all_of(&failure);
        assert!(said.contains(&format!("the proxy {} could not reach the host", socks.relay.address())), "{said}");
        assert!(said.contains("SOCKS code 5"), "{said}");
    }
}
