//! Tunnels, each answer in one piece and cut at every byte.

use hub_auth_core::Secret;

use super::ProxyFault::*;
use super::*;

const OPEN: &[u8] = b"HTTP/1.1 200 Connection established\r\n\r\n";

/// Speaks with a proxy that answers this to what it is sent, one answer a turn, in pieces of at most `size` bytes.
/// Returns what it was sent.
fn speak(proxy: &Proxy, host: &str, answers: &[&[u8]], size: usize) -> Result<Vec<Vec<u8>>, ProxyError> {
    let mut tunnel = proxy.tunnel(host, 443)?;
    let mut sent = Vec::new();
    for answer in answers {
        sent.extend(tunnel.to_send().map(|outgoing| outgoing.as_ref().to_vec()));
        assert!(tunnel.to_send().is_none() && !tunnel.is_open());
        for piece in answer.chunks(size) {
            tunnel.received(piece)?;
        }
    }
    if tunnel.is_open() { Ok(sent) } else { Err(tunnel.ended()) }
}

fn fault(proxy: &Proxy, answers: &[&[u8]]) -> Option<ProxyFault> {
    let longest = answers.iter().map(|answer| answer.len()).max().unwrap();
    let faults = (1..=longest).map(|size| speak(proxy, "hub.docker.com", answers, size).err());
    let mut faults = faults.map(|error| {
        let error = error?;
        assert!(error.to_string().starts_with("the proxy proxy:"), "{error}");
        assert!(!format!("{error} {error:?}").contains("canary"));
        Some(error.fault())
    });
    let first = faults.next().unwrap();
    assert!(faults.all(|fault| fault == first), "{answers:?}");
    first
}

#[test]
fn connect_is_asked_for_by_name_or_address() {
    let plain = Proxy::new("http://proxy").unwrap();
    for (host, target) in [("hub.docker.com", "hub.docker.com:443"), ("10.1.2.3", "10.1.2.3:443"), ("::1", "[::1]:443")]
    {
        let sent = speak(&plain, host, &[OPEN], 1).unwrap();
        let request = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n");
        assert_eq!(String::from_utf8_lossy(&sent[0]), request);
    }
    let proxy = plain.with_credentials("al\u{ef}ce", &Secret::from("pass:word@%41")).unwrap();
    let sent = speak(&proxy, "hub.docker.com", &[OPEN], 1).unwrap();
    // `printf 'alïce:pass:word@%%41' | base64`
    let header = "\r\nProxy-Authorization: Basic YWzDr2NlOnBhc3M6d29yZEAlNDE=\r\n\r\n";
    assert!(String::from_utf8_lossy(&sent[0]).ends_with(header));
}

#[test]
fn what_an_http_proxy_answers() {
    let proxy = Proxy::new("http://proxy").unwrap();
    let known = Proxy::new("http://alice:canary@proxy").unwrap();
    let long = [b"HTTP/1.1 200 OK\r\nX: ", [b'x'; 16 * 1024].as_slice()].concat();
    for answer in [
        OPEN,
        b"HTTP/1.0 200 OK\nVia: x\n\n",
        b"HTTP/1.1 204 \r\n\r\n",
        b"HTTP/1.1 200\r\nContent-Length: 5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
    ] {
        assert_eq!((fault(&proxy, &[answer]), fault(&known, &[answer])), (None, None), "{answer:?}");
    }
    for (answer, without, with) in [
        (&b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n<html>"[..], CredentialsWanted, CredentialsRefused),
        (b"HTTP/1.1 407 x\r\nProxy-Authenticate: basic realm=\"a, b\"\r\n\r\n", CredentialsWanted, CredentialsRefused),
        (
            b"HTTP/1.1 407 x\r\nproxy-authenticate: NTLM\r\nproxy-authenticate: Basic\r\n\r\n",
            CredentialsWanted,
            CredentialsRefused,
        ),
        (b"HTTP/1.1 407 x\r\nProxy-Authenticate: Negotiate, NTLM\r\n\r\n", SchemeUnsupported, SchemeUnsupported),
        (
            b"HTTP/1.1 403 Forbidden\r\nContent-Type: text/html\r\n\r\n",
            Refused { status: 403 },
            Refused { status: 403 },
        ),
        (b"HTTP/1.1 503 Service Unavailable\r\n\r\n", Refused { status: 503 }, Refused { status: 503 }),
        (b"HTTP/1.1 302 Found\r\n\r\n", Refused { status: 302 }, Refused { status: 302 }),
        (b"HTTP/1.1 405 Not Allowed\r\n\r\n", NotAProxy, NotAProxy),
        (b"HTTP/1.1 501 x\r\n\r\n", NotAProxy, NotAProxy),
        (b"HTTP/1.1 101 x\r\n\r\n", NotAProxy, NotAProxy),
        (b"HTTP/1.1 200 OK\r\nContent-Type: Text/HTML\r\nContent-Length: 9\r\n\r\n", NotAProxy, NotAProxy),
        (b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n", NotAProxy, NotAProxy),
        (b"<html>", NotAProxy, NotAProxy),
        (b"\x15\x03\x01\x00\x02\x02\x46", NotAProxy, NotAProxy),
        (b"\x05\x00", NotAProxy, NotAProxy),
        (b"HTTP/2 200\r\n\r\n", NotAProxy, NotAProxy),
        (b"HTTP/1.1 099 x\r\n\r\n", NotAProxy, NotAProxy),
        (b"HTTP/1.1 2000 x\r\n\r\n", NotAProxy, NotAProxy),
        (b"HTTP/1.1 200 OK\r\n\r\nx", SpokeFirst, SpokeFirst),
        (b"HTTP/1.1 200 OK\r\nVia: x", Closed, Closed),
        (b"HTTP/1.1 100 Continue\r\n\r\n", Closed, Closed),
    ] {
        assert_eq!((fault(&proxy, &[answer]), fault(&known, &[answer])), (Some(without), Some(with)), "{answer:?}");
    }
    assert_eq!(speak(&proxy, "hub", &[&long], 1).unwrap_err().fault(), TooLong);
    let interim = b"HTTP/1.1 100 Continue\r\n\r\n".repeat(16 * 1024);
    assert_eq!(speak(&proxy, "hub", &[&interim], 1000).unwrap_err().fault(), TooLong);
}

#[test]
fn socks_names_the_target_as_it_is() {
    let proxy = Proxy::new("socks5h://proxy").unwrap();
    for (host, address) in [
        ("hub", &b"\x03\x03hub"[..]),
        ("10.1.2.3", b"\x01\x0a\x01\x02\x03"),
        ("::1", b"\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01"),
    ] {
        let sent = speak(&proxy, host, &[b"\x05\x00", b"\x05\0\0\x01\x7f\0\0\x01\x04\x38"], 1).unwrap();
        assert_eq!(sent, [b"\x05\x01\x00".to_vec(), [b"\x05\x01\x00", address, b"\x01\xbb"].concat()]);
    }
}

#[test]
fn socks_sends_credentials_only_if_asked() {
    let proxy = Proxy::new("socks5://al%3Aice:s%C3%A9cret@proxy").unwrap();
    let open = b"\x05\0\0\x03\x01p\0\0";
    let sent = speak(&proxy, "hub", &[b"\x05\x02", b"\x01\x00", open], 1).unwrap();
    assert_eq!(sent[0], b"\x05\x02\x00\x02");
    assert_eq!(sent[1], b"\x01\x06al:ice\x07s\xc3\xa9cret");
    assert_eq!(speak(&proxy, "hub", &[b"\x05\x00", open], 1).unwrap().len(), 2);
}

#[test]
fn what_a_socks_proxy_answers() {
    let proxy = Proxy::new("socks5://proxy").unwrap();
    let known = Proxy::new("socks5h://alice:canary@proxy").unwrap();
    for (proxy, answers, expected) in [
        (&proxy, &[&b"\x05\x00"[..], b"\x05\0\0\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\0"][..], None),
        (&proxy, &[b"\x05\x00", b"\x05\0\0\x03\0\0\0"], None),
        (&proxy, &[b"\x05\xff"], Some(CredentialsWanted)),
        (&known, &[b"\x05\xff"], Some(MethodUnsupported)),
        (&known, &[b"\x05\x02", b"\x01\x01"], Some(CredentialsRefused)),
        (&known, &[b"\x05\x02", b"\x05\x00", b"\x05\0\0\x01\0\0\0\0\0\0"], None),
        (&proxy, &[b"\x05\x02"], Some(NotAProxy)),
        (&known, &[b"\x05\x01"], Some(NotAProxy)),
        (&proxy, &[b"\x04\x00"], Some(NotAProxy)),
        (&proxy, &[b"HTTP/1.1 400 Bad Request\r\n\r\n"], Some(NotAProxy)),
        (&proxy, &[b"\x05\x00", b"\x05\x02"], Some(SocksRefused { code: 2 })),
        (&proxy, &[b"\x05\x00", b"\x05\x04\0\x01\0\0\0\0\0\0"], Some(SocksRefused { code: 4 })),
        (&proxy, &[b"\x05\x00", b"\x05\0\0\x02"], Some(NotAProxy)),
        (&proxy, &[b"\x05\x00", b"\x05\0\0\x01\0\0\0\0\0\0x"], Some(SpokeFirst)),
        (&proxy, &[b"\x05\x00\x05"], Some(SpokeFirst)),
        (&proxy, &[b"\x05"], Some(Closed)),
        (&proxy, &[b"\x05\x00", b"\x05\0\0\x03\x05abc"], Some(Closed)),
    ] {
        assert_eq!(fault(proxy, answers), expected, "{answers:?}");
    }
}

/// What one protocol refuses is not told in the words of the other.
#[test]
fn each_protocol_is_spoken_of_in_its_own_words() {
    let said = |proxy: &str, answer: &[u8]| {
        let proxy = Proxy::new(&format!("{proxy}://alice:canary@proxy")).unwrap();
        speak(&proxy, "hub", &[answer], 1).unwrap_err().to_string()
    };
    let socks = said("socks5h", b"\x05\xff");
    assert!(socks.contains("SOCKS") && !socks.contains("Basic") && !socks.contains("NTLM"), "{socks}");
    let http = said("http", b"HTTP/1.1 407 x\r\nProxy-Authenticate: NTLM\r\n\r\n");
    assert!(http.contains("Basic") && !http.contains("SOCKS"), "{http}");
}

#[test]
fn a_target_that_cannot_be_named_is_refused() {
    for url in ["http://proxy", "socks5h://proxy"] {
        let proxy = Proxy::new(url).unwrap();
        for host in ["", "hub\r\nX: y", "h b", "h\u{fc}b", &"x".repeat(256)] {
            assert_eq!(proxy.tunnel(host, 443).unwrap_err().fault(), ProxyFault::BadTarget, "{host:?}");
        }
        assert!(proxy.tunnel(&"x".repeat(255), 443).is_ok());
    }
}

#[test]
fn nothing_that_is_sent_is_shown() {
    for url in ["http://alice:canary@proxy", "socks5://alice:canary@proxy"] {
        let mut tunnel = Proxy::new(url).unwrap().tunnel("hub", 443).unwrap();
        let outgoing = tunnel.to_send().unwrap();
        let shown = format!("{tunnel:?} {outgoing:?}");
        assert!(!shown.contains("canary") && !shown.contains("alice") && shown.contains("bytes"), "{shown}");
    }
}
