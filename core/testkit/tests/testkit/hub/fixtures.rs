//! Compares the answers with the bodies of the published reference and those seen in the wild.

use hub_auth_testkit::SimUser;

use super::*;

macro_rules! fixture {
    ($path:literal) => {
        &include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/", $path))[..]
    };
}

fn parsed(fixture: &[u8]) -> Value {
    serde_json::from_slice(fixture).expect("a fixture is JSON")
}

/// Each key of an object with the kind of its value.
fn shape(value: &Value) -> Vec<(&str, &'static str)> {
    let kind = |value: &Value| match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let mut shape: Vec<_> = value.as_object().unwrap().iter().map(|(key, value)| (key.as_str(), kind(value))).collect();
    shape.sort_unstable();
    shape
}

fn assert_shape(answer: &Response<Vec<u8>>, fixture: &[u8]) {
    assert_eq!(shape(&value(answer)), shape(&parsed(fixture)), "{}", String::from_utf8_lossy(fixture));
}

fn assert_same(answer: &Response<Vec<u8>>, fixture: &[u8]) {
    assert_eq!(value(answer), parsed(fixture));
}

fn text(fixture: &[u8]) -> &str {
    std::str::from_utf8(fixture).unwrap()
}

#[test]
fn answers_have_the_published_shape() {
    let mut hub = SimHub::demo();
    assert_shape(&ask(&mut hub, &bob()), fixture!("users-login.200.json"));
    let challenge = ask(&mut hub, &login(demo::USER, demo::PASSWORD));
    assert_shape(&challenge, fixture!("users-login.401.json"));
    assert_shape(&challenge, fixture!("wild/second-factor.json"));
    assert_eq!(value(&challenge)["detail"], parsed(fixture!("wild/second-factor.json"))["detail"]);
    let refused = ask(&mut hub, &login("bob", "wrong"));
    assert_same(&refused, fixture!("users-login.401.absent.json"));
    assert_same(&refused, fixture!("wild/wrong-password.json"));

    let ticket = field(&challenge, "login_2fa_token");
    assert_same(&ask(&mut hub, &second(&ticket, "wrong")), fixture!("two-factor.401.json"));
    let code = hub.code(demo::USER, NOW).unwrap();
    assert_shape(&ask(&mut hub, &second(&ticket, &code)), fixture!("two-factor.200.json"));

    let granted = ask(&mut hub, &exchange("alice", demo::PAT));
    assert_shape(&granted, fixture!("auth-token.200.json"));
    let refused = ask(&mut hub, &exchange("alice", "wrong"));
    assert_shape(&refused, fixture!("auth-token.401.json"));
    assert_shape(&refused, fixture!("schema.errinfo.json"));
    assert_shape(&ask(&mut hub, &post("/v2/users/login", "{}")), fixture!("schema.value-error.json"));

    let limited = ask(hub.rate_limit(0), &bob());
    assert_same(&limited, fixture!("rate-limit.429.json"));
    assert_same(&limited, fixture!("wild/rate-limit.json"));
}

#[test]
fn answers_are_those_seen_in_the_wild() {
    let mut hub = SimHub::demo();
    assert_same(&ask(&mut hub, &get("/v2/user", demo::PAT)), fixture!("wild/unauthorized-errinfo.json"));
    assert_same(&ask(&mut hub, &login(demo::ORGANIZATION, demo::OAT)), fixture!("wild/organization-account.json"));
    let empty = ask(&mut hub, &post("/v2/users/login", ""));
    assert_eq!(empty.body(), fixture!("wild/malformed-request.txt"));
    let personal = field(&ask(&mut hub, &exchange("alice", demo::PAT)), "access_token");
    let forbidden = ask(&mut hub, &get("/v2/access-tokens", &personal));
    assert_same(&forbidden, fixture!("wild/pat-forbidden-detail.json"));
    let organization = field(&ask(&mut hub, &exchange("acme", demo::OAT)), "access_token");
    let forbidden = ask(&mut hub, &get("/v2/access-tokens", &organization));
    assert_same(&forbidden, fixture!("wild/oat-not-allowed.json"));
    let mut refreshed = bob();
    *refreshed.uri_mut() = "/v2/users/login?refresh_token=true".parse().unwrap();
    assert_shape(&ask(&mut hub, &refreshed), fixture!("wild/login-with-refresh.json"));
    let blocked = ask(&mut SimHub::scenario("edge-blocked").unwrap(), &login("a", "b"));
    assert_eq!(blocked.body(), fixture!("wild/cloudflare-1010.txt"));

    let own = "https://hub.docker.com";
    let (claims, seen) = (claims(&personal), parsed(fixture!("claims/auth-token-pat.json")));
    assert_eq!(shape(&claims), shape(&seen));
    assert_eq!(shape(&claims[own]), shape(&seen[own]));
    assert_eq!((&claims["iss"], &claims["aud"]), (&seen["iss"], &seen["aud"]));
}

/// The published requests, sent as they are, are understood.
#[test]
fn published_requests_are_understood() {
    let mut hub = SimHub::new();
    hub.add(SimUser::new("myusername", "p@ssw0rd").token("dckr_pat_124509ugsdjga93")).add_organization("acme", &[]);
    assert_eq!(ask(&mut hub, &post("/v2/users/login", text(fixture!("users-login.request.json")))).status(), 200);
    assert_eq!(ask(&mut hub, &post("/v2/auth/token", text(fixture!("auth-token.request.json")))).status(), 200);
    // Another password, and a ticket that was never given.
    assert_eq!(ask(&mut hub, &post("/v2/users/login", text(fixture!("users-login.request.dvp.json")))).status(), 401);
    let second = ask(&mut hub, &post("/v2/users/2fa-login", text(fixture!("two-factor.request.json"))));
    assert_same(&second, fixture!("two-factor.401.json"));
    // A number has lost its leading zeros.
    let number = post("/v2/users/2fa-login", text(fixture!("two-factor.request.number.json")));
    assert_eq!(ask(&mut hub, &number).status(), 400);
}
