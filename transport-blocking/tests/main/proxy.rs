//! Proxies: one of HTTP that refuses the tunnel, and those of SOCKS that are given a name or an address.

use hub_auth_blocking::{Client, Delivery, LoginOutcome, Options, Proxy, TransportErrorKind};
use hub_auth_testkit::wire::{Act, Wire};
use hub_auth_testkit::{LoopbackProxy, SimHub};

use crate::common::{bob, chain, scene};

#[test]
fn a_refusal_is_final_and_told_apart() {
    let refused = |status| format!("HTTP/1.1 {status} No\r\ncontent-length: 0\r\n\r\n");
    for (answer, why) in [
        (refused(403), "does not allow this connection"),
        (refused(407), "refused its user name or password"),
        (refused(503), "could not reach the host (status 503)"),
        ("SSH-2.0-a\r\n\r\n".to_owned(), "did not answer as a proxy of its kind"),
        (format!("HTTP/1.1 200 OK\r\nx: {}", "a".repeat(64 * 1024)), "did not answer as a proxy of its kind"),
        ("HTTP/1.1 200 OK\r\n".to_owned(), "closed the connection"),
    ] {
        let script = || vec![Act::Read, Act::write(answer.clone()), Act::Cut];
        let wire = Wire::start(vec![script(), script(), script()]).unwrap();
        let proxy = Proxy::new(&format!("http://alice:canary@{}", wire.address())).unwrap().also_for_loopback();
        let options = Options::new().base("http://localhost:9".parse().unwrap()).proxy(proxy).user_agent("my-tool/1.2");
        let failure = Client::new(options).unwrap().login(&bob()).unwrap_err();
        assert_eq!(failure.transport(), Some((TransportErrorKind::Proxy, Delivery::NotSent)), "{failure:?}");
        let text = chain(&failure);
        assert!(text.contains(&format!("the proxy {} {why}", wire.address())) && !text.contains("canary"), "{text}");
        let requests = wire.requests();
        assert_eq!(requests.len(), 1, "{why}");
        // A proxy may filter on the name of the program (psf/requests#2708).
        assert!(requests[0].header("user-agent").unwrap().starts_with("my-tool/1.2 hub-auth/"), "{requests:?}");
    }
}

#[test]
fn a_socks_proxy_is_given_the_name_or_the_address() {
    for (scheme, looks_up_here) in [("socks5", true), ("socks5h", false)] {
        let scene = scene(SimHub::demo());
        let proxy = LoopbackProxy::socks5(scene.server.address(), None).unwrap();
        let through = Proxy::new(&format!("{scheme}://{}", proxy.address())).unwrap().also_for_loopback();
        let options = Options::new().base("http://localhost:9".parse().unwrap()).proxy(through);
        let client = Client::new(options).unwrap();
        for _ in 0..2 {
            assert!(matches!(client.login(&bob()), Ok(LoginOutcome::Done(_))));
        }
        let asked: Vec<_> = proxy.asked().into_iter().map(|asked| asked.target).collect();
        assert_eq!(asked.len(), 1, "{asked:?}");
        let is_address = ["127.0.0.1:9", "[::1]:9"].contains(&asked[0].as_str());
        assert_eq!((is_address, asked[0] == "localhost:9"), (looks_up_here, !looks_up_here), "{asked:?}");
    }
}
