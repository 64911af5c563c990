//! Legal answers that ureq's parser refuses: the request is not sent again, and the error says why.

use hub_auth_blocking::{Client, Delivery, FailureKind, Options, TransportErrorKind};
use hub_auth_testkit::wire::{Act, Wire};

use crate::common::{bob, chain};

#[test]
fn a_legal_answer_that_ureq_cannot_read_costs_no_second_password() {
    let many = format!("HTTP/1.1 401 Unauthorized\r\n{}content-length: 0\r\n\r\n", "x: y\r\n".repeat(200));
    for (why, answer) in [
        // RFC 9110, section 15.2
        ("of a 100 Continue", "HTTP/1.1 100 Continue\r\nx-hint: a\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"),
        // RFC 9112, section 7.1.1
        (
            "over 20 bytes",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2;an-extension-of-30-characters=1\r\n{}\r\n",
        ),
        ("at most 128 headers", &many),
        // RFC 9112, section 5.2; curl and browsers read it.
        ("folded in two", "HTTP/1.1 200 OK\r\nx-note: one\r\n two\r\ncontent-length: 0\r\n\r\n"),
    ] {
        let script = || vec![Act::Read, Act::write(answer), Act::Cut];
        let wire = Wire::start(vec![script(), script(), script()]).unwrap();
        let failure = Client::new(Options::new().base(wire.url())).unwrap().login(&bob()).unwrap_err();
        assert_eq!(failure.kind(), FailureKind::MalformedAnswer, "{why}: {failure:?}");
        assert_eq!(failure.transport(), Some((TransportErrorKind::Unreadable, Delivery::MaybeSent)), "{why}");
        assert!(chain(&failure).contains(why), "{why}: {}", chain(&failure));
        assert_eq!(wire.requests().len(), 1, "{why}");
    }
}
