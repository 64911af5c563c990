//! Faults of TLS, as real servers show them.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use hub_auth_core::FailureKind;
use hub_auth_host::rustls::NamedGroup::{X25519, X25519MLKEM768, secp256r1, secp384r1};
use hub_auth_host::rustls::{ClientConfig, ClientConnection, NamedGroup, StreamOwned};
use hub_auth_host::{BuildError, Options, TlsError, TlsFault, Trust};
use hub_auth_testkit::tls::{Authority, Server};
use hub_auth_testkit::{Loopback, SimHub};

/// Bounds a wait for a server that hangs.
const GUARD: Duration = Duration::from_secs(60);
const NAMES: &[&str] = &["localhost"];

fn serve(server: impl Into<Server>) -> Loopback {
    Loopback::start_tls(SimHub::demo(), server).unwrap()
}

fn trusting(authority: &Authority) -> Trust {
    Trust::none().with_ca_pem(authority.pem().as_bytes()).unwrap()
}

fn config(trust: Trust) -> Arc<ClientConfig> {
    Options::new().no_proxy().trust(trust).build().unwrap().tls.unwrap()
}

/// Asks for a page. Returns the fault, and whether it came during the handshake.
fn ask(server: SocketAddr, config: Arc<ClientConfig>) -> Result<(), (TlsFault, bool)> {
    let name = "localhost".try_into().unwrap();
    let connection = ClientConnection::new(config, name).unwrap();
    let socket = TcpStream::connect(server).unwrap();
    socket.set_read_timeout(Some(GUARD)).unwrap();
    let mut stream = StreamOwned::new(connection, socket);
    while stream.conn.is_handshaking() {
        stream.conn.complete_io(&mut stream.sock).map_err(|error| (named(error), true))?;
    }
    let request = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    // The server may be gone already, and its last words can still be read.
    let _ = stream.write_all(request).and_then(|()| stream.flush());
    stream.read_exact(&mut [0; 4]).map_err(|error| (named(error), false))
}

fn named(error: io::Error) -> TlsFault {
    let error = TlsError::of(error);
    assert_eq!(error.to_string(), error.fault().to_string());
    error.fault()
}

#[test]
fn a_bad_certificate_of_the_server_is_named() {
    let (authority, other) = (Authority::new().unwrap(), Authority::new().unwrap());
    let roots = [
        trusting(&authority),
        #[cfg(feature = "platform-verifier")]
        Trust::system().with_ca_pem(authority.pem().as_bytes()).unwrap(),
    ];
    for (identity, fault) in [
        (authority.issue(NAMES), None),
        (authority.issue_expired(NAMES), Some(TlsFault::Expired)),
        (authority.issue_not_yet_valid(NAMES), Some(TlsFault::NotYetValid)),
        (authority.issue(&["hub.example.org"]), Some(TlsFault::WrongName)),
        (other.issue(NAMES), Some(TlsFault::UnknownIssuer)),
    ] {
        let identity = identity.unwrap();
        for server in [Server::new(&identity).only_tls12(), Server::new(&identity).only_tls13()] {
            let server = serve(server);
            for trust in roots.clone() {
                let found = ask(server.address(), config(trust)).err();
                assert_eq!(found, fault.map(|fault| (fault, true)));
            }
        }
    }
}

#[test]
fn a_server_without_tls_is_named() {
    let authority = Authority::new().unwrap();
    for (answer, fault) in [("HTTP/1.1 400 Bad Request\r\n\r\n", TlsFault::NotTls), ("", TlsFault::Closed)] {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let server = thread::spawn(move || {
            let (mut socket, _) = listener.accept().unwrap();
            // All of the client's hello is read, so that the answer is not lost to a reset.
            let mut record = [0; 5];
            socket.read_exact(&mut record).unwrap();
            socket.read_exact(&mut vec![0; usize::from(u16::from_be_bytes([record[3], record[4]]))]).unwrap();
            socket.write_all(answer.as_bytes()).unwrap();
        });
        assert_eq!(ask(address, config(trusting(&authority))), Err((fault, true)));
        server.join().unwrap();
    }
}

#[test]
fn a_client_certificate_is_shown_and_a_missing_or_refused_one_named() {
    let (authority, other) = (Authority::new().unwrap(), Authority::new().unwrap());
    let identity = authority.issue(NAMES).unwrap();
    let ours = authority.issue(&["client"]).unwrap().pem();
    let theirs = other.issue(&["client"]).unwrap().pem();
    let with = |pem: &str| config(trusting(&authority).with_client_cert_pem(pem.as_bytes()).unwrap());
    let strict = || Server::new(&identity).only_clients_of(&authority);
    // TLS 1.3 tells a client after its part of the handshake.
    for (server, during) in [(serve(strict().only_tls12()), true), (serve(strict().only_tls13()), false)] {
        assert_eq!(ask(server.address(), with(&ours)), Ok(()));
        for config in [config(trusting(&authority)), with(&theirs)] {
            assert_eq!(ask(server.address(), config), Err((TlsFault::ClientCertificate, during)));
        }
    }
    // A server that asks for no certificate gets none.
    assert_eq!(ask(serve(&identity).address(), with(&theirs)), Ok(()));
}

#[test]
fn a_client_certificate_that_cannot_be_used_is_named() {
    let authority = Authority::new().unwrap();
    let (one, two) = (authority.issue(NAMES).unwrap(), authority.issue(NAMES).unwrap());
    let key = one.key_pem();
    let cut = format!("{}-----BEGIN CERTIFICATE-----\n????\n-----END CERTIFICATE-----\n", one.pem());
    for (pem, bad) in [
        ("", "has no certificate in it"),
        (&key, "has no certificate in it"),
        (one.certificate_pem(), "has no private key in it"),
        (&cut, "cannot be read"),
    ] {
        let error = Trust::none().with_client_cert_pem(pem.as_bytes()).unwrap_err();
        assert!(error.to_string().contains(bad) && error.kind() == FailureKind::Usage, "{error}");
    }
    let mixed = format!("{}{}", one.key_pem(), two.certificate_pem());
    let trust = trusting(&authority).with_client_cert_pem(mixed.as_bytes()).unwrap();
    assert!(!format!("{trust:?}").contains("PRIVATE"));
    let error = Options::new().no_proxy().trust(trust).build().unwrap_err();
    assert!(matches!(error, BuildError::ClientCertificate(_)), "{error:?}");
    assert_eq!(error.kind(), FailureKind::Usage);
}

/// Returns the groups that this configuration offers, and the one that the server takes.
fn key_exchange(trust: Trust) -> (Vec<NamedGroup>, NamedGroup) {
    let authority = Authority::new().unwrap();
    let server = serve(&authority.issue(NAMES).unwrap());
    let config = config(trust.with_ca_pem(authority.pem().as_bytes()).unwrap());
    let offered = config.crypto_provider().kx_groups.iter().map(|group| group.name()).collect();
    let mut connection = ClientConnection::new(config, "localhost".try_into().unwrap()).unwrap();
    let mut socket = TcpStream::connect(server.address()).unwrap();
    socket.set_read_timeout(Some(GUARD)).unwrap();
    while connection.is_handshaking() {
        connection.complete_io(&mut socket).unwrap();
    }
    (offered, connection.negotiated_key_exchange_group().unwrap().name())
}

#[cfg(feature = "aws-lc-rs")]
#[test]
fn by_default_the_key_exchange_is_post_quantum() {
    let offered = vec![X25519MLKEM768, X25519, secp256r1, secp384r1];
    assert_eq!(key_exchange(Trust::none()), (offered, X25519MLKEM768));
}

#[cfg(feature = "ring")]
#[test]
fn ring_has_no_post_quantum_key_exchange() {
    let trust = Trust::none();
    // Else it is the one that is compiled in.
    #[cfg(feature = "aws-lc-rs")]
    let trust = trust.with_provider(Arc::new(hub_auth_host::rustls::crypto::ring::default_provider()));
    assert_eq!(key_exchange(trust), (vec![X25519, secp256r1, secp384r1], X25519));
}

#[cfg(feature = "aws-lc-rs")]
mod provider {
    use super::*;
    use hub_auth_host::Proxy;
    use hub_auth_host::rustls::crypto::{CryptoProvider, aws_lc_rs};
    use hub_auth_host::rustls::version::TLS12;
    use hub_auth_host::rustls::{CipherSuite, RootCertStore, SupportedCipherSuite};

    #[test]
    fn an_own_provider_is_used() {
        let authority = Authority::new().unwrap();
        let mut own = aws_lc_rs::default_provider();
        own.cipher_suites.retain(|suite| suite.suite() == CipherSuite::TLS13_CHACHA20_POLY1305_SHA256);
        let config = config(trusting(&authority).with_provider(Arc::new(own)));
        let suites: Vec<_> = config.crypto_provider().cipher_suites.iter().map(SupportedCipherSuite::suite).collect();
        assert_eq!(suites, [CipherSuite::TLS13_CHACHA20_POLY1305_SHA256]);
        let identity = authority.issue(NAMES).unwrap();
        assert_eq!(ask(serve(Server::new(&identity).only_tls13()).address(), Arc::clone(&config)), Ok(()));
        let old = serve(Server::new(&identity).only_tls12());
        assert_eq!(ask(old.address(), config), Err((TlsFault::NoAgreement, true)));
    }

    #[test]
    fn a_provider_that_can_do_nothing_is_refused() {
        let own = CryptoProvider { cipher_suites: Vec::new(), ..aws_lc_rs::default_provider() };
        let trust = trusting(&Authority::new().unwrap()).with_provider(Arc::new(own));
        let error = Options::new().no_proxy().trust(trust).build().unwrap_err();
        assert!(matches!(error, BuildError::Tls(_)), "{error:?}");
    }

    #[test]
    fn a_whole_configuration_is_used_but_for_alpn() {
        let authority = Authority::new().unwrap();
        let mut whole = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_protocol_versions(&[&TLS12])
            .unwrap()
            .with_root_certificates(RootCertStore::empty())
            .with_no_client_auth();
        whole.alpn_protocols = vec![b"h2".to_vec()];
        let proxy = Proxy::new("https://proxy.example.org").unwrap();
        let options = Options::new().tls_config(whole);
        let setup = options.clone().proxy(proxy.clone()).build().unwrap();
        for config in [setup.tls.unwrap(), setup.proxy_tls.unwrap()] {
            assert_eq!(config.alpn_protocols, [b"http/1.1"]);
            let new = serve(Server::new(&authority.issue(NAMES).unwrap()).only_tls13());
            assert_eq!(ask(new.address(), config), Err((TlsFault::NoAgreement, true)));
        }
        assert!(options.no_proxy().build().unwrap().proxy_tls.is_none());
    }

    #[test]
    fn a_proxy_does_not_get_to_see_the_client_certificate() {
        let authority = Authority::new().unwrap();
        let ours = authority.issue(&["client"]).unwrap().pem();
        let trust = trusting(&authority).with_client_cert_pem(ours.as_bytes()).unwrap();
        let proxy = Proxy::new("https://proxy.example.org").unwrap();
        let setup = Options::new().trust(trust).proxy(proxy).build().unwrap();
        let identity = authority.issue(NAMES).unwrap();
        let strict = serve(Server::new(&identity).only_tls12().only_clients_of(&authority));
        assert_eq!(ask(strict.address(), setup.tls.unwrap()), Ok(()));
        let refused = ask(strict.address(), setup.proxy_tls.unwrap());
        assert_eq!(refused, Err((TlsFault::ClientCertificate, true)));
    }
}
