//! The server over TLS, with a client that checks certificates.
#![cfg(feature = "tls")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod common;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use common::{login, read};
use hub_auth_testkit::tls::{Authority, Identity, Server};
use hub_auth_testkit::{Fault, Loopback, SimHub};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, ProtocolVersion, RootCertStore, StreamOwned};

const NAMES: &[&str] = &["localhost", "127.0.0.1"];

type Client = StreamOwned<ClientConnection, TcpStream>;

fn start(tls: impl Into<Server>) -> Loopback {
    Loopback::start_tls(SimHub::demo(), tls).unwrap()
}

fn connect(server: &Loopback, trusted: &Authority, name: &'static str) -> Client {
    connect_as(None, server, trusted, name)
}

fn connect_as(own: Option<&Identity>, server: &Loopback, trusted: &Authority, name: &'static str) -> Client {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(trusted.pem().as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_root_certificates(roots);
    let config = match own.map(|own| own.pem().into_bytes()) {
        None => config.with_no_client_auth(),
        Some(pem) => {
            let chain = CertificateDer::pem_slice_iter(&pem).map(Result::unwrap).collect();
            config.with_client_auth_cert(chain, PrivateKeyDer::from_pem_slice(&pem).unwrap()).unwrap()
        }
    };
    let tls = ClientConnection::new(Arc::new(config), ServerName::try_from(name).unwrap()).unwrap();
    StreamOwned::new(tls, TcpStream::connect(server.address()).unwrap())
}

#[test]
fn two_requests_on_one_connection_by_name_and_by_address() {
    let authority = Authority::new().unwrap();
    let server = start(&authority.issue(NAMES).unwrap());
    assert_eq!(server.url().to_string(), format!("https://localhost:{}/", server.address().port()));
    for name in ["localhost", "127.0.0.1"] {
        let mut stream = connect(&server, &authority, name);
        for extra in ["", "Connection: close\r\n"] {
            stream.write_all(login(extra).as_bytes()).unwrap();
            assert!(read(&mut stream).0.starts_with("HTTP/1.1 200"));
        }
        // A proper goodbye: an end without one would be an error.
        assert_eq!(stream.read_to_end(&mut Vec::new()).unwrap(), 0);
    }
    assert_eq!(server.connections(), 2);
    assert_eq!(server.requests().len(), 4);
}

#[test]
fn certificates_can_be_wrong_in_four_ways() {
    let authority = Authority::new().unwrap();
    let stranger = Authority::new().unwrap();
    let good = start(&authority.issue(NAMES).unwrap());
    let other_name = start(&authority.issue(&["example.com"]).unwrap());
    let expired = start(&authority.issue_expired(NAMES).unwrap());
    let not_yet_valid = start(&authority.issue_not_yet_valid(NAMES).unwrap());
    for (server, trusted, complaint) in [
        (&good, &stranger, "UnknownIssuer"),
        (&other_name, &authority, "not valid for name"),
        (&expired, &authority, "expired"),
        (&not_yet_valid, &authority, "not valid yet"),
    ] {
        let error = connect(server, trusted, "localhost").write_all(b"x").unwrap_err().to_string();
        assert!(error.contains(complaint), "{error}");
        assert!(server.requests().is_empty());
    }
}

#[test]
fn a_server_may_speak_one_version_only() {
    let authority = Authority::new().unwrap();
    let identity = authority.issue(NAMES).unwrap();
    for (tls, version) in [
        (Server::new(&identity).only_tls12(), ProtocolVersion::TLSv1_2),
        (Server::new(&identity).only_tls13(), ProtocolVersion::TLSv1_3),
    ] {
        let server = start(tls);
        let mut stream = connect(&server, &authority, "localhost");
        stream.write_all(login("").as_bytes()).unwrap();
        assert!(read(&mut stream).0.starts_with("HTTP/1.1 200"));
        assert_eq!(stream.conn.protocol_version(), Some(version));
    }
}

#[test]
fn a_server_may_ask_who_its_clients_are() {
    let authority = Authority::new().unwrap();
    let clients = Authority::new().unwrap();
    let identity = authority.issue(NAMES).unwrap();
    let member = clients.issue(&["client.example"]).unwrap();
    let former = clients.issue_expired(&["client.example"]).unwrap();
    for tls in [Server::new(&identity).only_tls12(), Server::new(&identity).only_tls13()] {
        let server = start(tls.only_clients_of(&clients));
        for (own, complaint) in [
            (None, "CertificateRequired"),
            (Some(&identity), "UnknownCA"),
            (Some(&former), "CertificateExpired"),
            (Some(&member), ""),
        ] {
            let mut stream = connect_as(own, &server, &authority, "localhost");
            // TLS 1.3 lets the client talk before it is refused.
            let mut answer = [0; 12];
            let read = stream.write_all(login("").as_bytes()).and_then(|()| stream.read_exact(&mut answer));
            match read {
                Ok(()) => assert_eq!((&answer, complaint), (b"HTTP/1.1 200", "")),
                Err(error) => assert!(error.to_string().contains(complaint) && !complaint.is_empty(), "{error}"),
            }
        }
        assert_eq!(server.requests().len(), 1);
    }
}

#[test]
fn a_cut_is_no_goodbye() {
    let authority = Authority::new().unwrap();
    let server = start(&authority.issue(NAMES).unwrap());
    server.hub().script(Fault::Truncate(5)).script(Fault::DropBefore);
    for _ in 0..2 {
        let mut stream = connect(&server, &authority, "localhost");
        stream.write_all(login("").as_bytes()).unwrap();
        let error = stream.read_to_end(&mut Vec::new()).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::UnexpectedEof);
    }
}

#[test]
fn a_deaf_server_never_shakes_hands() {
    let authority = Authority::new().unwrap();
    let server = start(&authority.issue(NAMES).unwrap());
    server.deaf(true);
    let mut ignored = connect(&server, &authority, "localhost");
    ignored.conn.write_tls(&mut ignored.sock).unwrap();
    while server.connections() == 0 {
        std::thread::yield_now();
    }
    server.deaf(false);
    let mut heard = connect(&server, &authority, "localhost");
    heard.write_all(login("").as_bytes()).unwrap();
    assert!(read(&mut heard).0.starts_with("HTTP/1.1 200"));
    ignored.sock.set_nonblocking(true).unwrap();
    let error = ignored.sock.read(&mut [0]).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock);
}

#[test]
fn identities_can_be_written_down() {
    let authority = Authority::new().unwrap();
    let identity = authority.issue(NAMES).unwrap();
    assert!(CertificateDer::from_pem_slice(identity.certificate_pem().as_bytes()).is_ok());
    assert!(PrivateKeyDer::from_pem_slice(identity.key_pem().as_bytes()).is_ok());
    assert_eq!(format!("{identity:?} {authority:?}"), "Identity Authority");
    assert!(identity.pem().contains("CERTIFICATE") && identity.pem().contains("PRIVATE KEY"));
    assert_eq!(format!("{:?}", Server::new(&identity)), "Server");
}
