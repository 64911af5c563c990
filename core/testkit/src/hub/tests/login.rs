//! The three routes, their right uses and their wrong ones.

use std::time::Duration;

use super::*;
use crate::hub::demo;

#[test]
fn a_password_alone_is_enough_without_a_second_factor() {
    let mut hub = SimHub::demo();
    let answer = ask(&mut hub, &login(demo::USER_WITHOUT_2FA, demo::PASSWORD_WITHOUT_2FA));
    assert_eq!(answer.status(), 200);
    assert_eq!(claims(&field(&answer, "token"))["https://hub.docker.com"]["username"], demo::USER_WITHOUT_2FA);
    assert!(value(&answer).get("refresh_token").is_none());
    let trace = answer.headers()["x-trace-id"].to_str().unwrap();
    assert_eq!(trace.len(), 32);
    assert_eq!(answer.headers()["date"], "Tue, 14 Nov 2023 22:13:20 GMT");
}

#[test]
fn a_ticket_survives_a_wrong_code_and_a_code_is_good_once() {
    let mut hub = SimHub::demo();
    let answer = ask(&mut hub, &login(demo::USER, demo::PASSWORD));
    assert_eq!(answer.status(), 401);
    let ticket = field(&answer, "login_2fa_token");
    let code = hub.code(demo::USER, NOW).unwrap();
    let wrong = if code == "000000" { "000001" } else { "000000" };
    assert_eq!(ask(&mut hub, &second(&ticket, wrong)).status(), 401);
    let answer = ask(&mut hub, &second(&ticket, &code));
    assert_eq!(answer.status(), 200);
    assert_eq!(claims(&field(&answer, "token"))["https://hub.docker.com"]["username"], demo::USER);
    let next = hub.code(demo::USER, NOW + Duration::from_secs(30)).unwrap();
    assert_eq!(ask(&mut hub, &second(&ticket, &next)).status(), 401, "a used ticket");

    let ticket = field(&ask(&mut hub, &login(demo::USER, demo::PASSWORD)), "login_2fa_token");
    assert_eq!(ask(&mut hub, &second(&ticket, &code)).status(), 401, "a used code");
    assert_eq!(ask(&mut hub, &second(&ticket, &next)).status(), 200, "the next code");
}

#[test]
fn a_ticket_expires() {
    let mut hub = SimHub::demo();
    let ticket = field(&ask(&mut hub, &login(demo::USER, demo::PASSWORD)), "login_2fa_token");
    let late = NOW + Duration::from_secs(300);
    let code = hub.code(demo::USER, late).unwrap();
    assert_eq!(ask_at(&mut hub, &second(&ticket, &code), late).status(), 401);
}

#[test]
fn a_personal_token_needs_no_second_factor_and_names_its_owner() {
    let mut hub = SimHub::demo();
    let answer = ask(&mut hub, &exchange("someone-else", demo::PAT));
    assert_eq!(answer.status(), 200);
    let own = &claims(&field(&answer, "access_token"))["https://hub.docker.com"];
    assert_eq!(own["username"], demo::USER);
    assert!(own["source"].as_str().unwrap().starts_with("docker_pat|"));
    let answer = ask(&mut hub, &login(demo::USER, demo::PAT));
    let long = claims(&field(&answer, "token"));
    assert_eq!(long["exp"].as_u64().unwrap() - long["iat"].as_u64().unwrap(), 30 * 24 * 3600);
}

#[test]
fn an_organization_token_works_with_its_organization_on_one_route() {
    let mut hub = SimHub::demo();
    assert_eq!(ask(&mut hub, &exchange(demo::ORGANIZATION, demo::OAT)).status(), 200);
    assert_eq!(ask(&mut hub, &exchange(demo::USER, demo::OAT)).status(), 401);
    for name in [demo::ORGANIZATION, demo::USER] {
        let answer = ask(&mut hub, &login(name, demo::OAT));
        assert_eq!(answer.status(), 401);
        assert_eq!(field(&answer, "detail"), "Cannot log into an organization account");
    }
}

#[test]
fn passwords_at_the_new_route() {
    let mut hub = SimHub::demo();
    let bob = exchange(demo::USER_WITHOUT_2FA, demo::PASSWORD_WITHOUT_2FA);
    assert_eq!(ask(&mut hub, &bob).status(), 200);
    let answer = ask(&mut hub, &exchange(demo::USER, demo::PASSWORD));
    assert_eq!(answer.status(), 401);
    assert!(value(&answer).get("login_2fa_token").is_none());
}

#[test]
fn wrong_credentials_are_all_refused_alike() {
    let mut hub = SimHub::demo();
    for (user, password) in [("bob", "wrong"), ("alice", "wrong"), ("nobody", "x"), ("Bob", demo::PASSWORD_WITHOUT_2FA)]
    {
        let answer = ask(&mut hub, &login(user, password));
        assert_eq!(answer.status(), 401, "{user}");
        assert!(value(&answer).get("login_2fa_token").is_none(), "{user}");
    }
}

#[test]
fn a_refresh_token_comes_when_asked_for() {
    let mut hub = SimHub::demo();
    let mut request = login(demo::USER_WITHOUT_2FA, demo::PASSWORD_WITHOUT_2FA);
    *request.uri_mut() = "/v2/users/login?refresh_token=true".parse().unwrap();
    assert!(!field(&ask(&mut hub, &request), "refresh_token").is_empty());
}

#[test]
fn requests_that_are_not_as_the_reference_says_are_refused() {
    let good = || login(demo::USER_WITHOUT_2FA, demo::PASSWORD_WITHOUT_2FA);
    let with = |name: &'static str, value: &str| {
        let mut request = good();
        request.headers_mut().insert(name, value.parse().unwrap());
        request
    };
    let mut untyped = good();
    untyped.headers_mut().clear();
    let mut got = good();
    *got.method_mut() = http::Method::GET;
    let cases = [
        (good(), 200),
        (with("content-type", "application/json; charset=utf-8"), 200),
        (with("content-length", &good().body().len().to_string()), 200),
        (with("content-length", "3"), 400),
        (with("content-length", "many"), 400),
        (with("transfer-encoding", "chunked"), 400),
        (with("content-type", "application/x-www-form-urlencoded"), 400),
        (with("authorization", "Bearer x"), 400),
        (untyped, 400),
        (got, 405),
        (post("/v2/users/login", ""), 400),
        (post("/v2/users/login", "[]"), 400),
        (post("/v2/users/login", "{"), 400),
        (post("/v2/users/login", r#"{"username":"bob"}"#), 400),
        (post("/v2/users/2fa-login", r#"{"login_2fa_token":"x","code":123456}"#), 400),
        (post("/v2/users/login/", r#"{"username":"bob","password":"x"}"#), 404),
        (post("/api/publisher/analytics/v1/v2/users/login", r#"{"username":"bob","password":"x"}"#), 404),
    ];
    for (request, status) in cases {
        let shown = format!("{} {} {:?}", request.method(), request.uri(), request.headers());
        assert_eq!(ask(&mut SimHub::demo(), &request).status(), status, "{shown}");
    }
}

#[test]
fn a_prefix_stays_in_front_and_a_host_is_ignored() {
    let mut hub = SimHub::demo();
    hub.prefix("/mirror/");
    let body = format!(r#"{{"identifier":"alice","secret":"{}"}}"#, demo::PAT);
    for (uri, status) in [
        ("/mirror/v2/auth/token", 200),
        ("https://hub.docker.com/mirror/v2/auth/token", 200),
        ("/v2/auth/token", 404),
        ("/mirrorv2/auth/token", 404),
    ] {
        assert_eq!(ask(&mut hub, &post(uri, &body)).status(), status, "{uri}");
    }
}

#[test]
fn the_same_requests_get_the_same_answers() {
    let run = || {
        let mut hub = SimHub::demo();
        let answers = [login(demo::USER, demo::PASSWORD), exchange("alice", demo::PAT), exchange("alice", demo::PAT)];
        answers.map(|request| ask(&mut hub, &request).into_body())
    };
    let [first, again] = [run(), run()];
    assert_eq!(first, again);
    assert_ne!(first[1], first[2], "each token is new");
}
