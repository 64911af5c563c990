//! Faults of TLS.

use hub_auth_core::TransportErrorKind::{Closed, Timeout, Tls};
use hub_auth_testkit::wire::Act;

use crate::bytes::{TOKEN, answers, answers_and, token};
use crate::row::{Line, Out, PERHAPS_CUT, Row, Server, cut, lost, unsent};

pub(crate) fn rows() -> Vec<Row> {
    let tls = |name, script, out, arrive| Row::new(name, Line::Tls(Server::Good), script, out, arrive);
    let bad = |name, server| Row::new(name, Line::Tls(server), answers(token()), unsent(Tls), 0);
    let alert = |description| Act::Raw(vec![21, 3, 3, 0, 2, 2, description]);
    let half = "HTTP/1.1 200 OK\r\nContent-Length: 18\r\n\r\n{\"token\"";
    let without_length = format!("HTTP/1.1 200 OK\r\n\r\n{TOKEN}");
    let raw = |bytes: &str| Act::Raw(bytes.into());
    let within_record = vec![Act::Read, Act::Hold(9), Act::write(token())];
    // TLS 1.3 refuses a client after the handshake, when it may have talked.
    let wants = Line::Tls(Server::WantsClients13);
    #[rustfmt::skip]
    let rows = vec![
        tls("TLS 1.3, for comparison", answers(token()), Out::Done, 1),
        Row::new("TLS 1.2 only", Line::Tls(Server::Tls12), answers(token()), Out::Done, 1),
        bad("an expired certificate", Server::Expired),
        bad("a certificate that is not valid yet", Server::NotYetValid),
        bad("a certificate for another name", Server::OtherName),
        bad("a certificate of an unknown issuer", Server::Stranger),
        bad("a client certificate is wanted (TLS 1.2)", Server::WantsClients12),
        Row::new("a client certificate is wanted (TLS 1.3)", wants, answers(token()), lost(Tls), 0),
        Row::new("http to a server of https", Line::PlainToTls, answers(token()), lost(Closed), 0),
        tls("TLS: plain HTTP in place of TLS", vec![raw("HTTP/1.1 400 Bad Request\r\n\r\n"), Act::Cut], unsent(Tls), 0),
        tls("TLS: an older version of TLS", vec![alert(70), Act::Cut], unsent(Tls), 0),
        tls("TLS: no cipher in common", vec![alert(40), Act::Cut], unsent(Tls), 0),
        tls("TLS: accepted, then closed", vec![], unsent(Tls), 0),
        tls("TLS: accepted, then reset", vec![Act::Hold(0), Act::Hello, Act::Reset], unsent(Tls), 0),
        tls("TLS: closed within the handshake", vec![Act::Hold(100), Act::Hello, Act::Cut], unsent(Tls), 0),
        tls("TLS: reset within the handshake", vec![Act::Hold(100), Act::Hello, Act::Reset], unsent(Tls), 0),
        tls("TLS: accepted, then silence", vec![Act::Stall], unsent(Timeout), 0).slow(),
        tls("TLS: silence in the handshake", vec![Act::Hold(100), Act::Hello, Act::Stall], unsent(Timeout), 0).slow(),
        tls("TLS: goodbye after the request", vec![Act::Read, Act::Goodbye, Act::Stall], lost(Closed), 2),
        tls("TLS: closed without goodbye after the request", vec![Act::Read, Act::Cut], lost(Closed), 2),
        tls("TLS: garbage after the request", vec![Act::Read, raw("garbage"), Act::Cut], lost(Closed), 2),
        tls("TLS: an alert after the request", vec![Act::Read, Act::Alert], lost(Closed), 2),
        tls("TLS: a goodbye in the body", answers_and(half, Act::Goodbye), cut(200, Closed), 2),
        tls("TLS: closed without goodbye in the body", answers_and(half, Act::Cut), cut(200, Closed), 2),
        tls("TLS: garbage in the body", vec![Act::Read, Act::write(half), raw("garbage"), Act::Cut], PERHAPS_CUT, 2),
        tls("TLS: an alert in the body", answers_and(half, Act::Alert), PERHAPS_CUT, 2),
        tls("TLS: closed within a record", [within_record.clone(), vec![Act::Cut]].concat(), lost(Closed), 2),
        tls("TLS: silence within a record", [within_record, vec![Act::Stall]].concat(), lost(Timeout), 2).slow(),
        tls("TLS: silence within the body", answers_and(half, Act::Stall), cut(200, Timeout), 2).slow(),
        tls("TLS: an answer without a length, and a goodbye", answers(without_length.clone()), Out::Done, 1),
        tls("TLS: the same without goodbye, as if cut", answers_and(without_length, Act::Cut), cut(200, Closed), 2),
        tls("TLS: a whole answer, closed without goodbye", answers_and(token(), Act::Cut), Out::Done, 1),
        tls("TLS: an answer in records of one byte", vec![Act::Read, Act::Drip(token().into())], Out::Done, 1),
    ];
    rows
}
