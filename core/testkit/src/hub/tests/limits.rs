//! The rate window and the lockout, as a client meets them.

use std::time::Duration;

use super::*;
use crate::hub::demo;

fn bob() -> Request<Vec<u8>> {
    login(demo::USER_WITHOUT_2FA, demo::PASSWORD_WITHOUT_2FA)
}

#[test]
fn the_window_counts_down_and_then_refuses() {
    let mut hub = SimHub::demo();
    hub.rate_limit(2);
    let figures = |answer: &Response<Vec<u8>>| {
        ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"]
            .map(|name| answer.headers()[name].to_str().unwrap().to_owned())
    };
    let answer = ask(&mut hub, &bob());
    assert_eq!((answer.status().as_u16(), figures(&answer)), (200, ["2", "1", "1700000040"].map(String::from)));
    assert!(answer.headers().get("retry-after").is_none());
    ask(&mut hub, &bob());
    let answer = ask(&mut hub, &bob());
    assert_eq!((answer.status().as_u16(), figures(&answer)), (429, ["2", "0", "1700000040"].map(String::from)));
    assert_eq!(answer.headers()["retry-after"], "40");
    assert_eq!(ask_at(&mut hub, &bob(), NOW + Duration::from_secs(40)).status(), 200);
}

#[test]
fn a_bearer_has_a_window_of_its_own() {
    let mut hub = SimHub::demo();
    let token = field(&ask(&mut hub, &bob()), "token");
    assert_eq!(ask(&mut hub, &get("/v2/user", &token)).headers()["x-ratelimit-limit"], "600");
    assert_eq!(ask(&mut hub, &get("/v2/user", "bad")).headers()["x-ratelimit-limit"], "180");
}

#[test]
fn ten_failures_lock_one_name_out_and_the_right_password_with_it() {
    let mut hub = SimHub::demo();
    for _ in 0..10 {
        assert_eq!(ask(&mut hub, &login("bob", "wrong")).status(), 401);
    }
    let answer = ask(&mut hub, &bob());
    assert_eq!(answer.status(), 429);
    assert!(answer.headers().keys().all(|name| !name.as_str().starts_with("x-ratelimit") && name != "retry-after"));
    assert_eq!(ask(&mut hub, &exchange("bob", demo::PASSWORD_WITHOUT_2FA)).status(), 429, "the other route");
    assert_eq!(ask(&mut hub, &exchange("alice", demo::PAT)).status(), 200, "another name");
    assert_eq!(ask_at(&mut hub, &bob(), NOW + Duration::from_secs(599)).status(), 429);
    assert_eq!(ask_at(&mut hub, &bob(), NOW + Duration::from_secs(600)).status(), 200);
}
