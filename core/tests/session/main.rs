//! The session: who leads, who follows, what is held back; on a virtual clock.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says so by panicking"
)]

mod holds;
mod kept;
mod rejection;
mod renewal;
mod sharing;

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hub_auth_core::http::header::{AUTHORIZATION, DATE, RETRY_AFTER};
use hub_auth_core::http::{HeaderMap, Response};
use hub_auth_core::session::{Ask, Bearer, Flight, FlightId, Rejected, Session};
use hub_auth_core::{
    Account, Challenge, Code, Credential, Delivery, Failure, FailureKind, Grant, Hub, NextCode, Policy, Route,
    SealError, Secret, Step, Totp, TransportError, TransportErrorKind, UnixTime,
};

const NOW: UnixTime = UnixTime::from_secs(1_760_000_000);
const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(86_400);

fn account(secret: &str) -> Account {
    Account::new("alice", Credential::personal_token(secret)).unwrap()
}

fn hub() -> Hub {
    Hub::docker(Policy::new(7).with_sends(1.try_into().unwrap()))
}

fn session() -> Session {
    Session::new(hub(), account("dckr_pat_one"))
}

/// A token that says it lives until `expires` on the issuer's clock; `serial` tells it from others.
fn jwt(expires: Option<UnixTime>, serial: u64) -> String {
    let exp = expires.map_or("null".into(), |at| at.as_secs().to_string());
    format!("h.{}.s{serial}", URL_SAFE_NO_PAD.encode(format!("{{\"exp\":{exp},\"jti\":{serial}}}")))
}

fn lead(ask: Ask) -> (Flight, Step) {
    match ask {
        Ask::Lead(flight, step) => (flight, step),
        other => panic!("not a lead: {other:?}"),
    }
}

fn leads(ask: Ask) {
    let (_flight, _step) = lead(ask);
}

fn ready(ask: Ask) -> Bearer {
    match ask {
        Ask::Ready(bearer) => bearer,
        other => panic!("not ready: {other:?}"),
    }
}

fn refused(ask: Ask) -> Failure {
    match ask {
        Ask::Refused(failure) => failure,
        other => panic!("not refused: {other:?}"),
    }
}

fn follow(ask: Ask) -> FlightId {
    match ask {
        Ask::Follow(id) => id,
        other => panic!("not a follow: {other:?}"),
    }
}

/// Drives a step with one answer.
fn answered(step: Step, response: Response<&[u8]>, now: UnixTime) -> Result<Grant, Failure> {
    let Step::Send(exchange) = step else { panic!("nothing to send: {step:?}") };
    match exchange.send().1.reply(response, now) {
        Step::Done(grant) => Ok(grant),
        Step::Failed(failure) => Err(failure),
        other => panic!("neither done nor failed: {other:?}"),
    }
}

fn granted(step: Step, token: &str, date: Option<&str>, now: UnixTime) -> Result<Grant, Failure> {
    let body = format!("{{\"access_token\":\"{token}\"}}");
    let mut response = Response::new(body.as_bytes());
    if let Some(date) = date {
        response.headers_mut().insert(DATE, date.parse().unwrap());
    }
    answered(step, response, now)
}

fn failed(step: Step, status: u16, now: UnixTime) -> Result<Grant, Failure> {
    let mut response = Response::new(&b"{\"detail\":\"no\"}"[..]);
    *response.status_mut() = status.try_into().unwrap();
    answered(step, response, now)
}

fn lost(step: Step, now: UnixTime) -> Result<Grant, Failure> {
    let Step::Send(exchange) = step else { panic!("nothing to send: {step:?}") };
    match exchange.send().1.failed(TransportError::new(Delivery::MaybeSent, TransportErrorKind::Closed), now) {
        Step::Failed(failure) => Err(failure),
        other => panic!("not failed: {other:?}"),
    }
}

/// Logs the session in with a token that lives `life`.
fn log_in(session: &mut Session, life: Duration, serial: u64, now: UnixTime) -> Bearer {
    let (flight, step) = lead(session.ask(Duration::ZERO, now));
    let result = granted(step, &jwt(Some(now + life), serial), None, now);
    ready(session.settle(flight, result, now))
}

fn lead_or_follow(ask: &Ask) {
    assert!(matches!(ask, Ask::Lead(..) | Ask::Follow(_)), "{ask:?}");
}

/// The answer to a first call that asks for a second factor.
fn challenged(step: Step) -> Challenge {
    let Step::Send(exchange) = step else { panic!("nothing to send: {step:?}") };
    let mut asks = Response::new(&br#"{"login_2fa_token":"t"}"#[..]);
    *asks.status_mut() = 401.try_into().unwrap();
    match exchange.send().1.reply(asks, NOW) {
        Step::NeedCode(challenge) => challenge,
        other => panic!("no second factor: {other:?}"),
    }
}
