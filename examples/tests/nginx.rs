//! Through a real nginx that terminates TLS. Skipped, and said so, where there is none.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod common;

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use common::adapters::{ADAPTERS, Adapter};
use common::outside::{GUARD, find, free_ports};
use common::{Done, TRANSPORTS, folder, login, serve};
use http::StatusCode;
use hub_auth_core::FailureKind;
use hub_auth_host::{Options, Trust};
use hub_auth_testkit::hub::demo;
use hub_auth_testkit::tls::{Authority, Identity};
use hub_auth_testkit::{Loopback, Relay};

/// A running nginx, stopped when dropped.
struct Nginx {
    program: PathBuf,
    folder: PathBuf,
}

impl Nginx {
    /// Starts one that passes on to `hub`, once with each identity and the directives beside it. `ca.pem` among those is
    /// the authority. Returns it and its ports.
    fn start<const N: usize>(
        program: PathBuf,
        name: &str,
        hub: &Loopback,
        authority: &Authority,
        servers: [(&Identity, &str); N],
    ) -> (Nginx, [u16; N]) {
        let folder = folder(name);
        fs::write(folder.join("ca.pem"), authority.pem()).unwrap();
        let ports = free_ports();
        let mut blocks = String::new();
        for ((identity, directives), port) in servers.iter().zip(&ports) {
            let pem = folder.join(format!("{port}.pem"));
            fs::write(&pem, identity.pem()).unwrap();
            write!(
                blocks,
                "server {{ listen 127.0.0.1:{port} ssl; ssl_certificate {0}; ssl_certificate_key {0}; {directives} \
                 location / {{ proxy_pass http://{1}; proxy_http_version 1.1; }} }}",
                pem.display(),
                hub.address()
            )
            .unwrap();
        }
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|kind| format!("{kind}_temp_path {}/{kind};", folder.display()))
            .concat();
        let config = format!(
            "pid {0}/pid; error_log {0}/error.log; worker_processes 1; events {{}} \
             http {{ access_log off; {temporary} {blocks} }}",
            folder.display()
        );
        fs::write(folder.join("nginx.conf"), config).unwrap();
        let nginx = Nginx { program, folder };
        // It goes to the background once it listens.
        nginx.run(&[]);
        (nginx, ports)
    }

    fn run(&self, args: &[&str]) {
        let prefix = self.folder.to_str().unwrap();
        let given = ["-p", prefix, "-e", "error.log", "-c", "nginx.conf"];
        let status = Command::new(&self.program).args(given).args(args).status().unwrap();
        assert!(status.success(), "nginx {args:?}: {}", fs::read_to_string(self.folder.join("error.log")).unwrap());
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        self.run(&["-s", "stop"]);
    }
}

fn log_in(hub: &Loopback, port: u16, transport: &str, ca: Option<&Path>) -> Done {
    let (url, code) = (format!("https://localhost:{port}"), hub.code(demo::USER).unwrap());
    let run = login(&[demo::USER, "--json", "--hub", &url, "--code", &code, "--transport", transport]);
    let run = match ca {
        Some(ca) => run.args(&["--ca", ca.to_str().unwrap()]),
        None => run,
    };
    run.secret(demo::PASSWORD).run()
}

#[test]
fn behind_nginx_the_certificate_decides() {
    let Some(program) = find("nginx") else { return };
    let authority = Authority::new().unwrap();
    let names = &["localhost", "127.0.0.1"];
    let identities = [
        authority.issue(names).unwrap(),
        authority.issue(&["hub.example.org"]).unwrap(),
        authority.issue_expired(names).unwrap(),
    ];
    let hub = serve(|_| {});
    let (nginx, ports) = Nginx::start(program, "nginx", &hub, &authority, identities.each_ref().map(|it| (it, "")));
    let [good, other_name, expired] = ports;
    let ca = nginx.folder.join("ca.pem");

    for (port, ca, why) in [(good, None, ""), (other_name, Some(&*ca), "name"), (expired, Some(&*ca), "expired")] {
        for transport in TRANSPORTS {
            let done = log_in(&hub, port, transport, ca);
            let told = done.fails(7, "transport");
            let advice = told["advice"].as_str().unwrap();
            assert!(format!("{advice} {}", done.err).contains("certificate"), "{done:?}");
            assert!(done.err.contains(why), "{why}: {done:?}");
        }
    }
    assert_eq!(hub.requests().len(), 0);

    for transport in TRANSPORTS {
        // Each code is good once.
        hub.advance(std::time::Duration::from_secs(30));
        let done = log_in(&hub, good, transport, Some(&ca));
        assert_eq!((done.code, &done.json()["route"]), (0, &serde_json::json!("users/2fa-login")), "{done:?}");
    }
}

fn options(authority: &Authority, port: u16) -> Options {
    let base = format!("https://localhost:{port}").parse().unwrap();
    Options::new().base(base).trust(Trust::none().with_ca_pem(authority.pem().as_bytes()).unwrap())
}

#[test]
fn a_login_holds_and_makes_as_many_connections_as_nginx_lets_it() {
    let Some(program) = find("nginx") else { return };
    let authority = Authority::new().unwrap();
    let identity = authority.issue(&["localhost"]).unwrap();
    let hub = serve(|_| {});
    let (_nginx, ports) = Nginx::start(
        program,
        "nginx-connections",
        &hub,
        &authority,
        [
            (&identity, "ssl_protocols TLSv1.2;"),
            (&identity, "ssl_protocols TLSv1.3;"),
            // `Connection: close` in every answer.
            (&identity, "keepalive_timeout 0;"),
        ],
    );
    for (port, connections) in ports.into_iter().zip([1, 1, 2]) {
        for adapter in ADAPTERS {
            let relay = Relay::start((Ipv4Addr::LOCALHOST, port).into(), Duration::ZERO).unwrap();
            let before = hub.requests().len();
            adapter.log_in(options(&authority, relay.address().port()), &hub).unwrap();
            assert_eq!((relay.connections(), hub.requests().len() - before), (connections, 2), "{adapter:?}");
        }
    }
}

#[test]
fn a_connection_that_nginx_closed_while_a_person_typed_is_replaced_and_the_code_sent_once() {
    let Some(program) = find("nginx") else { return };
    let authority = Authority::new().unwrap();
    let identity = authority.issue(&["localhost"]).unwrap();
    let hub = serve(|_| {});
    let servers = [(&identity, "keepalive_timeout 1s;")];
    let (_nginx, [port]) = Nginx::start(program, "nginx-keepalive", &hub, &authority, servers);
    for adapter in ADAPTERS {
        let watched = Watched::start((Ipv4Addr::LOCALHOST, port).into());
        let before = hub.requests().len();
        let type_slowly = || watched.closed.recv_timeout(GUARD).expect("nginx keeps the connection");
        adapter.log_in_slowly(options(&authority, watched.address.port()), &hub, type_slowly).unwrap();
        let requests = hub.requests().split_off(before);
        let targets: Vec<_> = requests.iter().map(|request| request.target.as_str()).collect();
        assert_eq!(targets, ["/v2/users/login", "/v2/users/2fa-login"], "{adapter:?}");
        assert_eq!(watched.connections(), 2, "{adapter:?}");
    }
}

/// Connections to a server, and word of it when the server has closed one.
struct Watched {
    address: SocketAddr,
    closed: Receiver<()>,
    accepted: Arc<AtomicUsize>,
}

impl Watched {
    fn start(to: SocketAddr) -> Watched {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let (word, closed) = channel();
        let accepted = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&accepted);
        thread::spawn(move || {
            for client in listener.incoming().map(Result::unwrap) {
                count.fetch_add(1, Ordering::SeqCst);
                let (server, word) = (TcpStream::connect(to).unwrap(), word.clone());
                let (up, down) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                thread::spawn(move || pass_on(&up, &server));
                thread::spawn(move || {
                    pass_on(&down, &client);
                    let _ = word.send(());
                });
            }
        });
        Watched { address, closed, accepted }
    }

    /// How many were made.
    fn connections(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }
}

fn pass_on(mut from: &TcpStream, mut to: &TcpStream) {
    let _ = io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Write);
}

#[test]
fn nginx_lets_in_who_shows_a_certificate() {
    let Some(program) = find("nginx") else { return };
    let (authority, other) = (Authority::new().unwrap(), Authority::new().unwrap());
    let identity = authority.issue(&["localhost"]).unwrap();
    let hub = serve(|_| {});
    let (_nginx, ports) = Nginx::start(
        program,
        "nginx-clients",
        &hub,
        &authority,
        [
            (&identity, "ssl_client_certificate ca.pem; ssl_verify_client on; ssl_protocols TLSv1.2;"),
            (&identity, "ssl_client_certificate ca.pem; ssl_verify_client on; ssl_protocols TLSv1.3;"),
        ],
    );
    let log_in = |adapter: Adapter, port, client: Option<&Authority>| {
        let trust = Trust::none().with_ca_pem(authority.pem().as_bytes()).unwrap();
        let trust = match client {
            Some(issuer) => trust.with_client_cert_pem(issuer.issue(&["client"]).unwrap().pem().as_bytes()).unwrap(),
            None => trust,
        };
        adapter.log_in(options(&authority, port).trust(trust), &hub)
    };
    for port in ports {
        for adapter in ADAPTERS {
            log_in(adapter, port, Some(&authority)).unwrap();
            let before = hub.requests().len();
            for client in [None, Some(&other)] {
                let failure = log_in(adapter, port, client).unwrap_err();
                // nginx lets the handshake pass, and says it with a page of its own.
                assert_eq!(
                    (failure.kind(), failure.status()),
                    (FailureKind::RefusedByPolicy, Some(StatusCode::BAD_REQUEST)),
                    "{failure:?}"
                );
            }
            assert_eq!(hub.requests().len(), before);
        }
    }
}
