//! Checks what holds for every login and every answer: budgets, codes, the same transcript for the same input, sealing.

use std::fmt::Write;
use std::num::NonZeroU8;
use std::time::Duration;

use crate::common::{Event, NOW, USER, assert_bounded, is_of_an_answer};
use hub_auth_core::http::header::{HeaderName, HeaderValue};
use hub_auth_core::http::{Response, StatusCode};
use hub_auth_core::{
    Account, Challenge, Code, Credential, Delivery, Failure, Hub, Policy, Route, Step, TransportError,
    TransportErrorKind,
};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::Value;

/// Describes what meets one request, as data: two logins can be met with the same.
#[derive(Clone, Debug)]
enum Met {
    Reply(Head, Vec<u8>),
    TransportErrorKind { sent: Delivery, what: TransportErrorKind, head: Option<Head> },
}

#[derive(Clone, Debug)]
struct Head {
    status: u16,
    headers: Vec<(&'static str, Vec<u8>)>,
}

impl Head {
    fn with<B>(&self, body: B) -> Response<B> {
        let mut response = Response::new(body);
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap();
        for (name, value) in &self.headers {
            if let Ok(value) = HeaderValue::from_bytes(value) {
                response.headers_mut().append(HeaderName::from_static(name), value);
            }
        }
        response
    }
}

impl From<Met> for Event {
    fn from(met: Met) -> Event {
        match met {
            Met::Reply(head, body) => Event::Reply(head.with(body)),
            Met::TransportErrorKind { sent, what, head } => Event::TransportErrorKind(TransportError {
                head: head.map(|head| head.with(()).into_parts().0).map(Box::new),
                ..TransportError::new(sent, what)
            }),
        }
    }
}

fn status() -> impl Strategy<Value = u16> {
    let usual = prop::sample::select(vec![200u16, 200, 401, 401, 403, 429, 500, 503, 302, 400, 408]);
    prop_oneof![4 => usual, 1 => 100u16..1000]
}

/// Header values as they come, and nonsense.
fn header() -> impl Strategy<Value = (&'static str, Vec<u8>)> {
    let names = "retry-after x-retry-after x-ratelimit-limit x-ratelimit-remaining x-ratelimit-reset date cf-ray x-trace-id \
                 server content-type content-encoding location";
    let names: Vec<_> = names.split(' ').collect();
    let values = "0|1|-1|60|1746136938|1746136938000|1e400|NaN|Thu, 01 May 2025 22:01:18 GMT|cloudflare|text/html|\
                  application/json|gzip|60, 60|https://elsewhere.example/x|\u{1b}[31m";
    let values: Vec<_> = values.split('|').collect();
    let value = prop_oneof![
        3 => prop::sample::select(values).prop_map(|text| text.as_bytes().to_vec()),
        1 => vec(any::<u8>(), 0..200),
    ];
    (prop::sample::select(names), value)
}

/// Makes a JSON value near those that the Hub sends.
fn value() -> impl Strategy<Value = Value> {
    let text = |length| vec(any::<char>(), length).prop_map(|chars| Value::from(String::from_iter(chars)));
    let odd = ["", "string", "a\u{1b}[31mb", "GET http://10.0.0.7/x: {\"a\":1}", " ", "\u{202e}txt", "tok en", "tok\n"]
        .map(Value::from)
        .into_iter()
        .chain([
            Value::Null,
            true.into(),
            0.into(),
            (-1.5).into(),
            serde_json::json!([{"a": null}]),
            serde_json::json!({}),
        ]);
    prop_oneof![
        8 => prop::sample::select(odd.collect::<Vec<_>>()),
        2 => text(0..40),
        1 => text(250..400),
    ]
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    let keys = "token access_token refresh_token login_2fa_token detail message text error cloudflare_error error_code \
                retry_after";
    let keys: Vec<_> = keys.split(' ').collect();
    let object = vec((prop::sample::select(keys), value()), 0..4)
        .prop_map(|entries| Value::Object(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()));
    prop_oneof![
        2 => Just(crate::common::TOKEN.into()),
        2 => Just(crate::common::CHALLENGE.into()),
        1 => Just(br#"{"access_token":"opaque"}"#.to_vec()),
        1 => Just(b"<html></html>".to_vec()),
        1 => Just(b"error code: 1010".to_vec()),
        4 => object.prop_map(|json| json.to_string().into_bytes()),
        1 => vec(any::<u8>(), 0..100),
    ]
}

fn head() -> impl Strategy<Value = Head> {
    (status(), vec(header(), 0..4)).prop_map(|(status, headers)| Head { status, headers })
}

fn met() -> impl Strategy<Value = Met> {
    use TransportErrorKind::{Closed, Connect, Proxy, Resolve, Timeout, Tls, TooLarge, Unreadable};
    let what = prop::sample::select(vec![Resolve, Connect, Tls, Proxy, Timeout, TooLarge, Unreadable, Closed]);
    let sent = prop::sample::select(vec![Delivery::NotSent, Delivery::MaybeSent]);
    prop_oneof![
        3 => (head(), body()).prop_map(|(head, body)| Met::Reply(head, body)),
        1 => (sent, what, prop::option::weighted(0.3, head())).prop_map(|(sent, what, head)| Met::TransportErrorKind {
            what,
            // A head is proof that the request arrived.
            sent: if head.is_some() { Delivery::MaybeSent } else { sent },
            head,
        }),
    ]
}

/// Describes how a login is set up.
#[derive(Clone, Debug)]
struct Setup {
    seed: u64,
    sends: u8,
    codes: u8,
    longest_wait: u64,
    credential: u8,
}

fn setup() -> impl Strategy<Value = Setup> {
    (any::<u64>(), 1u8..5, 1u8..5, prop::sample::select(vec![0u64, 5, 100_000]), 0u8..4).prop_map(
        |(seed, sends, codes, longest_wait, credential)| Setup { seed, sends, codes, longest_wait, credential },
    )
}

impl Setup {
    fn hub(&self) -> Hub {
        let count = |n| NonZeroU8::new(n).unwrap();
        Hub::docker(
            Policy::new(self.seed)
                .with_sends(count(self.sends))
                .with_codes(count(self.codes))
                .with_longest_wait(Duration::from_secs(self.longest_wait)),
        )
    }

    fn account(&self) -> Account {
        let secret = "a-secret-of-the-properties";
        let credential = match self.credential {
            0 => Credential::personal_token(secret),
            1 => Credential::organization_token(secret),
            2 => Credential::personal_token(secret).via(Route::UsersLogin),
            _ => Credential::password(secret),
        };
        Account::new(USER, credential).unwrap()
    }
}

/// Plays a login to its end (a closed connection once the events run out), checks what must always hold, and writes down
/// everything that can be seen. With `reseal`, every challenge is sealed and taken up by another Hub value.
fn play(setup: &Setup, events: &[Met], reseal: bool) -> String {
    let hub = setup.hub();
    let mut log = String::new();
    let mut now = NOW;
    let mut step = hub.login(&setup.account());
    let mut events = events.iter().cloned();
    let mut sends = 0;
    let mut codes = 0;
    // The code of the step, and whether it may have reached the server.
    let mut doubted = false;
    let mut succeeded = false;
    let budget = usize::from(setup.sends) * (1 + usize::from(setup.codes));
    loop {
        step = match step {
            Step::Send(exchange) => {
                let (request, awaiting) = exchange.send();
                sends += 1;
                assert!(sends <= budget, "more than {budget} sends");
                assert!(!(codes > 0 && doubted), "a code that may have arrived is sent again");
                writeln!(log, "{now:?} {request:?} {}", String::from_utf8_lossy(request.body().as_ref())).unwrap();
                let met = events.next().unwrap_or(Met::TransportErrorKind {
                    sent: Delivery::MaybeSent,
                    what: TransportErrorKind::Closed,
                    head: None,
                });
                doubted = !matches!(met, Met::TransportErrorKind { sent: Delivery::NotSent, .. });
                succeeded = matches!(&met, Met::Reply(Head { status: 200, .. }, body) if has_token(body));
                Event::from(met).meet(awaiting, now)
            }
            Step::Wait(pause) => {
                assert!(pause.delay(now) <= Duration::from_secs(24 * 60 * 60));
                writeln!(log, "wait {:?}", pause.delay(now)).unwrap();
                now = now.max(pause.until());
                pause.resume(now)
            }
            Step::NeedCode(challenge) => {
                codes += 1;
                assert!(codes <= setup.codes, "more codes than the policy has");
                assert_eq!(challenge.codes_left(), setup.codes + 1 - codes);
                doubted = false;
                let challenge = if reseal { self::reseal(setup, &challenge) } else { challenge };
                writeln!(log, "{challenge:?} {:?}", challenge.previous_failure().map(kept)).unwrap();
                challenge.answer(Code::new(&format!("{:06}", u32::from(codes) * 111)).unwrap(), now)
            }
            Step::Done(grant) => {
                assert!(succeeded, "done without a 200 and a token");
                assert!(!grant.token().expose().is_empty());
                let seen = (grant.user(), grant.kind(), grant.route(), grant.claims(), grant.trace_id());
                writeln!(log, "{seen:?} {}", grant.token().expose()).unwrap();
                return log;
            }
            Step::Failed(failure) => {
                assert_bounded(&failure);
                assert!(is_of_an_answer(failure.kind()), "{failure:?}");
                writeln!(log, "{failure:?}").unwrap();
                return log;
            }
        }
    }
}

fn has_token(body: &[u8]) -> bool {
    let json: Value = serde_json::from_slice(body).unwrap_or_default();
    ["token", "access_token"]
        .iter()
        .any(|key| json.get(key).and_then(Value::as_str).is_some_and(|token| !token.is_empty()))
}

/// Returns what a seal keeps of a failure.
fn kept(why: &Failure) -> String {
    format!("{} {:?} {:?} {:?} {:?}", why.kind(), why.status(), why.retry_at(), why.trace_id(), why.server_message())
}

fn reseal(setup: &Setup, challenge: &Challenge) -> Challenge {
    let seal = challenge.seal();
    let resumed = setup.hub().resume(&seal).unwrap();
    assert_eq!(resumed.seal().expose(), seal.expose());
    assert_eq!((resumed.user(), resumed.kind()), (challenge.user(), challenge.kind()));
    assert_eq!(resumed.codes_left(), challenge.codes_left());
    assert_eq!(resumed.not_before(), challenge.not_before());
    assert_eq!(resumed.previous_failure().map(kept), challenge.previous_failure().map(kept));
    assert_eq!(format!("{resumed:?}"), format!("{challenge:?}"));
    resumed
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// The same input gives the same transcript, also where each challenge is sealed and taken up again.
    #[test]
    fn every_login_ends_within_its_budget(setup in setup(), events in vec(met(), 0..24)) {
        let transcript = play(&setup, &events, false);
        prop_assert_eq!(&transcript, &play(&setup, &events, false));
        prop_assert_eq!(&transcript, &play(&setup, &events, true));
    }
}
