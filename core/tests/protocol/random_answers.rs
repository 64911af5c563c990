//! A hundred thousand random answers on every route: no panic, a kind from the table, texts within their bounds and printable.
//!
//! Drawn by hand and not by proptest, which takes ten times as long; the answer that fails is printed.

use std::time::Duration;

use crate::common::{Answer, assert_bounded, is_of_an_answer, lend};
use hub_auth_core::http::{HeaderName, HeaderValue, Response, StatusCode};
use hub_auth_core::{FailureKind, Hub, Step, UnixTime};
use serde_json::{Value, json};

const STATUSES: [u16; 11] = [200, 200, 401, 401, 403, 429, 500, 503, 302, 400, 408];
const NAMES: [&str; 11] = [
    "retry-after",
    "x-retry-after",
    "x-ratelimit-limit",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
    "date",
    "cf-ray",
    "x-trace-id",
    "server",
    "content-type",
    "location",
];
const VALUES: [&str; 14] = [
    "0",
    "1",
    "-1",
    "60",
    "1746136938",
    "1746136938000",
    "1e400",
    "NaN",
    "Thu, 01 May 2025 22:01:18 GMT",
    "cloudflare",
    "text/html",
    "application/json",
    "https://elsewhere.example/x",
    "//",
];
const KEYS: [&str; 9] = [
    "token",
    "access_token",
    "refresh_token",
    "login_2fa_token",
    "detail",
    "message",
    "text",
    "error",
    "error_description",
];
const BODIES: [&str; 6] = [
    crate::common::TOKEN,
    crate::common::CHALLENGE,
    r#"{"access_token":"opaque"}"#,
    "<html></html>",
    "error code: 1010",
    "{\"token\":",
];
const TEXTS: [&str; 8] =
    ["", "t", "a\u{1b}[31mb", "GET http://10.0.0.7/x: {\"a\":1}", " ", "\u{202e}txt", "a b", "a\n"];

/// `SplitMix64`.
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % n as u64).unwrap()
    }

    fn of<T: Copy, const N: usize>(&mut self, choices: [T; N]) -> T {
        choices[self.below(N)]
    }

    fn bytes(&mut self, longest: usize) -> Vec<u8> {
        let length = self.below(longest + 1);
        (0..length).map(|_| self.next().to_le_bytes()[0]).collect()
    }

    fn text(&mut self, longest: usize) -> String {
        let length = self.below(longest + 1);
        let planes = [0x7f, 0x24f, 0xffff, 0x0010_ffff];
        (0..length)
            .filter_map(|_| {
                let plane = self.of(planes);
                char::from_u32(u32::try_from(self.below(plane)).unwrap())
            })
            .collect()
    }

    fn value(&mut self) -> Value {
        match self.below(12) {
            0 => Value::Null,
            1 => (self.below(2) == 0).into(),
            2 => f64::from_bits(self.next()).into(),
            3 => json!([self.below(9)]),
            4 => json!({ "a": { "b": [] } }),
            5 | 6 => self.text(40).into(),
            7 => self.text(2000).into(),
            _ => self.of(TEXTS).into(),
        }
    }

    fn body(&mut self) -> Vec<u8> {
        match self.below(5) {
            0 => self.bytes(100),
            1 | 2 => self.of(BODIES).into(),
            _ => {
                let entries = (0..self.below(4)).map(|_| (self.of(KEYS).to_owned(), self.value())).collect();
                Value::Object(entries).to_string().into()
            }
        }
    }

    fn answer(&mut self) -> Answer {
        let mut answer = Response::new(self.body());
        let any = u16::try_from(100 + self.below(900)).unwrap();
        let status = if self.below(5) == 0 { any } else { self.of(STATUSES) };
        *answer.status_mut() = StatusCode::from_u16(status).unwrap();
        for _ in 0..self.below(4) {
            let value = if self.below(4) == 0 { self.bytes(200) } else { self.of(VALUES).into() };
            if let Ok(value) = HeaderValue::from_bytes(&value) {
                answer.headers_mut().append(HeaderName::from_static(self.of(NAMES)), value);
            }
        }
        answer
    }
}

/// Prints the answer on the way out of a panic.
struct Tell<'a>(&'a Answer);

impl Drop for Tell<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the answer: {:?}\nits body: {}", self.0, self.0.body().escape_ascii());
        }
    }
}

#[test]
fn any_answer_is_understood() {
    let mut draw = Draw(1);
    let hub = Hub::docker(crate::common::budget(1, 2));
    let (password, token) = (crate::common::account(), crate::common::token_account());
    let mut seen = std::collections::BTreeSet::new();
    for round in 0..100_000 {
        let now = UnixTime::from_millis(draw.next() >> draw.below(64));
        let step = match round % 3 {
            0 => hub.login(&password),
            1 => hub.login(&token),
            _ => crate::common::challenge(&hub).answer(crate::common::code("012345"), now),
        };
        let Step::Send(exchange) = step else { panic!("{step:?}") };
        let answer = draw.answer();
        let tell = Tell(&answer);
        let step = exchange.send().1.reply(lend(&answer), now);
        seen.insert(crate::common::word(&step));
        let failure = match &step {
            Step::Done(grant) => {
                assert!(answer.status() == 200 && !grant.token().expose().is_empty());
                None
            }
            Step::NeedCode(challenge) => {
                assert!(
                    challenge.previous_failure().is_some()
                        || (round % 3 < 2 && matches!(answer.status().as_u16(), 200 | 401))
                );
                challenge.previous_failure()
            }
            Step::Failed(failure) => Some(failure),
            other => panic!("{other:?}"),
        };
        if let Some(failure) = failure {
            assert_bounded(failure);
            assert!(is_of_an_answer(failure.kind()));
            assert!(!matches!(
                failure.kind(),
                FailureKind::Transport | FailureKind::TimedOut | FailureKind::AnswerTooLarge
            ));
            assert_eq!(failure.status(), Some(answer.status()));
            assert!(failure.retry_at().is_none_or(|at| at.since(now) <= Duration::from_secs(24 * 60 * 60)));
        }
        drop(tell);
    }
    let of_first_call =
        "blocked_by_edge credentials_refused malformed_answer rate_limited redirected refused_by_policy server_fault";
    let of_code_call =
        ["blocked_by_edge", "code_refused", "rate_limited", "server_fault"].map(|kind| format!("code again: {kind}"));
    let all =
        of_first_call.split(' ').map(str::to_owned).chain(of_code_call).chain(["code".into(), "done".into()]).collect();
    assert_eq!(seen, all, "every way out was taken");
}
