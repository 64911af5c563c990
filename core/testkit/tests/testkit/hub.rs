//! The simulated Hub in memory.

mod faults;
mod fixtures;
mod limits;
mod login;
mod resources;
mod scenarios;

use http::{Request, Response};
use serde_json::Value;

use hub_auth_core::UnixTime;
use hub_auth_testkit::{SimHub, demo};

const NOW: UnixTime = UnixTime::from_secs(1_700_000_000);

fn post(path: &str, body: &str) -> Request<Vec<u8>> {
    Request::post(path).header("content-type", "application/json").body(body.as_bytes().to_vec()).unwrap()
}

fn get(path: &str, bearer: &str) -> Request<Vec<u8>> {
    Request::get(path).header("authorization", format!("Bearer {bearer}")).body(Vec::new()).unwrap()
}

fn login(user: &str, password: &str) -> Request<Vec<u8>> {
    post("/v2/users/login", &format!(r#"{{"username":"{user}","password":"{password}"}}"#))
}

/// A login that needs no code.
fn bob() -> Request<Vec<u8>> {
    login(demo::USER_WITHOUT_2FA, demo::PASSWORD_WITHOUT_2FA)
}

/// Logs alice in as far as the ticket for her code.
fn ticket(hub: &mut SimHub) -> String {
    field(&ask(hub, &login(demo::USER, demo::PASSWORD)), "login_2fa_token")
}

fn second(ticket: &str, code: &str) -> Request<Vec<u8>> {
    post("/v2/users/2fa-login", &format!(r#"{{"login_2fa_token":"{ticket}","code":"{code}"}}"#))
}

fn exchange(identifier: &str, secret: &str) -> Request<Vec<u8>> {
    post("/v2/auth/token", &format!(r#"{{"identifier":"{identifier}","secret":"{secret}"}}"#))
}

fn ask_at(hub: &mut SimHub, request: &Request<Vec<u8>>, now: UnixTime) -> Response<Vec<u8>> {
    hub.handle(request, now).reply().expect("an answer").map(<[u8]>::to_vec)
}

fn ask(hub: &mut SimHub, request: &Request<Vec<u8>>) -> Response<Vec<u8>> {
    ask_at(hub, request, NOW)
}

fn value(answer: &Response<Vec<u8>>) -> Value {
    serde_json::from_slice(answer.body()).expect("JSON")
}

/// A field of an answer that must be a string.
fn field(answer: &Response<Vec<u8>>, name: &str) -> String {
    value(answer)[name].as_str().unwrap_or_else(|| panic!("no {name} in a {}", answer.status())).to_owned()
}

fn claims(token: &str) -> Value {
    use base64::Engine;
    let part = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}
