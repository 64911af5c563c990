//! Certificates that are not trusted, and connections that end without a goodbye.
#![cfg(any(feature = "aws-lc-rs", feature = "ring"))]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod common;

use std::error::Error;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use common::{bob, chain, client, once, trusting};
use hub_auth_blocking::core::{Delivery, FailureKind, TransportErrorKind};
use hub_auth_blocking::{Failure, Options, TlsError, TlsFault, Trust};
use hub_auth_host::rustls::pki_types::pem::PemObject;
use hub_auth_host::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use hub_auth_host::rustls::{ServerConfig, ServerConnection, StreamOwned, crypto::aws_lc_rs};
use hub_auth_testkit::Loopback;
use hub_auth_testkit::hub::SimHub;
use hub_auth_testkit::tls::{Authority, Identity, Server};

fn refused(identity: &Identity, trust: Trust) -> Failure {
    let server = Loopback::start_tls(SimHub::demo(), identity).unwrap();
    let failure = client(once(Options::new().base(server.url()).trust(trust))).login(&bob()).unwrap_err();
    assert_eq!(server.requests().len(), 0);
    failure
}

/// What the error beneath says of TLS.
fn fault_of(failure: &Failure) -> Option<TlsFault> {
    let error = failure.source()?.downcast_ref::<TlsError>()?;
    assert!(chain(failure).contains(&error.to_string()), "{}", chain(failure));
    Some(error.fault())
}

#[test]
fn a_certificate_that_is_not_trusted_is_named_and_nothing_was_sent() {
    let (authority, stranger) = (Authority::new().unwrap(), Authority::new().unwrap());
    let and_system = |authority: &Authority| Trust::system().with_ca_pem(authority.pem().as_bytes()).unwrap();
    for trust_in in [trusting, and_system] {
        for (identity, trust, fault) in [
            (authority.issue(&["localhost"]), trust_in(&stranger), TlsFault::UnknownIssuer),
            (authority.issue(&["elsewhere.example"]), trust_in(&authority), TlsFault::WrongName),
            (authority.issue_expired(&["localhost"]), trust_in(&authority), TlsFault::Expired),
            (authority.issue_not_yet_valid(&["localhost"]), trust_in(&authority), TlsFault::NotYetValid),
        ] {
            let failure = refused(&identity.unwrap(), trust);
            assert_eq!(failure.kind(), FailureKind::Transport);
            assert_eq!(failure.transport(), Some((TransportErrorKind::Tls, Delivery::NotSent)));
            assert_eq!(fault_of(&failure), Some(fault));
        }
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
    assert_eq!(failure.transport(), Some((TransportErrorKind::Tls, Delivery::NotSent)));
    assert_eq!(fault_of(&failure), Some(TlsFault::NotTls));
}

/// With TLS 1.3 the refusal comes after the handshake, and perhaps after the request.
#[test]
fn a_client_certificate_is_shown_and_a_missing_or_strange_one_is_named() {
    type Change = fn(Server) -> Server;
    let (authority, clients, stranger) =
        (Authority::new().unwrap(), Authority::new().unwrap(), Authority::new().unwrap());
    for (version, sent) in
        [(Server::only_tls12 as Change, Delivery::NotSent), (Server::only_tls13, Delivery::MaybeSent)]
    {
        for (issuer, fits) in [(Some(&clients), true), (Some(&stranger), false), (None, false)] {
            let tls = version(Server::new(&authority.issue(&["localhost"]).unwrap()).only_clients_of(&clients));
            let server = Loopback::start_tls(SimHub::demo(), tls).unwrap();
            let mut trust = trusting(&authority);
            if let Some(issuer) = issuer {
                trust = trust.with_client_cert_pem(issuer.issue(&["client.test"]).unwrap().pem().as_bytes()).unwrap();
            }
            let client = client(once(Options::new().base(server.url()).trust(trust)));
            for _ in 0..20 {
                let outcome = client.login(&bob());
                if fits {
                    assert!(outcome.is_ok(), "{outcome:?}");
                    continue;
                }
                let failure = outcome.unwrap_err();
                assert_eq!(failure.transport(), Some((TransportErrorKind::Tls, sent)), "{}", chain(&failure));
                assert_eq!(fault_of(&failure), Some(TlsFault::ClientCertificate));
            }
            assert_eq!(server.requests().is_empty(), !fits);
        }
    }
}

#[test]
fn a_warm_connection_takes_in_what_tls_says_later() {
    for version in [Server::only_tls12, Server::only_tls13] {
        let authority = Authority::new().unwrap();
        let tls = version(Server::new(&authority.issue(&["localhost"]).unwrap()));
        let server = Loopback::start_tls(SimHub::demo(), tls).unwrap();
        let client = client(Options::new().base(server.url()).trust(trusting(&authority)));
        client.warm().unwrap();
        for _ in 0..3 {
            assert!(client.login(&bob()).is_ok());
        }
        assert_eq!(server.connections(), 1);
    }
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
        assert_eq!(failure.kind(), FailureKind::TimedOut);
        assert_eq!(failure.transport(), Some((TransportErrorKind::Timeout, Delivery::NotSent)));
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
            assert_eq!(outcome.unwrap_err().transport(), Some((TransportErrorKind::Closed, Delivery::MaybeSent)));
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
