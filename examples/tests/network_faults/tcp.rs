//! Faults of the connection.

use hub_auth_core::Delivery::MaybeSent;
use hub_auth_core::FailureKind::{CodeRefused, RateLimited, ServerFault};
use hub_auth_core::TransportErrorKind::{Closed, Connect, Timeout};
use hub_auth_testkit::wire::Act;

use crate::bytes::{answers, answers_and, token};
use crate::row::{CLOSED_EARLY, Line, Out, RESET_EARLY, Row, UNRESOLVED, cut, lost, unsent};

pub(crate) fn rows() -> Vec<Row> {
    let plain = |name, script, out, arrive| Row::new(name, Line::Plain, script, out, arrive);
    let half_head = "HTTP/1.1 200 OK\r\nContent-Le";
    let half_body = "HTTP/1.1 200 OK\r\nContent-Length: 18\r\n\r\n{\"token\"";
    let all_but_one = &token()[..token().len() - 1];
    let cut_429 = "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 60\r\nContent-Length: 9\r\n\r\n{";
    let cut_500 = "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 9\r\n\r\n{";
    let cut_401 = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 9\r\n\r\n{";
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 18\r\n\r\n";
    let code_refused = Out::Lost(CodeRefused, Some(401), Closed, MaybeSent);
    let half_closed = vec![Act::Cut, Act::Stall];
    #[rustfmt::skip]
    let rows = vec![
        Row::new("a host name that does not exist", Line::NoSuchName, vec![], UNRESOLVED, 0),
        Row::new("a connection that is refused", Line::Refused, vec![], unsent(Connect), 0),
        Row::new("a connection that a firewall swallows", Line::Silent, vec![], unsent(Timeout), 0).slow(),
        plain("accepted, then closed", vec![], CLOSED_EARLY, 2),
        plain("accepted, then reset", vec![Act::Reset], RESET_EARLY, 0),
        plain("reset within the request", vec![Act::Peek(20), Act::Reset], lost(Closed), 0),
        plain("reset after the request", vec![Act::Read, Act::Reset], lost(Closed), 2),
        plain("closed after the request", vec![Act::Read], lost(Closed), 2),
        plain("half-closed after the request", [vec![Act::Read], half_closed.clone()].concat(), lost(Closed), 2),
        plain("closed in the head", answers(half_head), lost(Closed), 2),
        plain("reset in the head", answers_and(half_head, Act::Reset), lost(Closed), 2),
        plain("closed after the head", answers(head), cut(200, Closed), 2),
        plain("closed in the body", answers(half_body), cut(200, Closed), 2),
        plain("half-closed in the body", [answers(half_body), half_closed].concat(), cut(200, Closed), 2),
        plain("reset in the body", answers_and(half_body, Act::Reset), cut(200, Closed), 2),
        plain("closed before the last byte", answers(all_but_one), cut(200, Closed), 2),
        plain("a 429, closed in the body", answers(cut_429), Out::Lost(RateLimited, Some(429), Closed, MaybeSent), 1),
        plain("a 500, closed in the body", answers(cut_500), Out::Lost(ServerFault, Some(500), Closed, MaybeSent), 3),
        plain("a 401, closed in the body", answers(cut_401), cut(401, Closed), 1).code(code_refused),
        plain("silence instead of an answer", vec![Act::Stall], lost(Timeout), 2).slow(),
        plain("silence within the request", vec![Act::Peek(20), Act::Stall], lost(Timeout), 2).slow(),
        plain("silence within the head", answers_and(half_head, Act::Stall), lost(Timeout), 2).slow(),
        plain("silence after the head", answers_and(head, Act::Stall), cut(200, Timeout), 2).slow(),
        plain("silence within the body", answers_and(half_body, Act::Stall), cut(200, Timeout), 2).slow(),
        plain("silence before the last byte", answers_and(all_but_one, Act::Stall), cut(200, Timeout), 2).slow(),
        plain("an answer byte by byte", vec![Act::Read, Act::Drip(token().into())], Out::Done, 1),
        plain("an answer before the whole request was read", vec![Act::Peek(20), Act::write(token())], Out::Done, 1),
        plain("an answer, then a reset", answers_and(token(), Act::Reset), Out::Done, 1),
        plain("an answer, and what nobody asked for", answers(token() + &token()), Out::Done, 1),
    ];
    rows
}
