//! The rate limit and the lockout.

use std::time::Duration;

use super::*;

#[test]
fn the_window_counts_down_refuses_and_opens_again() {
    let mut hub = SimHub::demo();
    hub.rate_limit(2);
    for (seconds, status, remaining, wait) in
        [(0, 200, "1", None), (0, 200, "0", None), (0, 429, "0", Some("40")), (40, 200, "1", None)]
    {
        let answer = ask_at(&mut hub, &bob(), NOW + Duration::from_secs(seconds));
        let header = |name| answer.headers().get(name).map(|value| value.to_str().unwrap());
        assert_eq!((answer.status().as_u16(), header("retry-after")), (status, wait));
        assert_eq!((header("x-ratelimit-limit"), header("x-ratelimit-remaining")), (Some("2"), Some(remaining)));
        assert_eq!(header("x-ratelimit-reset"), Some(if seconds == 0 { "1700000040" } else { "1700000100" }));
    }
}

#[test]
fn a_bearer_has_a_window_of_its_own() {
    let mut hub = SimHub::demo();
    let token = field(&ask(&mut hub, &bob()), "token");
    for (bearer, limit) in [(&*token, "600"), ("bad", "180")] {
        assert_eq!(ask(&mut hub, &get("/v2/user", bearer)).headers()["x-ratelimit-limit"], limit);
    }
}

#[test]
fn ten_failures_lock_out_one_name_for_ten_minutes() {
    let mut hub = SimHub::demo();
    let fail =
        |hub: &mut SimHub, times| (0..times).for_each(|_| assert_eq!(ask(hub, &login("bob", "wrong")).status(), 401));
    fail(&mut hub, 9);
    assert_eq!(ask(&mut hub, &bob()).status(), 200, "which clears the count");
    fail(&mut hub, 10);
    let answer = ask(&mut hub, &bob());
    assert_eq!(answer.status(), 429, "the right password");
    assert!(answer.headers().keys().all(|name| !name.as_str().starts_with("x-ratelimit") && name != "retry-after"));
    assert_eq!(ask(&mut hub, &exchange("bob", demo::PASSWORD_WITHOUT_2FA)).status(), 429, "the other route");
    assert_eq!(ask(&mut hub, &exchange("alice", demo::PAT)).status(), 200, "another name");
    assert_eq!(ask_at(&mut hub, &bob(), NOW + Duration::from_secs(599)).status(), 429);
    assert_eq!(ask_at(&mut hub, &bob(), NOW + Duration::from_secs(600)).status(), 200);
}
