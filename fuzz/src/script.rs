//! The target `script`: typed operations on a whole login.

use std::num::NonZeroU8;
use std::time::Duration;

use hub_auth_core::http::{Response, StatusCode};
use hub_auth_core::{
    Account, Awaiting, Challenge, Code, Credential, Delivery, FailureKind, Hub, Policy, Route, Step, TransportError,
    TransportErrorKind, UnixTime,
};
use serde_json::json;

use crate::checks::{self, PASSWORD, TICKET, TOKEN};
use crate::model::{Meaning, Model, Next};

/// A login that meets any answers, breaks, codes, waits and seals, in any order, does the same as the reference model.
/// It never sends beyond its budget, never sends a code again that may have arrived, asks for no code too many, ends with
/// a token only after a 200 that had one, and prints no secret on the way. Sealing and resuming changes nothing. A request
/// holds the secrets of its call and no others.
///
/// The bytes, by position, so that a change stays where it is made: four for the setup, then three for each operation.
pub fn script(data: &[u8]) {
    let Some((setup, rest)) = data.split_first_chunk() else { return };
    let mut login = Login::new(*setup);
    let mut step = login.hub.login(&login.account);
    for operation in rest.chunks_exact(3) {
        let &[what, detail, time] = operation else { continue };
        checks::step(&step, &login.secrets(), login.now);
        step = match step {
            Step::Send(exchange) => {
                let route = exchange.route();
                let (request, awaiting) = exchange.send();
                login.model.send();
                login.holds_its_secrets(route, request.body().as_ref());
                checks::silent(&format!("{request:?} {awaiting:?}"), &login.secrets());
                login.meet(awaiting, what, detail)
            }
            Step::NeedCode(challenge) => {
                let challenge = if what % 4 == 1 { login.reseal(&challenge) } else { challenge };
                if what % 16 == 2 {
                    let failure = challenge.give_up();
                    assert_eq!(failure.kind() == FailureKind::SecondFactorRequired, login.codes.is_empty());
                    return;
                }
                login.pass(time);
                login.answer(challenge, detail)
            }
            Step::Wait(pause) => {
                if what % 16 == 3 {
                    let failure = pause.give_up();
                    checks::silent(&format!("{failure:?} {failure}"), &login.secrets());
                    return;
                }
                login.pass(time);
                let now = if what % 2 == 0 { login.now.max(pause.until()) } else { login.now };
                let (until, is_over) = (pause.until(), pause.until() <= now);
                let step = pause.resume(now);
                match &step {
                    Step::Send(_) => assert!(is_over),
                    Step::Wait(same) => assert!(!is_over && same.until() == until),
                    other => panic!("{other:?} after a wait"),
                }
                login.now = now;
                step
            }
            Step::Done(_) | Step::Failed(_) => return,
        };
    }
    checks::step(&step, &login.secrets(), login.now);
}

struct Login {
    hub: Hub,
    account: Account,
    model: Model,
    now: UnixTime,
    /// Every code given so far.
    codes: Vec<String>,
    ticket: String,
}

impl Login {
    fn new([kind, counts, wait, seed]: [u8; 4]) -> Login {
        let (sends, codes, longest_wait) = (1 + counts % 4, 1 + counts / 16 % 4, u64::from(wait));
        let count = |n| NonZeroU8::new(n).expect("not zero");
        let policy = Policy::new(u64::from(seed))
            .with_sends(count(sends))
            .with_codes(count(codes))
            .with_longest_wait(Duration::from_secs(longest_wait));
        let credential = match kind % 4 {
            0 => Credential::password(PASSWORD),
            1 => Credential::personal_token(PASSWORD),
            2 => Credential::personal_token(PASSWORD).via(Route::UsersLogin),
            _ => Credential::organization_token(PASSWORD),
        };
        Login {
            hub: Hub::docker(policy),
            account: Account::new("alice", credential).expect("an account"),
            model: Model::new(sends, codes, longest_wait),
            now: UnixTime::from_secs(1_760_000_000),
            codes: Vec::new(),
            ticket: TICKET.to_owned(),
        }
    }

    /// No answer of these repeats one, so none may ever be seen.
    fn secrets(&self) -> Vec<&str> {
        [PASSWORD, TICKET, TOKEN].into_iter().chain(self.codes.iter().map(String::as_str)).collect()
    }

    /// Lets some time pass: milliseconds, seconds or hours.
    fn pass(&mut self, time: u8) {
        let unit = [1, 1000, 3_600_000][usize::from(time % 3)];
        self.now = self.now + Duration::from_millis(u64::from(time / 3) * unit);
    }

    /// The secrets of a call are in its body, and no others.
    fn holds_its_secrets(&self, route: Route, body: &[u8]) {
        let body: serde_json::Value = serde_json::from_slice(body).expect("a JSON body");
        let wanted = match route {
            Route::UsersLogin => json!({ "username": "alice", "password": PASSWORD }),
            Route::AuthToken => json!({ "identifier": "alice", "secret": PASSWORD }),
            _ => json!({ "login_2fa_token": self.ticket, "code": self.codes.last() }),
        };
        assert_eq!(body, wanted);
    }

    /// Answers or breaks the request, and checks the next step against the model.
    fn meet(&mut self, awaiting: Awaiting, what: u8, detail: u8) -> Step {
        let route = awaiting.route();
        let (meaning, step) = match what % 8 {
            0 => self.reply(awaiting, Meaning::Token, 200, &token(route)),
            1 => {
                if route == Route::TwoFactor {
                    // A new ticket beside a refused code takes the old one's place.
                    self.ticket = format!("{TICKET}-{detail}");
                }
                let body = json!({ "detail": "x", "login_2fa_token": self.ticket });
                self.reply(awaiting, Meaning::Ticket, 401, &body)
            }
            2 => self.reply(awaiting, Meaning::Refused, 401, &json!({ "detail": "x", "login_2fa_token": null })),
            3 => {
                let status = [429, 500, 502, 503][usize::from(detail % 4)];
                let secs = if status == 429 || detail & 8 != 0 { Some(u64::from(detail / 16)) } else { None };
                let body = json!({ "login_2fa_token": TICKET, "token": TOKEN });
                self.reply(awaiting, Meaning::Later(secs), status, &body)
            }
            4 => {
                let status = [301, 307, 400, 403, 404, 408, 201, 204][usize::from(detail % 8)];
                self.reply(awaiting, Meaning::Final, status, &token(route))
            }
            5 => self.reply(awaiting, Meaning::Final, 200, &json!({ "token": null, "detail": "x" })),
            6 => {
                let what = broke(detail);
                let meaning = if what == TransportErrorKind::Proxy { Meaning::Proxy } else { Meaning::NotSent };
                (meaning, awaiting.failed(TransportError::new(Delivery::NotSent, what), self.now))
            }
            _ => match broke(detail) {
                // Known of a proxy only where nothing was sent.
                TransportErrorKind::Proxy => (
                    Meaning::Lost,
                    awaiting.failed(TransportError::new(Delivery::MaybeSent, TransportErrorKind::Closed), self.now),
                ),
                what => (Meaning::Lost, awaiting.failed(TransportError::new(Delivery::MaybeSent, what), self.now)),
            },
        };
        let next = self.model.meet(meaning);
        let did = match &step {
            Step::Done(grant) => {
                assert_eq!((grant.token().expose(), grant.route()), (TOKEN, route));
                Next::Done
            }
            Step::NeedCode(challenge) => {
                assert_eq!(challenge.codes_left(), self.model.codes);
                assert_eq!(challenge.previous_failure().is_none(), self.codes.is_empty());
                let secs = if let Meaning::Later(secs) = meaning { secs } else { None };
                assert_eq!(challenge.not_before(), secs.map(|secs| self.now + Duration::from_secs(secs)));
                Next::Ask
            }
            Step::Wait(_) => Next::Again,
            Step::Failed(_) => Next::Failed,
            Step::Send(_) => panic!("sent again at once"),
        };
        assert_eq!(did, next, "after {meaning:?} on {route}: {step:?}");
        step
    }

    fn reply(&self, awaiting: Awaiting, meaning: Meaning, status: u16, body: &serde_json::Value) -> (Meaning, Step) {
        let body = body.to_string();
        let mut reply = Response::new(body.as_bytes());
        *reply.status_mut() = StatusCode::from_u16(status).expect("a status");
        if let Meaning::Later(Some(secs)) = meaning {
            reply.headers_mut().insert("retry-after", secs.into());
        }
        (meaning, awaiting.reply(reply, self.now))
    }

    /// Sealed and taken up by another Hub of the same address: nothing that can be seen has changed.
    fn reseal(&self, challenge: &Challenge) -> Challenge {
        let seal = challenge.seal();
        let resumed = Hub::docker(self.hub.policy().clone()).resume(&seal).expect("its own seal");
        assert_eq!(resumed.seal().expose(), seal.expose());
        assert_eq!(format!("{resumed:?}"), format!("{challenge:?}"));
        resumed
    }

    fn answer(&mut self, challenge: Challenge, detail: u8) -> Step {
        let code = format!("canary-code-{detail:03}");
        let is_early = challenge.not_before().is_some_and(|at| self.now < at);
        self.model.answer();
        let step = challenge.answer(Code::new(&code).expect("a code"), self.now);
        self.codes.push(code);
        assert!(if is_early { matches!(step, Step::Wait(_)) } else { matches!(step, Step::Send(_)) });
        step
    }
}

fn token(route: Route) -> serde_json::Value {
    if route == Route::AuthToken { json!({ "access_token": TOKEN }) } else { json!({ "token": TOKEN }) }
}

fn broke(detail: u8) -> TransportErrorKind {
    [
        TransportErrorKind::Resolve,
        TransportErrorKind::Connect,
        TransportErrorKind::Tls,
        TransportErrorKind::Proxy,
        TransportErrorKind::Timeout,
        TransportErrorKind::Closed,
    ][usize::from(detail % 6)]
}
