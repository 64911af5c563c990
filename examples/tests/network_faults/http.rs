//! Faults of HTTP.

use hub_auth_core::FailureKind::MalformedAnswer;
use hub_auth_core::TransportErrorKind::{Closed, TooLarge};
use hub_auth_testkit::wire::Act;

use crate::both::Transport::Blocking;
use crate::bytes::{TOKEN, answer, answers, token};
use crate::row::{CLOSED_EARLY, Line, Out, Row, cut, lost};

pub(crate) fn rows() -> Vec<Row> {
    let plain = |name, script, out, arrive| Row::new(name, Line::Plain, script, out, arrive);
    let says = |name, bytes: String, out, arrive| plain(name, answers(bytes), out, arrive);
    let malformed = Out::Answer(MalformedAnswer, 200);
    let with_head = |head: &str, body: &str| format!("{head}\r\n\r\n{body}");
    let with_length = |length: &str| with_head(&format!("HTTP/1.1 200 OK\r\nContent-Length: {length}"), TOKEN);
    let chunked = |body: &str| with_head("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked", body);
    let mebibyte = format!("{}{TOKEN}", " ".repeat(1 << 20));
    let early = "HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n";
    let switching = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n";
    let chunk = "12\r\n{\"token\":\"opaque\"}\r\n0\r\n\r\n";
    let chunk_of_mebibyte = format!("{:x}\r\n{mebibyte}\r\n0\r\n\r\n", mebibyte.len());
    let unnamed = "ureq has no error for it that can be named";
    let headers = "X-A: b\r\n".repeat(200);
    #[rustfmt::skip]
    let rows = vec![
        says("garbage", "garbage\r\n\r\n".into(), lost(Closed), 2),
        plain("another protocol's greeting", vec![Act::write("SSH-2.0-OpenSSH_9.9\r\n")], CLOSED_EARLY, 2),
        says("records of TLS", "\u{15}\u{3}\u{3}\0\u{2}\u{2}(".into(), lost(Closed), 2),
        says("HTTP/0.9: a body, no head", TOKEN.into(), lost(Closed), 2),
        says("HTTP/1.0", token().replace("1.1", "1.0"), Out::Done, 1),
        says("HTTP/1.0 without a length", with_head("HTTP/1.0 200 OK", TOKEN), Out::Done, 1),
        says("HTTP/1.1 without a length", with_head("HTTP/1.1 200 OK", TOKEN), Out::Done, 1),
        says("HTTP/2.0 in the status line", token().replace("1.1", "2.0"), lost(Closed), 2),
        says("a status line without a reason", token().replace(" OK", ""), Out::Done, 1),
        says("a status of 99", token().replace("200", "99"), lost(Closed), 2),
        says("a status of 1000", token().replace("200", "1000"), lost(Closed), 2),
        says("an empty line before the status line", format!("\r\n{}", token()), Out::Done, 1),
        says("bare line feeds in the head", token().replace("\r\n", "\n"), Out::Done, 1),
        says("a header without a colon", answer("what is this\r\n", TOKEN), lost(Closed), 2),
        says("a header name with a space before the colon", answer("X-A : b\r\n", TOKEN), lost(Closed), 2),
        says("a folded header", answer("X-A: b\r\n c\r\n", TOKEN), lost(Closed), 2),
        says("a zero byte in a header", answer("X-A: \0\r\n", TOKEN), lost(Closed), 2),
        says("a header that is not ASCII", answer("X-A: \u{e9}\r\n", TOKEN), Out::Done, 1),
        says("100 Continue before the answer", format!("HTTP/1.1 100 Continue\r\n\r\n{}", token()), Out::Done, 1),
        says("103 Early Hints before the answer", early.to_owned() + &token(), Out::Done, 1),
        says("101 Switching Protocols", switching.into(), Out::Answer(MalformedAnswer, 101), 1),
        says("204 No Content", "HTTP/1.1 204 No Content\r\n\r\n".into(), Out::Answer(MalformedAnswer, 204), 1),
        says("one Content-Length twice", answer("Content-Length: 18\r\n", TOKEN), Out::Done, 1),
        says("two different Content-Lengths", answer("Content-Length: 5\r\n", TOKEN), lost(Closed), 2),
        says("a Content-Length that is too short", with_length("17"), malformed, 1),
        says("a Content-Length that is too long", with_length("19"), cut(200, Closed), 2),
        says("a Content-Length of zero", with_length("0"), malformed, 1),
        says("a negative Content-Length", with_length("-18"), lost(Closed), 2),
        says("a Content-Length that is no number", with_length("many"), lost(Closed), 2),
        says("a Content-Length of 2^64", with_length("18446744073709551616"), lost(Closed), 2),
        says("a Content-Length of 2^63", with_length("9223372036854775808"), cut(200, Closed), 2),
        says("chunks", chunked("9\r\n{\"token\":\r\n9\r\n\"opaque\"}\r\n0\r\n\r\n"), Out::Done, 1),
        says("chunks with extensions", chunked("12;a=b\r\n{\"token\":\"opaque\"}\r\n0\r\n\r\n"), Out::Done, 1),
        says("chunks with trailers", chunked("12\r\n{\"token\":\"opaque\"}\r\n0\r\nX-A: b\r\n\r\n"), Out::Done, 1),
        says("chunks beside a Content-Length", answer("Transfer-Encoding: chunked\r\n", chunk), Out::Done, 1),
        says("chunks, closed within one", chunked("12\r\n{\"token\":"), cut(200, Closed), 2),
        says("chunks, closed before the last", chunked("12\r\n{\"token\":\"opaque\"}\r\n"), cut(200, Closed), 2),
        says("a chunk whose size is no number", chunked(&chunk.replace("12\r", "xyz\r")), cut(200, Closed), 2),
        says("a chunk of 2^64 bytes", chunked(&chunk.replace("12\r", "10000000000000000\r")), cut(200, Closed), 2),
        says("a chunk longer than its size", chunked(&chunk.replace("12\r", "11\r")), cut(200, Closed), 2),
        says("an unknown Transfer-Encoding, to the end", answer("Transfer-Encoding: gzip\r\n", TOKEN), Out::Done, 1),
        says("a Content-Encoding", answer("Content-Encoding: gzip\r\n", "\u{1f}"), malformed, 1),
        says("a head of 64 KiB", answer(&format!("X-A: {}\r\n", "b".repeat(1 << 16)), TOKEN), lost(TooLarge), 1),
        says("a head without end", format!("HTTP/1.1 200 OK\r\nX-A: {}", "b".repeat(1 << 20)), lost(TooLarge), 1),
        says("a status line without end", "HTTP/1.1 200 ".to_owned() + &"b".repeat(1 << 20), lost(TooLarge), 1),
        says("200 headers", answer(&headers, TOKEN), lost(TooLarge), 1).but(Blocking, lost(Closed), 2, unnamed),
        says("a body of more than 1 MiB", answer("", &mebibyte), cut(200, TooLarge), 1),
        says("the same in chunks", chunked(&chunk_of_mebibyte), cut(200, TooLarge), 1),
        says("the same without a length", with_head("HTTP/1.1 200 OK", &mebibyte), cut(200, TooLarge), 1),
    ];
    rows
}
