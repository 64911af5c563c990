//! The same through a real nginx that terminates TLS. Skipped, and said so, where there is none.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod common;

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{Done, TRANSPORTS, folder, login, serve};
use hub_auth_core::sim::demo;
use hub_auth_testkit::Loopback;
use hub_auth_testkit::tls::{Authority, Identity};

/// A running nginx, stopped when dropped.
struct Nginx {
    program: PathBuf,
    folder: PathBuf,
}

impl Nginx {
    /// Starts one that passes on to `hub`, once with each identity. Returns it and its ports.
    fn start(program: PathBuf, hub: &Loopback, identities: &[Identity]) -> (Nginx, Vec<u16>) {
        let folder = folder("nginx");
        // Held until all are drawn, so that they differ.
        let drawn: Vec<_> = identities.iter().map(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap()).collect();
        let ports: Vec<_> = drawn.iter().map(|listener| listener.local_addr().unwrap().port()).collect();
        drop(drawn);
        let mut servers = String::new();
        for (identity, port) in identities.iter().zip(&ports) {
            let (certificate, key) = (folder.join(format!("{port}.pem")), folder.join(format!("{port}.key")));
            fs::write(&certificate, identity.certificate_pem()).unwrap();
            fs::write(&key, identity.key_pem()).unwrap();
            write!(
                servers,
                "server {{ listen 127.0.0.1:{port} ssl; ssl_certificate {}; ssl_certificate_key {}; \
                 location / {{ proxy_pass http://{}; proxy_http_version 1.1; }} }}",
                certificate.display(),
                key.display(),
                hub.address()
            )
            .unwrap();
        }
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|kind| format!("{kind}_temp_path {}/{kind};", folder.display()))
            .concat();
        let config = format!(
            "pid {0}/pid; error_log {0}/error.log; worker_processes 1; events {{}} \
             http {{ access_log off; {temporary} {servers} }}",
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

fn find() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]).map(|folder| folder.join("nginx"));
    let found = found.into_iter().find(|program| program.is_file());
    if found.is_none() {
        // Not `eprintln`, which is not shown when a test passes.
        io::stderr().write_all(b"SKIPPED: nginx is not installed\n").unwrap();
        assert!(
            std::env::var("HUB_AUTH_NO_SKIP").as_deref() != Ok("1"),
            "nginx is not installed, and no test may be skipped"
        );
    }
    found
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
    let Some(program) = find() else { return };
    let authority = Authority::new().unwrap();
    let names = &["localhost", "127.0.0.1"];
    let identities = [
        authority.issue(names).unwrap(),
        authority.issue(&["hub.example.org"]).unwrap(),
        authority.issue_expired(names).unwrap(),
    ];
    let hub = serve(|_| {});
    let (nginx, ports) = Nginx::start(program, &hub, &identities);
    let [good, other_name, expired] = ports[..] else { panic!("{ports:?}") };
    let ca = nginx.folder.join("ca.pem");
    fs::write(&ca, authority.pem()).unwrap();

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
