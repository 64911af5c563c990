//! How often a login asks for memory: a figure that only goes down. A test binary of its own with one test, since all of the
//! process is counted.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use std::alloc::System;
use std::cell::RefCell;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use common::{Answer, CHALLENGE, NOW, account, answer, code, hub, lend};
use hub_auth_core::http::HeaderMap;
use hub_auth_core::session::Session;
use hub_auth_core::{Grant, Step};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static COUNTED: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// The headers that are read.
const HEADERS: [(&str, &str); 5] = [
    ("date", "Thu, 09 Oct 2025 08:53:20 GMT"),
    ("x-ratelimit-limit", "180"),
    ("x-ratelimit-remaining", "179"),
    ("x-ratelimit-reset", "1760000060"),
    ("x-trace-id", "0a1b2c3d0000400080000000000000f1"),
];

/// Who and until when, the claims that every token has.
const FEW_CLAIMS: &str = r#"{"exp":1760000600,"https://hub.docker.com":{"username":"alice"}}"#;
/// Those that are kept.
const ALL_CLAIMS: &str = concat!(
    r#"{"exp":1760000600,"https://hub.docker.com":{"username":"alice","source":"docker_pat|0a1b"},"iat":1760000000,"#,
    r#""scope":"repo:admin"}"#
);

fn granted(claims: &str) -> Answer {
    let token =
        format!("{}.{}.signature", URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256"}"#), URL_SAFE_NO_PAD.encode(claims));
    answer(200, &HEADERS, format!(r#"{{"token":"{token}"}}"#))
}

/// Those of a good token that is put where there is room.
fn hot_path(grant: &Grant) -> usize {
    let mut session = Session::new(hub(), account());
    session.adopt(grant).unwrap();
    let session = RefCell::new(session);
    let authorize = || {
        let mut headers = HeaderMap::with_capacity(8);
        let counted = Region::new(COUNTED);
        session.borrow_mut().fresh(Duration::ZERO, NOW).unwrap().authorize(&mut headers);
        let change = counted.change();
        assert_eq!(headers.len(), 1);
        (change.allocations + change.reallocations, ())
    };
    fewest(authorize).0
}

/// The allocations of a login that meets these answers, a growing place counted as another; the answers' own are not.
fn allocations(answers: &[Answer]) -> usize {
    login(answers).0
}

fn login(answers: &[Answer]) -> (usize, Grant) {
    let (hub, account) = (hub(), account());
    let login = || {
        let mut replies: Vec<_> = answers.iter().rev().map(lend).collect();
        let counted = Region::new(COUNTED);
        let mut step = hub.login(&account);
        let grant: Grant = loop {
            step = match step {
                Step::Send(exchange) => exchange.send().1.reply(replies.pop().unwrap(), NOW),
                Step::NeedCode(challenge) => challenge.answer(code("012345"), NOW),
                Step::Done(grant) => break grant,
                other => panic!("{other:?}"),
            }
        };
        let change = counted.change();
        assert!(grant.expires_at().is_some() && grant.trace_id().is_some());
        (change.allocations + change.reallocations, grant)
    };
    // The first makes what is made once, and meanwhile the test's own runner may ask for memory too: never for less.
    fewest(login)
}

fn fewest<T>(counted: impl Fn() -> (usize, T)) -> (usize, T) {
    (0..20).map(|_| counted()).min_by_key(|(count, _)| *count).unwrap()
}

#[test]
fn a_login_asks_for_memory_this_often() {
    let (few, all) = (granted(FEW_CLAIMS), granted(ALL_CLAIMS));
    let challenge = answer(401, &HEADERS, CHALLENGE);
    // A body (1), its length (1) and headers (2); the token (2); its claims while they are read (1), the user (1), the trace id (1).
    assert_eq!(allocations(std::slice::from_ref(&few)), 9);
    // The texts of two claims more.
    assert_eq!(allocations(&[all]), 11);
    // A ticket (1), what is kept while a person types (1), the code (1); a second request (4).
    let (allocations, grant) = login(&[challenge, few]);
    assert_eq!(allocations, 16);
    assert_eq!(hot_path(&grant), 0);

    // And it does count.
    let one = || {
        let counted = Region::new(COUNTED);
        drop(std::hint::black_box(Box::new(1)));
        (counted.change().allocations, ())
    };
    assert_eq!(fewest(one).0, 1);
}
