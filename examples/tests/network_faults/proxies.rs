//! Faults of a proxy. What it says proves that nothing was sent to the Hub, and nothing it refused is tried again.

use hub_auth_core::TransportErrorKind::{Closed, Connect, Proxy, Timeout};
use hub_auth_testkit::wire::Act;

use crate::bytes::{answers, answers_and};
use crate::row::{Line, Out, Row, UNRESOLVED, lost, unsent};

pub(crate) fn rows() -> Vec<Row> {
    let http = |name, script, out: Out, arrive| Row::new(name, Line::Proxy("http"), script, out, arrive);
    let socks = |name, script| Row::new(name, Line::Proxy("socks5h"), script, unsent(Proxy), 0);
    let refuses = |name, head: &str| http(name, answers(format!("HTTP/1.1 {head}\r\n\r\n")), unsent(Proxy), 0);
    let greeted = |then: Vec<Act>| [vec![Act::Take(3), Act::write([5, 0])], then].concat();
    let opened = "HTTP/1.1 200 Connection established\r\n\r\n";
    let endless = format!("HTTP/1.1 200 OK\r\nX-A: {}\r\n\r\n", "b".repeat(1 << 16));
    let wants = "407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"a\"\r\nContent-Length: 0";
    #[rustfmt::skip]
    let rows = vec![
        Row::new("a proxy that does not exist", Line::NoSuchProxy, vec![], UNRESOLVED, 0),
        Row::new("a proxy that refuses connections", Line::RefusedProxy, vec![], unsent(Connect), 0),
        refuses("a proxy that wants credentials", wants),
        refuses("a proxy that forbids the host", "403 Forbidden\r\nContent-Length: 0"),
        refuses("a proxy that cannot reach the host", "502 Bad Gateway\r\nContent-Length: 0"),
        refuses("a web server in place of a proxy", "405 Method Not Allowed\r\nContent-Length: 0"),
        refuses("a proxy that redirects to a login page", "302 Found\r\nLocation: /log-in\r\nContent-Length: 0"),
        http("a proxy that answers with a page", answers(opened.to_owned() + "<html>log in</html>"), unsent(Proxy), 0),
        http("a proxy that answers garbage", answers("garbage\r\n\r\n"), unsent(Proxy), 0),
        http("a proxy with a head of 64 KiB", answers(endless), unsent(Proxy), 0),
        http("a proxy that closes", vec![Act::Read], unsent(Proxy), 0),
        http("a proxy that resets", vec![Act::Read, Act::Reset], unsent(Proxy), 0),
        http("a proxy that closes within its head", answers("HTTP/1.1 200 O"), unsent(Proxy), 0),
        http("a proxy that is silent", vec![Act::Stall], unsent(Timeout), 0).slow(),
        http("a tunnel that closes after the request", vec![Act::Read, Act::write(opened), Act::Read], lost(Closed), 2),
        http("a tunnel that is silent", answers_and(opened, Act::Stall), lost(Timeout), 2).slow(),
        socks("SOCKS: not version 5", vec![Act::Take(3), Act::write([4, 0])]),
        socks("SOCKS: no method will do", vec![Act::Take(3), Act::write([5, 255])]),
        socks("SOCKS: a method nobody offered", vec![Act::Take(3), Act::write([5, 1])]),
        socks("SOCKS: refused by its rules", greeted(vec![Act::Take(10), Act::write([5, 2, 0, 1, 0, 0, 0, 0, 0, 0])])),
        socks("SOCKS: host unreachable", greeted(vec![Act::Take(10), Act::write([5, 4, 0, 1, 0, 0, 0, 0, 0, 0])])),
        socks("SOCKS: an address of no kind", greeted(vec![Act::Take(10), Act::write([5, 0, 0, 9, 0, 0, 0, 0, 0, 0])])),
        socks("SOCKS: closed within the greeting", vec![Act::Take(3), Act::write([5])]),
        socks("SOCKS: closed within the answer", greeted(vec![Act::Take(10), Act::write([5, 0, 0])])),
        socks("SOCKS: a web server", vec![Act::Take(3), Act::write("HTTP/1.1 400 Bad Request\r\n\r\n")]),
    ];
    rows
}
