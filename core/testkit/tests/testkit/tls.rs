//! The servers over TLS. `hub-auth-host` checks how each bad certificate is named, the conformance suite that clients refuse it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

use hub_auth_testkit::tls::{Authority, Server};
use hub_auth_testkit::wire::{Act, Wire};
use hub_auth_testkit::{Fault, Loopback, SimHub};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, ProtocolVersion, RootCertStore, StreamOwned};

use crate::{login, read};

const NAMES: &[&str] = &["localhost", "127.0.0.1"];

/// Connects a client that trusts this authority, and sends a login.
fn send(to: SocketAddr, trusted: &Authority, name: &'static str) -> StreamOwned<ClientConnection, TcpStream> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(trusted.pem().as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_root_certificates(roots).with_no_client_auth();
    let tls = ClientConnection::new(Arc::new(config), ServerName::try_from(name).unwrap()).unwrap();
    let mut stream = StreamOwned::new(tls, TcpStream::connect(to).unwrap());
    stream.write_all(login("").as_bytes()).unwrap();
    stream
}

#[test]
fn a_server_speaks_the_versions_it_is_told_to_by_name_and_by_address() {
    let authority = Authority::new().unwrap();
    let identity = authority.issue(NAMES).unwrap();
    for (tls, version, name) in [
        (Server::new(&identity).only_tls12(), ProtocolVersion::TLSv1_2, "localhost"),
        (Server::new(&identity).only_tls13(), ProtocolVersion::TLSv1_3, "127.0.0.1"),
    ] {
        let server = Loopback::start_tls(SimHub::demo(), tls).unwrap();
        assert_eq!(server.url().to_string(), format!("https://localhost:{}/", server.address().port()));
        let mut stream = send(server.address(), &authority, name);
        assert!(read(&mut stream).0.starts_with("HTTP/1.1 200"));
        assert_eq!(stream.conn.protocol_version(), Some(version));
        stream.write_all(login("Connection: close\r\n").as_bytes()).unwrap();
        assert!(read(&mut stream).0.starts_with("HTTP/1.1 200"));
        assert_eq!(stream.read_to_end(&mut Vec::new()).unwrap(), 0, "without a goodbye the end would be an error");
        assert_eq!(server.connections(), 1);
    }
}

#[test]
fn a_cut_connection_ends_without_a_goodbye() {
    let authority = Authority::new().unwrap();
    let server = Loopback::start_tls(SimHub::demo(), &authority.issue(NAMES).unwrap()).unwrap();
    server.hub().script(Fault::Truncate(5)).script(Fault::DropBefore);
    for _ in 0..2 {
        let error = send(server.address(), &authority, "localhost").read_to_end(&mut Vec::new()).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::UnexpectedEof);
    }
}

#[test]
fn a_script_breaks_tls_where_it_says() {
    let authority = Authority::new().unwrap();
    let half = || vec![Act::Read, Act::write("half")];
    for (more, complaint) in [
        (vec![], ""),
        (vec![Act::Goodbye, Act::Stall], ""),
        (vec![Act::Cut], "close_notify"),
        (vec![Act::Raw(b"garbage".to_vec()), Act::Cut], "InvalidContentType"),
        (vec![Act::Limit(5), Act::write("lost"), Act::Cut], "close_notify"),
    ] {
        let server = Wire::start_tls(&authority.issue(NAMES).unwrap(), vec![[half(), more].concat()]).unwrap();
        let (mut got, mut stream) = (Vec::new(), send(server.address(), &authority, "localhost"));
        let end = stream.read_to_end(&mut got).map_or_else(|error| error.to_string(), |_| String::new());
        // A client may find the garbage before it hands on the answer.
        assert!(got == b"half" || complaint == "InvalidContentType", "{complaint}: {got:?}");
        assert!(end.contains(complaint) && complaint.is_empty() == end.is_empty(), "{complaint}: {end}");
        assert_eq!(server.requests().len(), 1);
    }
}
