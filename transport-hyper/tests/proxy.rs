//! Logins through proxies, and what a proxy can get wrong.
#![cfg(any(feature = "aws-lc-rs", feature = "ring"))]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

mod common;

use std::net::SocketAddr;
use std::time::Duration;

use common::{alice, bob, chain, client, once, run, server_config, trusting};
use hub_auth_core::{Delivery, FailureKind, Secret, TransportErrorKind};
use hub_auth_hyper::{Client, Code, Failure, LoginOutcome, Options, Proxy, Session};
use hub_auth_testkit::hub::{SimHub, demo};
use hub_auth_testkit::tls::{Authority, Identity, Server};
use hub_auth_testkit::wire::{Act, Nowhere, Wire};
use hub_auth_testkit::{Loopback, LoopbackProxy};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

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
    async fn works(&self, client: &Client) {
        let ask = async |_: &_| Code::new(&self.server.code(demo::USER).unwrap()).ok();
        assert_eq!(client.login_with(&alice(), ask).await.unwrap().user(), demo::USER);
        let request = http::Request::get("https://hub.test/v2/user").body("".into()).unwrap();
        assert_eq!(Session::new(client.clone(), bob()).send(request).await.unwrap().status(), 200);
        assert_eq!((self.server.connections(), self.server.requests().len()), (1, 4));
    }
}

fn with_password(proxy: Proxy, password: &str) -> Proxy {
    proxy.with_credentials(USER, &Secret::from(password)).unwrap()
}

fn logs_in(client: &Client) {
    assert!(matches!(run(client.login(&bob())), Ok(LoginOutcome::Done(_))));
}

fn failure(client: &Client) -> Failure {
    run(client.login(&bob())).unwrap_err()
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
            run(async {
                client.warm().await.unwrap();
                scene.works(&client).await;
            });
            assert_eq!(server.asked().len(), 1);
            assert_eq!(server.asked()[0].target, "hub.test:443");
        }
    }
}

#[test]
fn loopback_is_proxied_only_when_told_so_and_then_by_a_tunnel() {
    let hub = Loopback::start(SimHub::demo()).unwrap();
    let server = LoopbackProxy::http(hub.address(), None).unwrap();
    let proxy = Proxy::new(&server.url()).unwrap();
    let options = Options::new().base(hub.url());
    logs_in(&client(options.clone().proxy(proxy.clone())));
    assert_eq!(server.connections(), 0);
    logs_in(&client(options.proxy(proxy.also_for_loopback())));
    assert_eq!(server.asked()[0].target, hub.address().to_string());
}

#[test]
fn socks5_without_h_gives_the_proxy_an_address() {
    let authority = Authority::new().unwrap();
    let hub = Loopback::start_tls(SimHub::demo(), &authority.issue(&["localhost"]).unwrap()).unwrap();
    let server = LoopbackProxy::socks5(hub.address(), None).unwrap();
    let proxy = Proxy::new(&server.url().replace("socks5h", "socks5")).unwrap().also_for_loopback();
    logs_in(&client(Options::new().base(hub.url()).trust(trusting(&authority)).proxy(proxy)));
    let asked = server.asked()[0].target.clone();
    assert!(asked.starts_with("127.0.0.1:") || asked.starts_with("[::1]:"), "{asked}");
}

#[test]
fn a_proxy_is_spoken_to_over_tls_and_the_hub_in_it() {
    let scene = scene();
    let inner = LoopbackProxy::http(scene.server.address(), Some((USER, PASSWORD))).unwrap();
    run(async {
        let front = tls_front(&scene.authority.issue(&["localhost"]).unwrap(), inner.address()).await;
        let proxy = Proxy::new(&format!("https://localhost:{}", front.port())).unwrap();
        scene.works(&scene.through(with_password(proxy, PASSWORD))).await;
    });
    assert_eq!(inner.asked().len(), 1);
}

#[test]
fn a_proxy_that_is_not_trusted_is_told_from_a_hub_that_is_not() {
    let scene = scene();
    let inner = LoopbackProxy::http(scene.server.address(), None).unwrap();
    let failed = run(async {
        let stranger = Authority::new().unwrap().issue(&["localhost"]).unwrap();
        let front = tls_front(&stranger, inner.address()).await;
        let proxy = Proxy::new(&format!("https://localhost:{}", front.port())).unwrap();
        scene.through(proxy).login(&bob()).await.unwrap_err()
    });
    assert_eq!(failed.transport(), Some((TransportErrorKind::Tls, Delivery::NotSent)));
    assert!(chain(&failed).contains("proxy localhost") && chain(&failed).contains("issuer"), "{}", chain(&failed));

    let other = Scene { authority: Authority::new().unwrap(), server: scene.server };
    let failed = failure(&other.through(Proxy::new(&inner.url()).unwrap()));
    assert_eq!(failed.transport(), Some((TransportErrorKind::Tls, Delivery::NotSent)));
    assert!(!chain(&failed).contains("the proxy") && chain(&failed).contains("issuer"), "{}", chain(&failed));
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
        let failed = failure(&client(once(options).proxy(proxy)));
        assert_eq!(failed.transport(), Some((TransportErrorKind::Tls, Delivery::NotSent)));
        let said = chain(&failed);
        assert!(said.contains("proxy localhost") && said.contains("client certificate"), "{said}");
    }
}

#[test]
fn a_wrong_password_names_the_proxy_and_is_not_sent_again() {
    for start in [LoopbackProxy::http, LoopbackProxy::socks5] {
        let scene = scene();
        let server = start(scene.server.address(), Some((USER, PASSWORD))).unwrap();
        let proxy = with_password(Proxy::new(&server.url()).unwrap(), "wrong-canary");
        let options = Options::new().base("https://hub.test".parse().unwrap()).trust(trusting(&scene.authority));
        let client = client(options.proxy(proxy));
        let failed = failure(&client);
        refused_by(&failed, server.address());
        assert!(chain(&failed).contains("password"), "{}", chain(&failed));
        assert_eq!(server.asked().len(), 1, "it was sent again");
        for text in [chain(&failed), format!("{failed:?}"), format!("{client:?}")] {
            assert!(!text.contains("canary") && !text.contains(USER), "{text}");
        }
        let broken = run(client.warm()).unwrap_err();
        assert_eq!((broken.kind, broken.delivery), (TransportErrorKind::Proxy, Delivery::NotSent));
        assert!(scene.server.requests().is_empty());
    }
}

#[test]
fn what_is_no_proxy_is_said_to_be_none() {
    for answer in [
        "HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 20\r\n\r\n<html>Welcome</html>",
        "SSH-2.0-OpenSSH_9.9\r\n",
        "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Negotiate\r\n\r\n",
        "HTTP/1.1 502 Bad Gateway\r\n\r\n",
        "",
    ] {
        let server = Wire::start(vec![vec![Act::Take(40), Act::write(answer)]]).unwrap();
        let failed = failure(&scene().through(Proxy::new(&format!("http://{}", server.address())).unwrap()));
        refused_by(&failed, server.address());
    }
}

#[test]
fn a_proxy_that_breaks_off_is_named() {
    let server = Wire::start(vec![vec![Act::Take(40), Act::Reset]]).unwrap();
    let failed = failure(&scene().through(Proxy::new(&format!("http://{}", server.address())).unwrap()));
    refused_by(&failed, server.address());
}

#[test]
fn a_proxy_that_is_not_there_is_a_failure_to_connect() {
    let nowhere = Nowhere::refused().unwrap();
    let failed = failure(&scene().through(Proxy::new(&format!("socks5h://{}", nowhere.address())).unwrap()));
    assert_eq!(failed.transport(), Some((TransportErrorKind::Connect, Delivery::NotSent)));
    let said = chain(&failed);
    assert!(said.contains(&format!("the proxy {}", nowhere.address())) && said.contains("refused"), "{said}");

    let failed = failure(&scene().through(Proxy::new("http://proxy.invalid:3128").unwrap()));
    // A machine without a resolver may take its time instead.
    assert!(
        matches!(
            failed.transport(),
            Some((TransportErrorKind::Resolve | TransportErrorKind::Timeout, Delivery::NotSent))
        ),
        "{failed:?}"
    );
    assert!(chain(&failed).contains("the proxy proxy.invalid:3128"), "{}", chain(&failed));
}

#[test]
fn a_proxy_that_says_nothing_runs_out_of_time() {
    let server = Wire::start(vec![vec![Act::Stall]]).unwrap();
    let proxy = Proxy::new(&format!("http://{}", server.address())).unwrap();
    let options = Options::new().base("https://hub.test".parse().unwrap()).proxy(proxy);
    let options = options.trust(trusting(&Authority::new().unwrap()));
    let failed = failure(&client(once(options.connect_timeout(Duration::from_millis(300)))));
    assert_eq!(failed.kind(), FailureKind::TimedOut);
    assert_eq!(failed.transport(), Some((TransportErrorKind::Timeout, Delivery::NotSent)));
    assert!(chain(&failed).contains(&format!("the proxy {}", server.address())), "{}", chain(&failed));
}

#[test]
fn a_hub_that_says_nothing_behind_a_proxy_is_not_the_proxys_fault() {
    let hub = Wire::start(vec![vec![Act::Stall]]).unwrap();
    let server = LoopbackProxy::http(hub.address(), None).unwrap();
    let options = Options::new().base("https://hub.test".parse().unwrap()).proxy(Proxy::new(&server.url()).unwrap());
    let options = options.trust(trusting(&Authority::new().unwrap()));
    let failed = failure(&client(once(options.connect_timeout(Duration::from_secs(3)))));
    assert_eq!(failed.transport(), Some((TransportErrorKind::Timeout, Delivery::NotSent)));
    assert_eq!(server.asked().len(), 1);
    assert!(!chain(&failed).contains("the proxy"), "{}", chain(&failed));
}

fn refused_by(failure: &Failure, proxy: SocketAddr) {
    assert_eq!(failure.kind(), FailureKind::Transport);
    assert_eq!(failure.transport(), Some((TransportErrorKind::Proxy, Delivery::NotSent)));
    let said = chain(failure);
    assert!(said.contains(&format!("the proxy {proxy}")), "{said}");
}

/// TLS in front of a plain server, for one connection.
async fn tls_front(identity: &Identity, to: SocketAddr) -> SocketAddr {
    let config = server_config(identity);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (socket, _) = listener.accept().await.unwrap();
        let mut server = TcpStream::connect(to).await.unwrap();
        // An error is one side's going away, which is its right.
        if let Ok(mut client) = TlsAcceptor::from(config).accept(socket).await {
            let _ = copy_bidirectional(&mut client, &mut server).await;
        }
    });
    address
}
