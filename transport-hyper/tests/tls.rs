//! Connections that are not made: no trust, no name, no handshake. Nothing is sent on any of them.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic"
)]
#![cfg(any(feature = "aws-lc-rs", feature = "ring"))]

mod common;

use std::error::Error;
use std::io::Write;
use std::net::{Ipv4Addr, TcpListener};
use std::thread;
use std::time::Duration;

use common::{bob, chain, client, once, run, trusting};
use hub_auth_core::{Delivery, Failure, FailureKind, TransportErrorKind};
use hub_auth_hyper::{BuildError, Options, TlsError, TlsFault, Trust};
use hub_auth_testkit::Loopback;
use hub_auth_testkit::hub::SimHub;
use hub_auth_testkit::tls::{Authority, Server};
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs};

/// A deadline before which nothing has to happen.
const SHORT: Duration = Duration::from_millis(200);

/// What the error beneath says of TLS.
fn fault_of(failure: &Failure) -> Option<TlsFault> {
    let error = failure.source()?.downcast_ref::<TlsError>()?;
    assert!(chain(failure).contains(&error.to_string()), "{}", chain(failure));
    Some(error.fault())
}

#[test]
fn what_is_wrong_with_a_certificate_is_named() {
    let (authority, stranger) = (Authority::new().unwrap(), Authority::new().unwrap());
    for (identity, trusted, fault) in [
        (authority.issue(&["localhost"]), &stranger, TlsFault::UnknownIssuer),
        (authority.issue(&["example.com"]), &authority, TlsFault::WrongName),
        (authority.issue_expired(&["localhost"]), &authority, TlsFault::Expired),
        (authority.issue_not_yet_valid(&["localhost"]), &authority, TlsFault::NotYetValid),
    ] {
        let server = Loopback::start_tls(SimHub::demo(), &identity.unwrap()).unwrap();
        let client = client(once(Options::new()).base(server.url()).trust(trusting(trusted)));
        let failure = run(client.login(&bob())).unwrap_err();
        assert_eq!(failure.kind(), FailureKind::Transport);
        assert_eq!(failure.transport(), Some((TransportErrorKind::Tls, Delivery::NotSent)));
        assert_eq!(fault_of(&failure), Some(fault));
        assert!(server.requests().is_empty());
    }
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
                let outcome = run(client.login(&bob()));
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
fn a_whole_configuration_of_ones_own_is_used() {
    let authority = Authority::new().unwrap();
    let server = Loopback::start_tls(SimHub::demo(), &authority.issue(&["localhost"]).unwrap()).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(authority.pem().as_bytes()).unwrap()).unwrap();
    let builder = ClientConfig::builder_with_provider(aws_lc_rs::default_provider().into());
    let builder = builder.with_safe_default_protocol_versions().unwrap();
    let config = builder.with_root_certificates(roots).with_no_client_auth();
    let client = client(Options::new().base(server.url()).tls_config(config));
    assert!(run(client.login(&bob())).is_ok());
}

#[test]
fn a_server_without_tls_is_no_tls_server() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let base = format!("https://{}", listener.local_addr().unwrap()).parse().unwrap();
    let server = thread::spawn(move || listener.accept().unwrap().0.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n"));
    let authority = Authority::new().unwrap();
    let client = client(once(Options::new()).base(base).trust(trusting(&authority)));
    let failure = run(client.login(&bob())).unwrap_err();
    assert_eq!(failure.transport(), Some((TransportErrorKind::Tls, Delivery::NotSent)));
    assert_eq!(fault_of(&failure), Some(TlsFault::NotTls));
    server.join().unwrap().unwrap();
}

#[test]
fn a_handshake_that_never_ends_is_too_late_whichever_deadline_is_first() {
    let authority = Authority::new().unwrap();
    let server = Loopback::start_tls(SimHub::demo(), &authority.issue(&["localhost"]).unwrap()).unwrap();
    server.deaf(true);
    for options in [Options::new().connect_timeout(SHORT), Options::new().timeout(SHORT)] {
        let client = client(once(options).base(server.url()).trust(trusting(&authority)));
        let failure = run(client.login(&bob())).unwrap_err();
        assert_eq!(failure.kind(), FailureKind::TimedOut);
        assert_eq!(failure.transport(), Some((TransportErrorKind::Timeout, Delivery::NotSent)));
    }
}

#[test]
fn an_unknown_host_is_not_found() {
    let authority = Authority::new().unwrap();
    let base = "https://hub-auth.invalid".parse().unwrap();
    let client = client(once(Options::new()).no_proxy().base(base).trust(trusting(&authority)));
    let failure = run(client.login(&bob())).unwrap_err();
    // A machine without a resolver may take its time instead.
    assert!(
        matches!(
            failure.transport(),
            Some((TransportErrorKind::Resolve | TransportErrorKind::Timeout, Delivery::NotSent))
        ),
        "{failure:?}"
    );
}

#[test]
fn without_roots_there_is_no_client() {
    let nobody = Options::new().base("https://localhost".parse().unwrap()).trust(Trust::none());
    let error = hub_auth_hyper::Client::new(nobody).unwrap_err();
    assert!(matches!(error, BuildError::NoRoots(_)), "{error:?}");
}
