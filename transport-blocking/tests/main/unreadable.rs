//! Answers that ureq's parser refuses: the request is not sent again, and the error says why.

use hub_auth_blocking::{Client, Delivery, FailureKind, Options, TransportErrorKind};
use hub_auth_testkit::wire::{Act, Wire};

use crate::common::{bob, chain};

#[test]
fn a_legal_answer_that_ureq_cannot_read_costs_no_second_password() {
    let many = format!("HTTP/1.1 401 Unauthorized\r\n{}content-length: 0\r\n\r\n", "x: y\r\n".repeat(200));
    let extension =
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2;an-extension-of-30-characters=1\r\n{}\r\n0\r\n\r\n";
    for (name, why, answer) in [
        // RFC 9110, section 15.2
        (
            "100 with a header",
            "of a 100 Continue",
            "HTTP/1.1 100 Continue\r\nx-hint: a\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}",
        ),
        // RFC 9112, section 7.1.1
        ("chunk extension", "chunk extension over 20 bytes", extension),
        ("200 headers", "at most 128 headers", &many),
        // RFC 9112, section 5.2; psf/requests, curl and browsers read it
        (
            "folded header",
            "header line that is folded in two",
            "HTTP/1.1 200 OK\r\nx-note: one\r\n two\r\ncontent-length: 2\r\n\r\n{}",
        ),
        ("not HTTP", "invalid HTTP version", "garbage\r\n\r\n"),
    ] {
        let script = || vec![Act::Read, Act::write(answer), Act::Cut];
        let wire = Wire::start(vec![script(), script(), script()]).unwrap();
        let client = Client::new(Options::new().base(wire.url())).unwrap();
        let failure = client.login(&bob()).unwrap_err();
        assert_eq!(wire.requests().len(), 1, "{name}");
        assert_eq!(failure.kind(), FailureKind::MalformedAnswer, "{name}: {failure:?}");
        assert_eq!(failure.transport(), Some((TransportErrorKind::Unreadable, Delivery::MaybeSent)), "{name}");
        assert!(chain(&failure).contains(why), "{name}: {}", chain(&failure));
    }
}
