//! The proxies.

use std::io::Read;

use hub_auth_testkit::{Asked, LoopbackProxy};

use crate::{exactly, login, read, send, start};

fn granted(asked: &[Asked]) -> Vec<bool> {
    asked.iter().map(|one| one.granted).collect()
}

#[test]
fn connect_opens_a_tunnel_for_the_right_credentials() {
    let server = start();
    let open = LoopbackProxy::http(server.address(), None).unwrap();
    let closed = LoopbackProxy::http(server.address(), Some(("user", "canary"))).unwrap();
    let connect = |more: &str| format!("CONNECT hub.test:443 HTTP/1.1\r\nHost: hub.test:443\r\n{more}\r\n");
    let basic = |coded| connect(&format!("proxy-authorization: Basic {coded}\r\n"));
    for (proxy, head, status) in [
        (&open, connect(""), "200"),
        (&open, "CONNECT hub.test:443 HTTP/1.1\r\n\r\n".to_owned(), "400"),
        (&open, "CONNECT hub.test:443 HTTP/1.1\r\nHost: other.test:443\r\n\r\n".to_owned(), "400"),
        (&closed, connect(""), "407"),
        (&closed, basic("dXNlcjp3cm9uZw=="), "407"),
        (&closed, basic("dXNlcjpjYW5hcnk="), "200"),
        (&closed, "GET http://hub.test/ HTTP/1.1\r\n\r\n".to_owned(), "405"),
    ] {
        let mut stream = send(proxy.address(), &head);
        assert!(read(&mut stream).0.starts_with(&format!("HTTP/1.1 {status} ")), "{head}");
        if status == "200" {
            std::io::Write::write_all(&mut stream, login("").as_bytes()).unwrap();
            assert!(read(&mut stream).0.starts_with("HTTP/1.1 200"));
        }
    }
    assert_eq!(open.url(), format!("http://{}", open.address()));
    assert_eq!((&*open.asked()[0].target, open.asked()[0].granted), ("hub.test:443", true));
    let asked = closed.asked();
    assert_eq!(granted(&asked), [false, false, true]);
    assert_eq!(asked[2].credentials, Some(("user".to_owned(), "canary".to_owned())));
    assert!(!format!("{closed:?}").contains("canary"));
}

#[test]
fn socks5_opens_a_tunnel_for_the_right_credentials() {
    let server = start();
    let open = LoopbackProxy::socks5(server.address(), None).unwrap();
    let mut stream =
        send(open.address(), [&b"\x05\x01\x00\x05\x01\x00\x03\x08hub.test\x01\xbb"[..], login("").as_bytes()].concat());
    assert_eq!(exactly::<12>(&mut stream), *b"\x05\x00\x05\x00\x00\x01\0\0\0\0\0\0");
    assert!(read(&mut stream).0.starts_with("HTTP/1.1 200"));
    assert_eq!(open.asked()[0].target, "hub.test:443");

    let closed = LoopbackProxy::socks5(server.address(), Some(("user", "pass"))).unwrap();
    let right = b"\x05\x01\x02\x01\x04user\x04pass\x05\x01\x00\x01\x7f\0\0\x01\0\x50";
    for (sent, answered) in [
        (&b"\x05\x01\x00"[..], &b"\x05\xff"[..]),
        (b"\x05\x01\x02\x01\x04user\x05wrong", b"\x05\x02\x01\x01"),
        (right, b"\x05\x02\x01\0\x05\0\0\x01\0\0\0\0\0\0"),
    ] {
        let mut answer = vec![0; answered.len()];
        send(closed.address(), sent).read_exact(&mut answer).unwrap();
        assert_eq!(answer, answered);
    }
    let asked = closed.asked();
    assert_eq!((granted(&asked), &*asked[2].target), (vec![false, false, true], "127.0.0.1:80"));
}
