//! Certificates that are not trusted, and connections that end without a goodbye.
#![cfg(any(feature = "aws-lc-rs", feature = "ring"))]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod common;

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use common::{bob, chain, client, once, trusting};
use hub_auth_blocking::core::sim::SimHub;
use hub_auth_blocking::core::{Broke, Kind, Sent};
use hub_auth_blocking::{Failure, Options, Trust};
use hub_auth_host::rustls::pki_types::pem::PemObject;
use hub_auth_host::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use hub_auth_host::rustls::{ServerConfig, ServerConnection, StreamOwned, crypto::aws_lc_rs};
use hub_auth_testkit::Loopback;
use hub_auth_testkit::tls::{Authority, Identity};

fn refused(identity: &Identity, trust: Trust) -> Failure {
    let server = Loopback::start_tls(SimHub::demo(), identity).unwrap();
    let failure = client(once(Options::new().base(server.url()).trust(trust))).login(&bob()).unwrap_err();
    assert_eq!(server.requests().len(), 0);
    failure
}

#[test]
fn a_certificate_that_is_not_trusted_is_named_and_nothing_was_sent() {
    let (authority, stranger) = (Authority::new().unwrap(), Authority::new().unwrap());
    for (identity, trust, why) in [
        (authority.issue(&["localhost"]), trusting(&stranger), "UnknownIssuer"),
        (authority.issue(&["elsewhere.example"]), trusting(&authority), "not valid for name"),
        (authority.issue_expired(&["localhost"]), trusting(&authority), "expired"),
        (
            authority.issue(&["localhost"]),
            Trust::system().with_ca_pem(stranger.pem().as_bytes()).unwrap(),
            "UnknownIssuer",
        ),
        (
            authority.issue_expired(&["localhost"]),
            Trust::system().with_ca_pem(authority.pem().as_bytes()).unwrap(),
            "expired",
        ),
    ] {
        let failure = refused(&identity.unwrap(), trust);
        assert_eq!(failure.kind(), Kind::Transport);
        assert_eq!(failure.broke(), Some((Broke::Tls, Sent::No)));
        let said = chain(&failure);
        assert!(said.contains("certificate") && said.contains(why), "{said}");
    }
}

#[test]
fn a_server_that_speaks_no_tls_is_a_failure_of_tls() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("https://localhost:{}", listener.local_addr().unwrap().port()).parse().unwrap();
    let server = thread::spawn(move || listener.accept().unwrap().0.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n"));
    let trust = trusting(&Authority::new().unwrap());
    let failure = client(once(Options::new().base(base).trust(trust))).login(&bob()).unwrap_err();
    server.join().unwrap().unwrap();
    assert_eq!(failure.broke(), Some((Broke::Tls, Sent::No)));
}

#[test]
fn a_handshake_that_is_never_answered_runs_out_of_time_before_anything_was_sent() {
    let authority = Authority::new().unwrap();
    let server = Loopback::start_tls(SimHub::demo(), &authority.issue(&["localhost"]).unwrap()).unwrap();
    server.deaf(true);
    let options = Options::new().base(server.url()).trust(trusting(&authority));
    for options in
        [options.clone().connect_timeout(Duration::from_millis(300)), options.timeout(Duration::from_millis(300))]
    {
        let failure = client(once(options)).login(&bob()).unwrap_err();
        assert_eq!(failure.kind(), Kind::TimedOut);
        assert_eq!(failure.broke(), Some((Broke::Timeout, Sent::No)));
    }
}

/// Without a length a body ends with the connection, and TLS says when that was no cut.
#[test]
fn a_body_without_a_length_is_whole_only_after_a_goodbye() {
    for goodbye in [true, false] {
        let authority = Authority::new().unwrap();
        let config = config(&authority.issue(&["localhost"]).unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("https://localhost:{}", listener.local_addr().unwrap().port()).parse().unwrap();
        let server = thread::spawn(move || {
            let (socket, _) = listener.accept().unwrap();
            let mut stream = StreamOwned::new(ServerConnection::new(config).unwrap(), socket);
            let mut request = Vec::new();
            while !request.ends_with(b"}") {
                let mut byte = [0];
                stream.read_exact(&mut byte).unwrap();
                request.push(byte[0]);
            }
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n{\"token\":\"opaque\"}").unwrap();
            if goodbye {
                stream.conn.send_close_notify();
            }
            stream.flush().unwrap();
        });
        let client = client(once(Options::new().base(base).trust(trusting(&authority))));
        let outcome = client.login(&bob());
        server.join().unwrap();
        if goodbye {
            assert!(outcome.is_ok(), "{outcome:?}");
        } else {
            assert_eq!(outcome.unwrap_err().broke(), Some((Broke::Closed, Sent::Maybe)));
        }
    }
}

fn config(identity: &Identity) -> Arc<ServerConfig> {
    let certificate = CertificateDer::from_pem_slice(identity.certificate_pem().as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(identity.key_pem().as_bytes()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    Arc::new(config)
}
