//! Logins through proxies, and what a proxy can get wrong.
#![cfg(any(feature = "aws-lc-rs", feature = "ring"))]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod common;

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use common::{alice, bob, chain, client, once, trusting, within_a_minute};
use hub_auth_blocking::core::{Delivery, FailureKind, Secret, TransportErrorKind};
use hub_auth_blocking::{Client, Code, Failure, LoginOutcome, Options, Proxy, Session};
use hub_auth_host::rustls::pki_types::pem::PemObject;
use hub_auth_host::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use hub_auth_host::rustls::{ServerConfig, ServerConnection, StreamOwned, crypto::aws_lc_rs};
use hub_auth_testkit::hub::SimHub;
use hub_auth_testkit::hub::demo;
use hub_auth_testkit::tls::{Authority, Identity, Server};
use hub_auth_testkit::wire::{Act, Nowhere, Wire};
use hub_auth_testkit::{Loopback, LoopbackProxy};

const USER: &str = "proxy-user";
const PASSWORD: &str = "proxy-canary@:/%";

/// A Hub at `hub.test`, which nothing but a proxy leads to.
struct Scene {
    authority: Authority,
    server: Loopback,
}

fn scene() -> Scene {
    let authority = Authority::new().unwrap();
    let server = Loopback::start_tls(SimHub::demo(), &authority.issue(&["hub.test"]).unwrap()).unwrap();
    Scene { authority, server }
}

impl Scene {
    fn through(&self, proxy: Proxy) -> Client {
        let options = Options::new().base("https://hub.test".parse().unwrap()).trust(trusting(&self.authority));
        client(once(options).proxy(proxy))
    }

    /// A login with its second factor, and a session's call.
    fn works(&self, client: &Client) {
        let ask = |_: &_| Code::new(&self.server.code(demo::USER).unwrap()).ok();
        assert_eq!(client.login_with(&alice(), ask).unwrap().user(), demo::USER);
        let request = hub_auth_core::http::Request::get("https://hub.test/v2/user").body("".into()).unwrap();
        assert_eq!(Session::new(client.clone(), bob()).send(request).unwrap().status(), 200);
        assert_eq!((self.server.connections(), self.server.requests().len()), (1, 4));
    }
}

fn logs_in(client: &Client) {
    assert!(matches!(client.login(&bob()).unwrap(), LoginOutcome::Done(_)));
}

fn with_password(proxy: Proxy, password: &str) -> Proxy {
    proxy.with_credentials(USER, &Secret::from(password)).unwrap()
}

#[test]
fn each_kind_of_proxy_leads_to_the_hub() {
    for credentials in [None, Some((USER, PASSWORD))] {
        for start in [LoopbackProxy::http, LoopbackProxy::socks5] {
            let scene = scene();
            let server = start(scene.server.address(), credentials).unwrap();
            let mut proxy = Proxy::new(&server.url()).unwrap();
            if credentials.is_some() {
                proxy = with_password(proxy, PASSWORD);
            }
            let client = scene.through(proxy);
            client.warm().unwrap();
            scene.works(&client);
            assert_eq!(server.asked().len(), 1);
            assert_eq!(server.asked()[0].target, "hub.test:443");
        }
    }
}

#[test]
fn a_proxy_for_loopback_gets_a_tunnel_for_plain_http_too() {
    let hub = Loopback::start(SimHub::demo()).unwrap();
    let server = LoopbackProxy::http(hub.address(), None).unwrap();
    let proxy = Proxy::new(&server.url()).unwrap();
    let options = Options::new().base(hub.url());
    logs_in(&client(options.clone().proxy(proxy.clone())));
    assert_eq!(server.connections(), 0, "loopback is not proxied");
    logs_in(&client(options.proxy(proxy.also_for_loopback())));
    assert_eq!(server.asked()[0].target, hub.address().to_string());
}

#[test]
fn socks5_without_h_gives_the_proxy_an_address() {
    let authority = Authority::new().unwrap();
    let hub = Loopback::start_tls(SimHub::demo(), &authority.issue(&["localhost"]).unwrap()).unwrap();
    let server = LoopbackProxy::socks5(hub.address(), None).unwrap();
    let url = server.url().replace("socks5h", "socks5");
    let proxy = Proxy::new(&url).unwrap().also_for_loopback();
    logs_in(&client(Options::new().base(hub.url()).trust(trusting(&authority)).proxy(proxy)));
    let asked = server.asked()[0].target.clone();
    assert!(asked.starts_with("127.0.0.1:") || asked.starts_with("[::1]:"), "{asked}");
}

#[test]
fn a_proxy_is_spoken_to_over_tls_and_the_hub_in_it() {
    let scene = scene();
    let inner = LoopbackProxy::http(scene.server.address(), Some((USER, PASSWORD))).unwrap();
    let front = tls_front(&scene.authority.issue(&["localhost"]).unwrap(), inner.address());
    let proxy = Proxy::new(&format!("https://localhost:{}", front.port())).unwrap();
    let client = scene.through(with_password(proxy, PASSWORD));
    client.warm().unwrap();
    scene.works(&client);
    assert_eq!(inner.asked().len(), 1);
}

#[test]
fn a_proxy_that_is_not_trusted_is_told_from_a_hub_that_is_not() {
    let scene = scene();
    let inner = LoopbackProxy::http(scene.server.address(), None).unwrap();
    let front = tls_front(&Authority::new().unwrap().issue(&["localhost"]).unwrap(), inner.address());
    let proxy = Proxy::new(&format!("https://localhost:{}", front.port())).unwrap();
    let failure = scene.through(proxy).login(&bob()).unwrap_err();
    assert_eq!(failure.transport(), Some((TransportErrorKind::Tls, Delivery::NotSent)));
    let said = chain(&failure);
    assert!(said.contains("proxy localhost") && said.contains("issuer"), "{said}");

    let other = Scene { authority: Authority::new().unwrap(), server: scene.server };
    let failure = other.through(Proxy::new(&inner.url()).unwrap()).login(&bob()).unwrap_err();
    assert_eq!(failure.transport(), Some((TransportErrorKind::Tls, Delivery::NotSent)));
    let said = chain(&failure);
    assert!(!said.contains("the proxy") && said.contains("issuer"), "{said}");
}

#[test]
fn a_proxy_that_wants_a_certificate_is_told_so() {
    let authority = Authority::new().unwrap();
    let identity = authority.issue(&["localhost"]).unwrap();
    let strict = || Server::new(&identity).only_clients_of(&authority);
    for server in [strict().only_tls12(), strict().only_tls13()] {
        let wire = Wire::start_tls(server, vec![vec![Act::Read]]).unwrap();
        let proxy = Proxy::new(&wire.url().to_string()).unwrap();
        let options = Options::new().base("https://hub.test".parse().unwrap()).trust(trusting(&authority));
        let failed = client(once(options).proxy(proxy)).login(&bob()).unwrap_err();
        assert_eq!(failed.transport(), Some((TransportErrorKind::Tls, Delivery::NotSent)));
        let said = chain(&failed);
        assert!(said.contains("proxy localhost") && said.contains("client certificate"), "{said}");
    }
}

#[test]
fn a_wrong_password_names_the_proxy_and_is_not_tried_again() {
    for start in [LoopbackProxy::http, LoopbackProxy::socks5] {
        let scene = scene();
        let server = start(scene.server.address(), Some((USER, PASSWORD))).unwrap();
        let proxy = with_password(Proxy::new(&server.url()).unwrap(), "wrong-canary");
        let options = Options::new().base("https://hub.test".parse().unwrap()).trust(trusting(&scene.authority));
        let client = client(options.proxy(proxy));
        let failure = client.login(&bob()).unwrap_err();
        refused_by(&failure, server.address());
        assert!(chain(&failure).contains("password"), "{}", chain(&failure));
        assert_eq!(server.asked().len(), 1, "it was sent again");
        for text in [chain(&failure), format!("{failure:?}"), format!("{client:?}")] {
            assert!(!text.contains("canary") && !text.contains(USER), "{text}");
        }
        let broken = client.warm().unwrap_err();
        assert_eq!((broken.kind, broken.delivery), (TransportErrorKind::Proxy, Delivery::NotSent));
        assert!(scene.server.requests().is_empty());
    }
}

#[test]
fn what_is_no_proxy_is_said_to_be_none() {
    for answer in [
        "HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>Welcome</html>",
        "SSH-2.0-OpenSSH_9.9\r\n",
        "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Negotiate\r\n\r\n",
        "HTTP/1.1 502 Bad Gateway\r\n\r\n",
        "",
    ] {
        let proxy = answering(answer);
        let failure = scene().through(Proxy::new(&format!("http://{proxy}")).unwrap()).login(&bob()).unwrap_err();
        refused_by(&failure, proxy);
    }
}

#[test]
fn a_proxy_that_is_not_there_is_a_failure_to_connect() {
    let nowhere = Nowhere::refused().unwrap();
    let address = nowhere.address();
    let failure = scene().through(Proxy::new(&format!("socks5h://{address}")).unwrap()).login(&bob()).unwrap_err();
    assert_eq!(failure.transport(), Some((TransportErrorKind::Connect, Delivery::NotSent)));
    let said = chain(&failure);
    assert!(said.contains(&format!("the proxy {address}")) && said.contains("refused"), "{said}");
}

#[test]
fn a_proxy_that_says_nothing_runs_out_of_time() {
    let (_listener, address) = listening();
    let proxy = Proxy::new(&format!("http://{address}")).unwrap();
    let options = Options::new().base("https://hub.test".parse().unwrap());
    let options = options.trust(trusting(&Authority::new().unwrap())).proxy(proxy);
    let client = client(once(options.connect_timeout(Duration::from_millis(300))));
    let failure = client.login(&bob()).unwrap_err();
    assert_eq!(failure.kind(), FailureKind::TimedOut);
    assert_eq!(failure.transport(), Some((TransportErrorKind::Timeout, Delivery::NotSent)));
    assert!(chain(&failure).contains(&format!("the proxy {address}")), "{}", chain(&failure));
}

#[test]
fn a_shutdown_ends_the_talk_with_a_proxy() {
    let (listener, address) = listening();
    let hours = Duration::from_secs(10 * 60 * 60);
    let proxy = Proxy::new(&format!("http://{address}")).unwrap();
    let options = Options::new().base("https://hub.test".parse().unwrap());
    let options = options.trust(trusting(&Authority::new().unwrap())).proxy(proxy);
    let client = client(once(options.connect_timeout(hours).timeout(hours)));
    let mine = client.clone();
    let called = thread::spawn(move || within_a_minute(move || mine.login(&bob()).unwrap_err()));
    let (mut socket, _) = listener.accept().unwrap();
    socket.read_exact(&mut [0; 7]).unwrap();
    client.shutdown();
    assert_eq!(called.join().unwrap().transport(), Some((TransportErrorKind::Closed, Delivery::NotSent)));
}

fn refused_by(failure: &Failure, proxy: SocketAddr) {
    assert_eq!(failure.kind(), FailureKind::Transport);
    assert_eq!(failure.transport(), Some((TransportErrorKind::Proxy, Delivery::NotSent)));
    let said = chain(failure);
    assert!(said.contains(&format!("the proxy {proxy}")), "{said}");
}

fn listening() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// Answers the first connection's request with this, and closes.
fn answering(answer: &'static str) -> SocketAddr {
    let (listener, address) = listening();
    thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            socket.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        socket.write_all(answer.as_bytes()).unwrap();
    });
    address
}

/// TLS in front of a plain server, for one connection.
fn tls_front(identity: &Identity, to: SocketAddr) -> SocketAddr {
    let certificate = CertificateDer::from_pem_slice(identity.certificate_pem().as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(identity.key_pem().as_bytes()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let (listener, address) = listening();
    thread::spawn(move || {
        let (client, _) = listener.accept().unwrap();
        let mut server = TcpStream::connect(to).unwrap();
        for socket in [&client, &server] {
            socket.set_read_timeout(Some(Duration::from_millis(2))).unwrap();
        }
        let mut client = StreamOwned::new(ServerConnection::new(Arc::new(config)).unwrap(), client);
        while carry(&mut client, &mut server) && carry(&mut server, &mut client) {}
    });
    address
}

/// What is there to be read, on to the other side; `false` at the end.
fn carry(from: &mut impl Read, to: &mut impl Write) -> bool {
    let mut piece = [0; 4096];
    match from.read(&mut piece) {
        Ok(0) => false,
        Ok(n) => to.write_all(&piece[..n]).and_then(|()| to.flush()).is_ok(),
        Err(error) => matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
    }
}
