//! The three login routes.

use std::time::Duration;

use hub_auth_testkit::SimUser;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_password_logs_in_without_a_second_factor() {
    let answer = ask(&mut SimHub::demo(), &bob());
    assert_eq!(answer.status(), 200);
    assert_eq!(claims(&field(&answer, "token"))["https://hub.docker.com"]["username"], demo::USER_WITHOUT_2FA);
    assert!(value(&answer).get("refresh_token").is_none());
    assert_eq!(answer.headers()["x-trace-id"].len(), 32);
    assert_eq!(answer.headers()["date"], "Tue, 14 Nov 2023 22:13:20 GMT");
    let mut request = bob();
    *request.uri_mut() = "/v2/users/login?refresh_token=true".parse().unwrap();
    assert!(!field(&ask(&mut SimHub::demo(), &request), "refresh_token").is_empty());
}

/// RFC 6238, appendix B: the last six digits of its SHA-1 vectors.
#[test]
fn codes_are_those_of_rfc_6238() {
    let mut hub = SimHub::new();
    hub.add(SimUser::new("u", "p").totp(*b"12345678901234567890"));
    for (secs, code) in [(59, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")] {
        assert_eq!(hub.code("u", UnixTime::from_secs(secs)).unwrap(), code);
    }
}

#[test]
fn a_code_of_the_last_the_present_or_the_next_step_is_good_once() {
    let mut hub = SimHub::demo();
    for (later, is_good) in [(0, true), (30, true), (60, true), (90, false)] {
        let now = NOW + 30 * SECOND;
        let code = hub.code(demo::USER, NOW + later * SECOND).unwrap();
        for status in [if is_good { 200 } else { 401 }, 401] {
            let ticket = ticket(&mut hub);
            assert_eq!(ask_at(&mut hub, &second(&ticket, &code), now).status(), status, "{later}");
        }
    }
}

#[test]
fn a_ticket_is_good_for_one_login_four_wrong_codes_and_five_minutes() {
    let mut hub = SimHub::demo();
    let code = hub.code(demo::USER, NOW).unwrap();
    for (wrong_codes, seconds, status) in [(4, 0, 200), (5, 0, 401), (0, 299, 200), (0, 300, 401)] {
        let ticket = ticket(&mut hub);
        for _ in 0..wrong_codes {
            assert_eq!(ask(&mut hub, &second(&ticket, "")).status(), 401);
        }
        let now = NOW + seconds * SECOND;
        let code = if seconds == 0 { code.clone() } else { hub.code(demo::USER, now).unwrap() };
        assert_eq!(ask_at(&mut hub, &second(&ticket, &code), now).status(), status, "{wrong_codes} {seconds}");
        let next = hub.code(demo::USER, now + 30 * SECOND).unwrap();
        assert_eq!(ask_at(&mut hub, &second(&ticket, &next), now).status(), 401, "a used ticket");
    }
}

#[test]
fn a_personal_token_needs_no_second_factor_and_names_its_owner() {
    let mut hub = SimHub::demo();
    let short = claims(&field(&ask(&mut hub, &exchange("someone-else", demo::PAT)), "access_token"));
    let own = &short["https://hub.docker.com"];
    assert_eq!(own["username"], demo::USER);
    assert!(own["source"].as_str().unwrap().starts_with("docker_pat|"));
    let long = claims(&field(&ask(&mut hub, &login(demo::USER, demo::PAT)), "token"));
    let life = |claims: &Value| claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap();
    assert_eq!((life(&short), life(&long)), (600, 30 * 24 * 3600));
}

#[test]
fn each_secret_logs_in_on_its_own_routes() {
    let password = demo::PASSWORD_WITHOUT_2FA;
    for (request, status) in [
        (exchange(demo::ORGANIZATION, demo::OAT), 200),
        (exchange(demo::USER, demo::OAT), 401),
        (login(demo::ORGANIZATION, demo::OAT), 401),
        (login(demo::USER, demo::OAT), 401),
        (exchange(demo::USER_WITHOUT_2FA, password), 200),
        (exchange(demo::USER, demo::PASSWORD), 401),
        (login("bob", "wrong"), 401),
        (login("alice", "wrong"), 401),
        (login("nobody", "x"), 401),
        (login("Bob", password), 401),
    ] {
        let answer = ask(&mut SimHub::demo(), &request);
        let shown = String::from_utf8_lossy(request.body());
        assert_eq!(answer.status(), status, "{shown}");
        assert!(value(&answer).get("login_2fa_token").is_none(), "{shown}");
    }
}

#[test]
fn a_request_against_the_reference_is_refused() {
    let with = |name: &'static str, value: &str| {
        let mut request = bob();
        request.headers_mut().insert(name, value.parse().unwrap());
        request
    };
    let (mut untyped, mut got) = (bob(), bob());
    untyped.headers_mut().clear();
    *got.method_mut() = http::Method::GET;
    for (request, status) in [
        (bob(), 200),
        (with("content-type", "application/json; charset=utf-8"), 200),
        (with("content-length", &bob().body().len().to_string()), 200),
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
    ] {
        let shown = format!("{} {} {:?}", request.method(), request.uri(), request.headers());
        assert_eq!(ask(&mut SimHub::demo(), &request).status(), status, "{shown}");
    }
}

#[test]
fn the_prefix_stands_before_each_path_and_the_host_is_ignored() {
    let mut hub = SimHub::demo();
    hub.prefix("/mirror/");
    for (uri, status) in [
        ("/mirror/v2/auth/token", 200),
        ("https://hub.docker.com/mirror/v2/auth/token", 200),
        ("/v2/auth/token", 404),
        ("/mirrorv2/auth/token", 404),
    ] {
        let mut request = exchange("alice", demo::PAT);
        *request.uri_mut() = uri.parse().unwrap();
        assert_eq!(ask(&mut hub, &request).status(), status, "{uri}");
    }
}

#[test]
fn the_same_requests_get_the_same_answers_and_each_token_is_new() {
    let run = || {
        let mut hub = SimHub::demo();
        let requests = [login(demo::USER, demo::PASSWORD), exchange("alice", demo::PAT), exchange("alice", demo::PAT)];
        requests.map(|request| ask(&mut hub, &request).into_body())
    };
    let [first, again] = [run(), run()];
    assert_eq!(first, again);
    assert_ne!(first[1], first[2]);
}
