//! With real servers of OpenSSL, and certificates of its making. Skipped, and said so, where there is none.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod common;

use std::fs;
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::num::NonZeroU8;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use common::adapters::{ADAPTERS, Adapter, all_of};
use common::outside::find;
use common::{folder, serve};
use hub_auth_core::{Delivery, Failure, FailureKind, Policy};
use hub_auth_host::{Options, TlsFault, Trust};
use hub_auth_testkit::tls::Authority;

/// A running `openssl s_server`, stopped when dropped.
struct Server {
    child: Child,
    port: u16,
}

impl Server {
    /// Starts one with the certificate and key of this file.
    fn start(program: &Path, pem: &Path, args: &[&str]) -> Server {
        let mut command = Command::new(program);
        command.args(["s_server", "-accept", "127.0.0.1:0", "-cert"]).arg(pem).arg("-key").arg(pem).args(args);
        // It ends when it has nothing more to read.
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap());
        let mut lines = said.by_ref().lines().map(Result::unwrap);
        let port = lines.find_map(|line| line.strip_prefix("ACCEPT 127.0.0.1:")?.parse().ok());
        thread::spawn(move || io::copy(&mut said, &mut io::sink()));
        Server { child, port: port.unwrap_or_else(|| panic!("s_server does not start")) }
    }

    fn options(&self, trust: Trust) -> Options {
        Options::new().base(format!("https://localhost:{}", self.port).parse().unwrap()).trust(trust)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn trusting(pem: &str) -> Trust {
    Trust::none().with_ca_pem(pem.as_bytes()).unwrap()
}

/// What a login meets, none of which gets beyond TLS.
fn log_in(adapter: Adapter, options: Options) -> Failure {
    let failure = adapter.log_in(options, &serve(|_| {})).unwrap_err();
    assert_eq!(failure.kind(), FailureKind::Transport);
    failure
}

fn named(failure: &Failure) -> (TlsFault, String) {
    let fault = TlsFault::find(failure).unwrap_or_else(|| panic!("{failure:?}"));
    (fault, all_of(failure))
}

/// Agrees on TLS, and then gets no answer: `s_server` speaks no HTTP.
fn agree(adapter: Adapter, options: Options) {
    let once = Policy::new(1).with_sends(NonZeroU8::MIN);
    let failure = log_in(adapter, options.policy(once).timeout(Duration::from_secs(2)));
    let (_, delivery) = failure.transport().unwrap();
    assert_eq!((TlsFault::find(&failure), delivery), (None, Delivery::MaybeSent), "{failure:?}");
}

#[test]
fn who_shows_no_client_certificate_or_anothers_is_told_so() {
    let Some(program) = find("openssl") else { return };
    let folder = folder("openssl-clients");
    let (authority, other) = (Authority::new().unwrap(), Authority::new().unwrap());
    let (pem, ca) = (folder.join("server.pem"), folder.join("ca.pem"));
    fs::write(&pem, authority.issue(&["localhost"]).unwrap().pem()).unwrap();
    fs::write(&ca, authority.pem()).unwrap();
    let trust = trusting(&authority.pem());
    let with = |issuer: &Authority| {
        let client = issuer.issue(&["client"]).unwrap().pem();
        trust.clone().with_client_cert_pem(client.as_bytes()).unwrap()
    };
    for (version, missing) in [("-tls1_2", TlsFault::Refused), ("-tls1_3", TlsFault::ClientCertificate)] {
        let strict = ["-Verify", "1", "-verify_return_error", "-CAfile", ca.to_str().unwrap(), version];
        let server = Server::start(&program, &pem, &strict);
        for adapter in ADAPTERS {
            agree(adapter, server.options(with(&authority)));
            for (trust, fault) in [(trust.clone(), missing), (with(&other), TlsFault::ClientCertificate)] {
                let (found, said) = named(&log_in(adapter, server.options(trust)));
                assert_eq!(found, fault, "{adapter:?} {version}");
                assert!(said.contains("client certificate"), "{said}");
            }
        }
    }
}

/// The same alert as for a missing certificate, by which it cannot be told apart.
#[test]
fn a_server_without_a_cipher_in_common_is_told_so() {
    let Some(program) = find("openssl") else { return };
    let authority = Authority::new().unwrap();
    let pem = folder("openssl-ciphers").join("server.pem");
    fs::write(&pem, authority.issue(&["localhost"]).unwrap().pem()).unwrap();
    let server = Server::start(&program, &pem, &["-tls1_2", "-cipher", "AES128-SHA"]);
    for adapter in ADAPTERS {
        let (found, said) = named(&log_in(adapter, server.options(trusting(&authority.pem()))));
        assert_eq!(found, TlsFault::Refused, "{adapter:?}");
        assert!(said.contains("no cipher in common"), "{said}");
    }
}

/// A self-signed certificate for `localhost`, with its key behind it, in a file of its own. Of X.509 version 1 if it has no
/// extensions.
fn self_signed(program: &Path, name: &str, extensions: &str) -> PathBuf {
    let folder = folder(name);
    let [config, pem] = ["config", "pem"].map(|file| folder.join(file));
    let section = if extensions.is_empty() { "" } else { "x509_extensions = extensions" };
    let text = format!("[req]\ndistinguished_name = dn\n{section}\n[dn]\n[extensions]\n{extensions}\n");
    fs::write(&config, text).unwrap();
    // OpenSSL 3.2 and later make version 1 only if told to; those before do not know the option.
    let ways: &[&[&str]] = if extensions.is_empty() { &[&["-x509v1"], &[]] } else { &[&[]] };
    let made = ways.iter().any(|way| {
        let mut command = Command::new(program);
        command.args(["req", "-x509", "-subj", "/CN=localhost", "-days", "2", "-nodes", "-newkey", "ec"]);
        command.args(["-pkeyopt", "ec_paramgen_curve:P-256"]).args(*way).arg("-config").arg(&config);
        command.arg("-keyout").arg(&pem).arg("-out").arg(folder.join("certificate"));
        command.output().unwrap().status.success()
    });
    assert!(made, "openssl req");
    let key = fs::read_to_string(&pem).unwrap();
    fs::write(&pem, fs::read_to_string(folder.join("certificate")).unwrap() + &key).unwrap();
    pem
}

#[test]
fn a_self_signed_certificate_is_named_for_what_it_is() {
    let Some(program) = find("openssl") else { return };
    let stranger = Authority::new().unwrap().pem();
    let ca = "basicConstraints = critical, CA:TRUE\nsubjectAltName = DNS:localhost";
    let own = "basicConstraints = critical, CA:FALSE\nsubjectAltName = DNS:localhost";
    let none = None::<(TlsFault, &str)>;
    let (as_ca, as_v1) = ((TlsFault::CaCertificate, "with CA:FALSE"), (TlsFault::Version1, "as version 3"));
    for (name, extensions, untrusted, trusted) in [
        ("openssl-ca", ca, as_ca, Some(as_ca)),
        ("openssl-own", own, (TlsFault::UnknownIssuer, "not trusted here"), none),
        ("openssl-v1", "", as_v1, Some(as_v1)),
    ] {
        let pem = self_signed(&program, name, extensions);
        let server = Server::start(&program, &pem, &[]);
        let root = fs::read_to_string(&pem).unwrap();
        let system = Trust::system().with_ca_pem(root.as_bytes()).unwrap();
        for adapter in ADAPTERS {
            for (trust, fault) in
                [(trusting(&stranger), Some(untrusted)), (trusting(&root), trusted), (system.clone(), trusted)]
            {
                let options = server.options(trust);
                let Some((fault, words)) = fault else {
                    agree(adapter, options);
                    continue;
                };
                let (found, said) = named(&log_in(adapter, options));
                assert_eq!(found, fault, "{adapter:?} {name}");
                assert!(said.contains(words), "{said}");
            }
        }
    }
}
