//! Scripted servers beneath TLS.
#![cfg(feature = "tls")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod common;

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use common::login;
use hub_auth_testkit::tls::Authority;
use hub_auth_testkit::wire::{Act, Wire};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

type Client = StreamOwned<ClientConnection, TcpStream>;

struct Scene {
    server: Wire,
    config: Arc<ClientConfig>,
}

impl Scene {
    fn new(script: Vec<Act>) -> Scene {
        let authority = Authority::new().unwrap();
        let server = Wire::start_tls(&authority.issue(&["localhost"]).unwrap(), vec![script]).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(authority.pem().as_bytes()).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        Scene { server, config: Arc::new(config.with_root_certificates(roots).with_no_client_auth()) }
    }

    fn connect(&self) -> Client {
        let name = ServerName::try_from("localhost").unwrap();
        let tls = ClientConnection::new(Arc::clone(&self.config), name).unwrap();
        StreamOwned::new(tls, TcpStream::connect(self.server.address()).unwrap())
    }
}

/// Returns the outcome of a request to a server with this script.
fn talk(script: Vec<Act>) -> (String, Result<(), String>, usize) {
    let mut scene = Scene::new(script);
    let mut stream = scene.connect();
    let mut answer = Vec::new();
    let end = stream.write_all(login("").as_bytes()).and_then(|()| stream.read_to_end(&mut answer)).map(drop);
    drop(stream);
    scene.server.stop();
    let end = end.map_err(|error| error.to_string());
    (String::from_utf8(answer).unwrap(), end, scene.server.requests().len())
}

#[test]
fn there_is_an_end_with_a_goodbye_and_one_without() {
    assert_eq!(talk(vec![Act::Read, Act::write("all")]), ("all".to_owned(), Ok(()), 1));
    let (answer, end, requests) = talk(vec![Act::Read, Act::write("all"), Act::Cut]);
    assert_eq!((answer.as_str(), requests), ("all", 1));
    assert!(end.unwrap_err().contains("close_notify"));
}

#[test]
fn a_goodbye_may_leave_the_socket_open() {
    let scene = Scene::new(vec![Act::Read, Act::Goodbye, Act::Stall]);
    let mut stream = scene.connect();
    stream.write_all(login("").as_bytes()).unwrap();
    assert_eq!(stream.read(&mut [0]).unwrap(), 0);
    stream.sock.set_nonblocking(true).unwrap();
    assert_eq!(stream.sock.read(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock);
}

#[test]
fn a_session_may_break() {
    for (act, complaint) in [
        (Act::Alert, "BadRecordMac"),
        (Act::Raw(b"garbage".to_vec()), "InvalidContentType"),
        (Act::Raw(vec![21, 3, 3, 0, 2, 2, 40]), "decrypt"),
    ] {
        let (_, end, requests) = talk(vec![Act::Read, Act::write("half"), act, Act::Cut]);
        assert!(end.as_ref().is_err_and(|end| end.contains(complaint)), "{complaint}: {end:?}");
        assert_eq!(requests, 1);
    }
}

#[test]
fn a_handshake_may_break() {
    for (script, complaint) in [
        (vec![Act::Raw(vec![21, 3, 3, 0, 2, 2, 40]), Act::Cut], "HandshakeFailure"),
        (vec![Act::Raw(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()), Act::Cut], "InvalidContentType"),
        (vec![Act::Hold(100), Act::Hello, Act::Cut], "end of file"),
        (vec![Act::Reset], "reset"),
    ] {
        let (_, end, requests) = talk(script);
        assert!(end.as_ref().is_err_and(|end| end.contains(complaint)), "{complaint}: {end:?}");
        assert_eq!(requests, 0);
    }
}

#[test]
fn a_record_may_be_cut() {
    let (answer, end, _) = talk(vec![Act::Read, Act::Hold(5), Act::write("all"), Act::Cut]);
    assert_eq!(answer, "");
    assert!(end.is_err());
}
