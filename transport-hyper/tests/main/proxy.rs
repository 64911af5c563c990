//! Tests the request to a proxy, and the messages of its refusals.

use hub_auth_core::{Delivery, FailureKind, TransportErrorKind};
use hub_auth_hyper::{LoginOutcome, Options, Proxy};
use hub_auth_testkit::SimHub;
use hub_auth_testkit::wire::{Act, Nowhere, Wire};
use hub_auth_testkit::{Loopback, LoopbackProxy};

use crate::common::{bob, chain, client, once};

/// Logs in at a host that only the proxy knows, and returns the texts of the failure.
async fn failure(proxy: Proxy, kind: TransportErrorKind) -> String {
    let options = Options::new().base("https://hub.test".parse().unwrap()).proxy(proxy);
    let failure = client(once(options)).login(&bob()).await.unwrap_err();
    assert_eq!(failure.kind(), FailureKind::Transport);
    assert_eq!(failure.transport(), Some((kind, Delivery::NotSent)), "{}", chain(&failure));
    chain(&failure)
}

#[tokio::test]
async fn each_refusal_is_told_apart() {
    for (answer, said) in [
        ("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "wants a user name and password, and none are set"),
        ("HTTP/1.1 403 Forbidden\r\n\r\n", "does not allow this connection by its rules (status 403)"),
        ("HTTP/1.1 502 Bad Gateway\r\n\r\n", "could not reach the host (status 502)"),
        ("HTTP/1.1 405 Method Not Allowed\r\n\r\n", "did not answer as a proxy of its kind does"),
        ("HTTP/1.1 418 I'm a teapot\r\n\r\n", "refused the connection (status 418)"),
        ("SSH-2.0-OpenSSH_9.9\r\n", "did not answer as a proxy of its kind does"),
        ("", "closed the connection before it had answered"),
    ] {
        let server = Wire::start(vec![vec![Act::Read, Act::write(answer)]]).unwrap();
        let address = server.address();
        let text = failure(Proxy::new(&format!("http://{address}")).unwrap(), TransportErrorKind::Proxy).await;
        assert!(text.contains(&format!("the proxy {address} {said}")), "{text}");
        // Some proxies answer a CONNECT without a `User-Agent` by 403 (psf/requests#2708).
        let asked = &server.requests()[0];
        assert_eq!((asked.method.as_str(), asked.target.as_str()), ("CONNECT", "hub.test:443"));
        assert!(asked.header("user-agent").unwrap().contains("hub-auth"));
    }
}

#[tokio::test]
async fn a_proxy_that_is_not_there_is_a_failure_to_connect() {
    let nowhere = Nowhere::refused().unwrap();
    for scheme in ["http", "socks5h"] {
        let proxy = Proxy::new(&format!("{scheme}://{}", nowhere.address())).unwrap();
        let text = failure(proxy, TransportErrorKind::Connect).await;
        assert!(text.contains(&format!("the proxy {} cannot be reached", nowhere.address())), "{text}");
    }
}

#[tokio::test]
async fn socks5_without_h_gives_the_proxy_an_address() {
    let hub = Loopback::start(SimHub::demo()).unwrap();
    let server = LoopbackProxy::socks5(hub.address(), None).unwrap();
    let proxy = Proxy::new(&server.url().replace("socks5h", "socks5")).unwrap().also_for_loopback();
    let base = format!("http://localhost:{}", hub.address().port()).parse().unwrap();
    let login = client(Options::new().base(base).proxy(proxy)).login(&bob()).await;
    assert!(matches!(login, Ok(LoginOutcome::Done(_))));
    let asked = server.asked()[0].target.clone();
    assert!(asked.starts_with("127.0.0.1:") || asked.starts_with("[::1]:"), "{asked}");
}
