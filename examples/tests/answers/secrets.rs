//! What must not be seen, and the many ways it could be.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use hub_auth_core::http::Request;
use hub_auth_testkit::hub::{Outcome, SimHub};
use hub_auth_testkit::{Loopback, Recorded};
use serde_json::Value;

/// The secrets that a client was sent: tokens and tickets. The same requests get the same answers, so they are asked again.
pub(crate) fn answered(mut hub: SimHub, server: &Loopback) -> Vec<String> {
    let answers = server.requests().into_iter().map(|request| hub.handle(&as_sent(request), server.now()));
    let bodies = answers.filter_map(|outcome| match outcome {
        Outcome::Answer(answer) | Outcome::Truncated { answer, .. } | Outcome::Drip { answer, .. } => {
            serde_json::from_slice::<Value>(answer.body()).ok()
        }
        _ => None,
    });
    let mut secrets = Vec::new();
    for body in bodies {
        for key in ["token", "access_token", "refresh_token", "login_2fa_token"] {
            let Some(secret) = body.get(key).and_then(Value::as_str) else { continue };
            // Of a JWT each part, to the length where times begin.
            secrets.extend(secret.split('.').filter(|part| part.len() > 8).map(|part| part.chars().take(32).collect()));
        }
    }
    secrets
}

fn as_sent(request: Recorded) -> Request<Vec<u8>> {
    let mut again = Request::builder().method(request.method).uri(request.target);
    for (name, value) in request.headers {
        again = again.header(name, value);
    }
    again.body(request.body).unwrap()
}

/// Whether a text shows a secret: as it is, in JSON, in base64 at any offset, in hexadecimal.
pub(crate) fn shows(text: &str, secret: &str) -> bool {
    let json = serde_json::to_string(secret).unwrap();
    let hex = secret.bytes().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    let mut shapes = vec![secret.to_owned(), json[1..json.len() - 1].to_owned(), hex.to_uppercase(), hex];
    if secret.len() > 8 {
        for skip in 0..3 {
            let bytes = &secret.as_bytes()[skip..];
            let whole = &bytes[..bytes.len() / 3 * 3];
            shapes.extend([STANDARD_NO_PAD.encode(whole), URL_SAFE_NO_PAD.encode(whole)]);
        }
    }
    shapes.iter().any(|shape| holds(text, shape))
}

/// Six digits also turn up within longer numbers.
fn holds(text: &str, shape: &str) -> bool {
    let apart = |c: Option<char>| shape.len() > 6 || !c.is_some_and(|c| c.is_ascii_alphanumeric());
    text.match_indices(shape)
        .any(|(at, _)| apart(text[..at].chars().next_back()) && apart(text[at + shape.len()..].chars().next()))
}
