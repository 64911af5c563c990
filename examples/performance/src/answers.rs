//! The answers that every client of a comparison gets: bodies and headers in the Hub's form.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};

/// A whole answer whose body lives as long as the program.
pub(crate) type Answer = Response<&'static [u8]>;

/// A token of so many bytes: the claims of a real one (mongodb/kingfisher#202) where there is room, else who and until when;
/// filled up by its signature.
pub(crate) fn token(length: usize) -> String {
    let claims = if length < 1000 {
        r#"{"exp":1760000600,"https://hub.docker.com":{"username":"alice"}}"#
    } else {
        concat!(
            r#"{"aud":"https://hub.docker.com","exp":1760000600,"https://hub.docker.com":{"email":"alice@example.com","#,
            r#""roles":[],"session_id":"0a1b2c3d-0000-4000-8000-000000000001","source":"docker_password|0a1b2c3d","#,
            r#""username":"alice","uuid":"0a1b2c3d-0000-4000-8000-000000000002"},"iat":1760000000,"#,
            r#""iss":"https://api.docker.com/","jti":"0a1b2c3d-0000-4000-8000-000000000001","scope":"repo:admin","#,
            r#""source":{"id":"0a1b2c3d-0000-4000-8000-000000000003","type":"password"}}"#,
        )
    };
    let head = [r#"{"alg":"RS256","typ":"JWT"}"#, claims].map(|part| URL_SAFE_NO_PAD.encode(part)).join(".") + ".";
    head.chars().chain(std::iter::repeat('s')).take(length).collect()
}

/// The body that grants `token`, on both routes of a login with a password.
pub(crate) fn granted(token: &str) -> String {
    format!(r#"{{"token":"{token}"}}"#)
}

/// The body that asks for a second factor.
pub(crate) fn challenged() -> String {
    let ticket = "0a1b2c3d".repeat(6);
    format!(r#"{{"detail":"Require secondary authentication on MFA enabled account","login_2fa_token":"{ticket}"}}"#)
}

/// The fewest headers an answer has.
pub(crate) const FEW: &[(&str, &str)] =
    &[("date", "Thu, 09 Oct 2025 08:53:20 GMT"), ("content-type", "application/json"), ("content-length", "167")];

/// Those of the Hub that are read, and some that are not.
pub(crate) const USUAL: &[(&str, &str)] = &[
    ("date", "Thu, 09 Oct 2025 08:53:20 GMT"),
    ("content-type", "application/json"),
    ("content-length", "167"),
    ("x-ratelimit-limit", "180"),
    ("x-ratelimit-remaining", "179"),
    ("x-ratelimit-reset", "1760000060"),
    ("x-trace-id", "0a1b2c3d0000400080000000000000f1"),
    ("server", "nginx"),
    ("strict-transport-security", "max-age=31536000"),
];

pub(crate) fn headers(lines: &'static [(&str, &str)]) -> HeaderMap {
    let lines = lines.iter().copied();
    lines.map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
}

/// As many answers as a case may take: whoever receives one makes it, which is not the measured code's to pay for.
pub(crate) fn stock(count: usize, status: StatusCode, headers: &HeaderMap, body: String) -> Vec<Answer> {
    let body: &'static [u8] = body.leak().as_bytes();
    let answer = || {
        let mut answer = Response::new(body);
        *answer.status_mut() = status;
        *answer.headers_mut() = headers.clone();
        answer
    };
    std::iter::repeat_with(answer).take(count).collect()
}
