//! Answers, and pieces of them.

use hub_auth_testkit::wire::Act;

pub(crate) const TOKEN: &str = r#"{"token":"opaque"}"#;
/// A 401 that asks for the second factor, after which the server closes.
pub(crate) const TICKET: &str = concat!(
    "HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nContent-Length: 28\r\n\r\n",
    r#"{"login_2fa_token":"ticket"}"#
);

/// A whole answer that logs in.
pub(crate) fn token() -> String {
    answer("", TOKEN)
}

/// A 200 with these header lines, each with its line ending, and this body, its length included.
pub(crate) fn answer(lines: &str, body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\n{lines}Content-Length: {}\r\n\r\n{body}", body.len())
}

/// A request is read and this is answered; then the server closes.
pub(crate) fn answers(bytes: impl Into<Vec<u8>>) -> Vec<Act> {
    vec![Act::Read, Act::write(bytes)]
}

/// A request is read, this is answered, and then `then`.
pub(crate) fn answers_and(bytes: impl Into<Vec<u8>>, then: Act) -> Vec<Act> {
    vec![Act::Read, Act::write(bytes), then]
}
