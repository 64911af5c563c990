//! The target `reply`: any answer to any call.

use std::num::NonZeroU8;

use hub_auth_core::http::{HeaderName, HeaderValue, Response, StatusCode};
use hub_auth_core::{
    Account, Awaiting, Code, Credential, Delivery, FailureKind, Hub, Policy, Route, Step, TransportError,
    TransportErrorKind, UnixTime,
};
use serde_json::Value;

use crate::checks::{self, PASSWORD, TICKET};

const CODE: &str = "canary-code-8846";

/// Any status, headers and bytes, whole or cut, in answer to any call, lead to a step, and nothing panics. The step is `Done`
/// exactly if a whole 200 has a usable token under the key of its route, and a challenge only with a ticket that is a filled
/// string (or as another try after a code). Every other end has a kind that its status allows, its texts are bounded and
/// printable, no secret that was sent is in anything printed, no wait is longer than a day, and the same answer leads to
/// the same step again.
///
/// The bytes: call and form, status (two bytes), clock; then header lines, an empty line, and the body.
pub fn reply(data: &[u8]) {
    let Some((&[call, low, high, clock], rest)) = data.split_first_chunk() else { return };
    let route = [Route::UsersLogin, Route::AuthToken, Route::TwoFactor][usize::from(call % 3)];
    let form = call / 3 % 4;
    let status = 100 + u16::from_le_bytes([low, high]) % 900;
    let now = UnixTime::from_millis(1u64.checked_shl(u32::from(clock)).unwrap_or(u64::MAX));
    let answer = answer(status, rest);
    let step = take(route, form, &answer, now);
    // The answer can repeat only what the call has sent.
    let sent: &[&str] = if route == Route::TwoFactor { &[TICKET, CODE] } else { &[PASSWORD] };
    checks::step(&step, sent, now);
    assert_eq!(format!("{step:?}"), format!("{:?}", take(route, form, &answer, now)));
    // The core takes more for JSON than `serde_json` does as a whole: a text with half of a surrogate pair hides nothing.
    if form == 0 && (object(&answer).is_some() || answer.status() != 200) {
        assert_eq!(matches!(step, Step::Done(_)), is_success(route, &answer));
    }
    match &step {
        Step::Done(_) => assert_eq!(form, 0),
        Step::NeedCode(challenge) => match challenge.previous_failure() {
            None => {
                assert!(route != Route::TwoFactor && form == 0);
                assert!(object(&answer).is_none() || has_ticket(&answer));
            }
            Some(why) => assert!(route == Route::TwoFactor && allows(status, form, why.kind())),
        },
        Step::Failed(failure) => assert!(allows(status, form, failure.kind()), "{failure:?}"),
        // The code call is sent again only if it provably was not sent.
        Step::Wait(_) if route == Route::TwoFactor => assert_eq!(form, 3),
        Step::Wait(_) => assert!(form != 0 || status == 429 || status / 100 == 5),
        Step::Send(_) => panic!("sent again at once"),
    }
}

pub(crate) fn answer(status: u16, rest: &[u8]) -> Response<Vec<u8>> {
    let end = rest.windows(2).position(|pair| pair == b"\n\n");
    let (head, body) = end.map_or((&b""[..], rest), |end| (&rest[..end], &rest[end + 2..]));
    let mut answer = Response::new(body.to_vec());
    *answer.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
    for line in head.split(|byte| *byte == b'\n') {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
        let name = HeaderName::from_bytes(&line[..colon]);
        let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii());
        if let (Ok(name), Ok(value)) = (name, value) {
            // Past its capacity a header map refuses; no adapter hands over so many.
            let _ = answer.headers_mut().try_append(name, value);
        }
    }
    answer
}

/// Form 0 is a whole answer; the others break: after the head, before it, or after nothing was sent.
fn take(route: Route, form: u8, answer: &Response<Vec<u8>>, now: UnixTime) -> Step {
    let awaiting = awaiting(route, now);
    let mut reply = Response::new(answer.body().as_slice());
    *reply.status_mut() = answer.status();
    reply.headers_mut().clone_from(answer.headers());
    match form {
        0 => awaiting.reply(reply, now),
        1 => awaiting.failed(
            TransportError::new(Delivery::MaybeSent, TransportErrorKind::Closed).with_head(reply.into_parts().0),
            now,
        ),
        2 => awaiting.failed(TransportError::new(Delivery::MaybeSent, TransportErrorKind::Timeout), now),
        _ => awaiting.failed(TransportError::new(Delivery::NotSent, TransportErrorKind::Connect), now),
    }
}

fn awaiting(route: Route, now: UnixTime) -> Awaiting {
    let hub = Hub::docker(Policy::new(7).with_codes(NonZeroU8::MIN.saturating_add(1)));
    let credential =
        if route == Route::AuthToken { Credential::personal_token(PASSWORD) } else { Credential::password(PASSWORD) };
    let step = hub.login(&Account::new("alice", credential).expect("an account"));
    let Step::Send(exchange) = step else { panic!("nothing to send") };
    let (_, awaiting) = exchange.send();
    if route != Route::TwoFactor {
        return awaiting;
    }
    let mut challenge = Response::new(CHALLENGE.as_bytes());
    *challenge.status_mut() = StatusCode::UNAUTHORIZED;
    let Step::NeedCode(challenge) = awaiting.reply(challenge, now) else { panic!("no challenge") };
    let Step::Send(exchange) = challenge.answer(Code::new(CODE).expect("a code"), now) else { panic!("not sent") };
    exchange.send().1
}

const CHALLENGE: &str = r#"{"login_2fa_token":"canary-ticket-5527"}"#;
const _: () = assert!(TICKET.len() == 18);

/// The object of a body, mended as the core mends it: no byte order mark, no control characters, UTF-8.
fn object(answer: &Response<Vec<u8>>) -> Option<serde_json::Map<String, Value>> {
    let text = String::from_utf8_lossy(answer.body());
    let text: String = text
        .strip_prefix('\u{feff}')
        .unwrap_or(&text)
        .chars()
        .map(|c| if c.is_ascii_control() { ' ' } else { c })
        .collect();
    serde_json::from_str(&text).ok()
}

fn is_success(route: Route, answer: &Response<Vec<u8>>) -> bool {
    let key = if route == Route::AuthToken { "access_token" } else { "token" };
    let object = object(answer).unwrap_or_default();
    let token = object.get(key).and_then(Value::as_str).unwrap_or_default();
    answer.status() == 200 && (1..=65_536).contains(&token.len()) && token.bytes().all(|b| b.is_ascii_graphic())
}

fn has_ticket(answer: &Response<Vec<u8>>) -> bool {
    let object = object(answer).unwrap_or_default();
    let ticket = object.get("login_2fa_token").and_then(Value::as_str).unwrap_or_default();
    matches!(answer.status().as_u16(), 200 | 401) && !ticket.is_empty()
}

/// Returns whether an answer of this status and form may end in this kind.
fn allows(status: u16, form: u8, kind: FailureKind) -> bool {
    // The network in front of the Hub refuses under any status of this range, and a compressed answer tells little.
    let is_refused = (400..500).contains(&status) && status != 429 && kind == FailureKind::BlockedByEdge;
    let by_status = match status {
        _ if is_refused => true,
        300..=399 => kind == FailureKind::Redirected,
        400 => kind == FailureKind::RefusedByPolicy,
        401 => {
            matches!(kind, FailureKind::CredentialsRefused | FailureKind::CodeRefused | FailureKind::MalformedAnswer)
        }
        403 => matches!(kind, FailureKind::RefusedByPolicy | FailureKind::BlockedByEdge | FailureKind::MalformedAnswer),
        429 => kind == FailureKind::RateLimited,
        200 | 511 => kind == FailureKind::MalformedAnswer,
        503 => matches!(kind, FailureKind::ServerFault | FailureKind::BlockedByEdge),
        408 | 500..=599 => kind == FailureKind::ServerFault,
        _ => matches!(kind, FailureKind::MalformedAnswer | FailureKind::ServerFault),
    };
    match form {
        0 => by_status,
        1 => by_status || kind == FailureKind::Transport,
        2 => kind == FailureKind::TimedOut,
        _ => kind == FailureKind::Transport,
    }
}
