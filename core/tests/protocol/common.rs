//! Shares a Hub, accounts, answers, and a driver that plays events to a login.

use std::num::NonZeroU8;
use std::time::Duration;

use hub_auth_core::http::{HeaderName, HeaderValue, Response, StatusCode};
use hub_auth_core::{
    Account, Awaiting, Challenge, Code, Credential, Failure, FailureKind, Hub, Policy, Reply, Request, Secret, Step,
    TransportError, UnixTime,
};
use serde_json::Value;

pub(crate) const NOW: UnixTime = UnixTime::from_secs(1_760_000_000);
pub(crate) const USER: &str = "myusername";
pub(crate) const PASSWORD: &str = "p@ssw0rd-of-the-tests";
pub(crate) const TICKET: &str = "ticket-of-the-tests";
pub(crate) const TOKEN: &str = r#"{"token":"opaque-token"}"#;
pub(crate) const CHALLENGE: &str = r#"{"detail":"x","login_2fa_token":"ticket-of-the-tests"}"#;

pub(crate) fn policy() -> Policy {
    Policy::new(7)
}

/// A policy of so many sends a step and codes.
pub(crate) fn budget(sends: u8, codes: u8) -> Policy {
    policy().with_sends(NonZeroU8::new(sends).unwrap()).with_codes(NonZeroU8::new(codes).unwrap())
}

pub(crate) fn hub() -> Hub {
    Hub::docker(policy())
}

pub(crate) fn account() -> Account {
    Account::new(USER, Credential::password(PASSWORD)).unwrap()
}

pub(crate) fn token_account() -> Account {
    Account::new(USER, Credential::personal_token(PASSWORD)).unwrap()
}

pub(crate) fn code(text: &str) -> Code {
    Code::new(text).unwrap()
}

/// A whole answer.
pub(crate) type Answer = Response<Vec<u8>>;

pub(crate) fn answer(status: u16, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Answer {
    let mut answer = Response::new(body.as_ref().to_vec());
    *answer.status_mut() = StatusCode::from_u16(status).unwrap();
    for (name, value) in headers {
        answer.headers_mut().append(HeaderName::try_from(*name).unwrap(), HeaderValue::try_from(*value).unwrap());
    }
    answer
}

/// The answer as the machine takes it.
pub(crate) fn lend(answer: &Answer) -> Reply<'_> {
    let mut reply = Response::new(answer.body().as_slice());
    *reply.status_mut() = answer.status();
    *reply.headers_mut() = answer.headers().clone();
    reply
}

/// Meets one request.
#[derive(Debug)]
pub(crate) enum Event {
    Reply(Answer),
    TransportErrorKind(TransportError),
}

impl From<Answer> for Event {
    fn from(answer: Answer) -> Event {
        Event::Reply(answer)
    }
}

impl From<TransportError> for Event {
    fn from(broken: TransportError) -> Event {
        Event::TransportErrorKind(broken)
    }
}

impl Event {
    pub(crate) fn meet(self, awaiting: Awaiting, now: UnixTime) -> Step {
        match self {
            Event::Reply(answer) => awaiting.reply(lend(&answer), now),
            Event::TransportErrorKind(broken) => awaiting.failed(broken, now),
        }
    }
}

/// Plays events to a login and keeps what it did.
#[derive(Debug)]
pub(crate) struct Driver {
    pub(crate) now: UnixTime,
    pub(crate) sent: Vec<Request>,
    pub(crate) waits: Vec<Duration>,
}

impl Default for Driver {
    fn default() -> Driver {
        Driver { now: NOW, sent: Vec::new(), waits: Vec::new() }
    }
}

impl Driver {
    /// Sends once and meets it with `event`.
    pub(crate) fn meet(&mut self, step: Step, event: Event) -> Step {
        let Step::Send(exchange) = step else { panic!("not sent: {step:?}") };
        let (request, awaiting) = exchange.send();
        self.sent.push(request);
        event.meet(awaiting, self.now)
    }

    /// Meets each send with the next event and each wait with as much time. Stops at a challenge, at the end, and at a send
    /// for which no event is left.
    pub(crate) fn run(&mut self, mut step: Step, events: Vec<Event>) -> Step {
        let mut events = events.into_iter();
        loop {
            step = match step {
                Step::Send(exchange) => {
                    let Some(event) = events.next() else { return Step::Send(exchange) };
                    self.meet(Step::Send(exchange), event)
                }
                Step::Wait(pause) => {
                    self.waits.push(pause.delay(self.now));
                    self.now = self.now.max(pause.until());
                    pause.resume(self.now)
                }
                end => return end,
            }
        }
    }

    /// The bodies sent, as JSON.
    pub(crate) fn bodies(&self) -> Vec<Value> {
        self.sent.iter().map(body).collect()
    }
}

pub(crate) fn body(request: &Request) -> Value {
    serde_json::from_slice(request.body().as_ref()).unwrap()
}

pub(crate) fn failed(step: Step) -> Failure {
    match step {
        Step::Failed(failure) => failure,
        other => panic!("not failed: {other:?}"),
    }
}

pub(crate) fn challenged(step: Step) -> Challenge {
    match step {
        Step::NeedCode(challenge) => challenge,
        other => panic!("no challenge: {other:?}"),
    }
}

/// A challenge of the test account.
pub(crate) fn challenge(hub: &Hub) -> Challenge {
    challenged(Driver::default().run(hub.login(&account()), vec![answer(401, &[], CHALLENGE).into()]))
}

/// Names a step in a word: `send`, `wait`, `done`, `code`, `code again: KIND`, or the kind of the failure.
pub(crate) fn word(step: &Step) -> String {
    match step {
        Step::Send(_) => "send".into(),
        Step::Wait(_) => "wait".into(),
        Step::Done(_) => "done".into(),
        Step::NeedCode(challenge) => {
            challenge.previous_failure().map_or("code".into(), |why| format!("code again: {}", why.kind()))
        }
        Step::Failed(failure) => failure.kind().to_string(),
    }
}

/// Returns whether a random answer can lead to this kind.
pub(crate) fn is_of_an_answer(kind: FailureKind) -> bool {
    FailureKind::ALL.contains(&kind)
        && !matches!(kind, FailureKind::Usage | FailureKind::LockedOut | FailureKind::SecondFactorRequired)
}

/// Returns whether a text has no control character, nothing invisible, and nothing that changes the direction of text.
pub(crate) fn is_printable(text: &str) -> bool {
    !text.chars().any(|c| {
        c.is_control()
            || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
            || matches!(c, '\u{feff}' | '\u{e0000}'..='\u{e0fff}')
    })
}

/// Checks the texts that an answer could put into a failure.
pub(crate) fn assert_bounded(failure: &Failure) {
    let said = failure.server_message().unwrap_or_default();
    assert!(said.chars().count() <= 300 && is_printable(said), "{said:?}");
    let trace_id = failure.trace_id().unwrap_or("-");
    assert!((1..=128).contains(&trace_id.len()) && trace_id.bytes().all(|b| b.is_ascii_graphic()), "{trace_id:?}");
    let host = failure.redirected_to().unwrap_or("-");
    assert!(host.len() <= 253 && is_printable(host), "{host:?}");
    assert!(is_printable(&failure.to_string()));
}

pub(crate) fn reseal(challenge: &Challenge) -> Value {
    serde_json::from_str(challenge.seal().expose()).unwrap()
}

pub(crate) fn sealed(text: &Value) -> Secret {
    Secret::from(text.to_string())
}
