//! Nothing that can be printed holds a secret: a canary for the password, the ticket, the code and the token goes through
//! every type in every state, with a server that repeats what it was sent, and no spelling of it comes out.

use std::error::Error;
use std::fmt::{Debug, Write};

use crate::common::{Answer, Event, NOW, answer, budget};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use hub_auth_core::Route;
use hub_auth_core::{
    Account, Awaiting, Challenge, Code, Credential, Delivery, Failure, Grant, Hub, ReplyBody, Secret, Step,
    TransportError, TransportErrorKind,
};
use serde_json::json;

const PASSWORD: &str = "canäry \"pass\\word\" ölk-7193";
const TICKET: &str = "canary.tick\"et\\ü.5527-eyJ";
const CODE: &str = "recövery \"canary\\code 8846";
const TOKEN: &str = "canary-tok\"en\\3371.A~b";
const REFRESH: &str = "canäry-refresh\"6612";
const SECRETS: [&str; 5] = [PASSWORD, TICKET, CODE, TOKEN, REFRESH];

/// Every way to write a text down that a careless printer might take, as it is and as it stands in a JSON body.
fn spellings(secret: &str) -> Vec<String> {
    let json = serde_json::to_string(secret).unwrap();
    let json = json.trim_matches('"');
    let ascii_json: String = json.encode_utf16().fold(String::new(), |text, unit| match u8::try_from(unit) {
        Ok(byte) if byte.is_ascii() => text + &char::from(byte).to_string(),
        _ => text + &format!("\\u{unit:04x}"),
    });
    let mut all = vec![ascii_json];
    for text in [secret, json] {
        let bytes = text.as_bytes();
        let spelled = |byte_as: fn(u8) -> String| bytes.iter().map(|byte| byte_as(*byte)).collect::<String>();
        let percent = spelled(|byte| match byte {
            b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
            byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        });
        all.extend([
            text.to_owned(),
            text.escape_debug().to_string(),
            text.escape_default().to_string(),
            text.escape_unicode().to_string(),
            bytes.escape_ascii().to_string(),
            format!("{bytes:?}").trim_matches(['[', ']']).to_owned(),
            percent.replace("%20", "+"),
            percent,
            spelled(|byte| format!("{byte:02x}")),
            spelled(|byte| format!("{byte:02X}")),
        ]);
        // Inside a longer text it begins at any third byte.
        for from in 0..3 {
            let whole = bytes.get(from..from + (bytes.len() - from) / 3 * 3).unwrap();
            all.extend([STANDARD_NO_PAD, URL_SAFE_NO_PAD].map(|engine| engine.encode(whole)));
        }
    }
    all
}

/// Collects everything that was printed; no canary may be in it.
#[derive(Default)]
pub(crate) struct Prints(pub(crate) String);

impl Prints {
    fn debug(&mut self, value: &impl Debug) {
        write!(self.0, "{value:?}\n{value:#?}\n").unwrap();
    }

    fn error(&mut self, error: &dyn Error) {
        write!(self.0, "{error}\n{error:?}\n{error:#?}\n").unwrap();
        if let Some(source) = error.source() {
            self.error(source);
        }
    }

    fn failure(&mut self, failure: &Failure) {
        self.error(failure);
        let advice = failure.advice();
        let texts = [failure.server_message(), failure.trace_id(), failure.redirected_to()];
        writeln!(self.0, "{advice:?} {texts:?} {:?} {}", failure.transport(), failure.kind()).unwrap();
    }

    fn challenge(&mut self, challenge: &Challenge) {
        self.debug(challenge);
        self.debug(&challenge.seal());
        writeln!(self.0, "{} {}", challenge.user(), challenge.kind()).unwrap();
        if let Some(why) = challenge.previous_failure() {
            self.failure(why);
        }
    }

    fn grant(&mut self, grant: &Grant) {
        self.debug(grant);
        self.debug(grant.token());
        self.debug(grant.token().header());
        self.debug(&(grant.user(), grant.claims(), grant.trace_id()));
    }

    pub(crate) fn step(&mut self, step: &Step) {
        self.debug(step);
        match step {
            Step::NeedCode(challenge) => self.challenge(challenge),
            Step::Done(grant) => self.grant(grant),
            Step::Failed(failure) => self.failure(failure),
            _ => {}
        }
    }

    #[track_caller]
    fn assert_silent(&self) {
        assert!(self.0.len() > 100, "nothing was printed");
        for secret in SECRETS {
            for spelled in spellings(secret) {
                let place = self.0.find(&spelled);
                let around = place.map(|at| self.0.get(at.saturating_sub(80)..at + spelled.len()));
                assert!(place.is_none(), "{spelled} in {around:?}");
            }
        }
    }
}

/// Sends, printing request and wait; what takes the answer.
fn send(prints: &mut Prints, step: Step) -> Awaiting {
    prints.step(&step);
    let Step::Send(exchange) = step else { panic!("{step:?}") };
    let (request, awaiting) = exchange.send();
    prints.debug(&request);
    prints.debug(request.body());
    prints.debug(&awaiting);
    awaiting
}

fn hub() -> Hub {
    Hub::docker(budget(2, 2))
}

fn accounts() -> [Account; 4] {
    [
        Credential::password(PASSWORD),
        Credential::personal_token(PASSWORD),
        Credential::personal_token(PASSWORD).via(Route::UsersLogin),
        Credential::organization_token(PASSWORD),
    ]
    .map(|credential| Account::new("alice", credential).unwrap())
}

fn challenge(prints: &mut Prints) -> Challenge {
    let body = json!({ "detail": "x", "login_2fa_token": TICKET }).to_string();
    let awaiting = send(prints, hub().login(&accounts()[0]));
    crate::common::challenged(Event::from(answer(401, &[], body)).meet(awaiting, NOW))
}

/// Answers of every kind that repeat `secret`, raw and escaped, wherever an answer can.
fn echoes(secret: &str) -> Vec<Answer> {
    let ascii: String = secret.chars().filter(char::is_ascii_graphic).collect();
    let json = serde_json::to_string(secret).unwrap();
    let host: String = secret.chars().filter(char::is_ascii_alphanumeric).collect();
    let location = format!("https://{host}.example/{host}");
    let headers = [("x-trace-id", ascii.as_str()), ("cf-ray", &ascii), ("location", &location), ("retry-after", &host)];
    let bodies = [
        json!({ "detail": secret }).to_string(),
        json!({ "message": format!("wrong: {json}"), "error": true }).to_string(),
        json!({ "text": format!("it was {} then", json.replace('\\', "\\\\")) }).to_string(),
        json!({ "error_description": secret, "refresh_token": REFRESH, "token": null }).to_string(),
        format!("error code: {secret}"),
        format!("<html>{secret}</html>"),
        json,
    ];
    let statuses = [200, 307, 400, 401, 403, 404, 429, 500, 503];
    statuses.iter().flat_map(|status| bodies.iter().map(|body| answer(*status, &headers, body))).collect()
}

fn breaks() -> Vec<TransportError> {
    let whats = [
        TransportErrorKind::Resolve,
        TransportErrorKind::Connect,
        TransportErrorKind::Tls,
        TransportErrorKind::Proxy,
        TransportErrorKind::Timeout,
        TransportErrorKind::TooLarge,
        TransportErrorKind::Closed,
    ];
    let of = |sent| whats.map(|what| TransportError::new(sent, what).with_source("a cause"));
    let mut breaks: Vec<TransportError> = of(Delivery::NotSent).into_iter().chain(of(Delivery::MaybeSent)).collect();
    let heads = echoes(PASSWORD).into_iter().map(|answer| answer.into_parts().0);
    breaks
        .extend(heads.map(|head| TransportError::new(Delivery::MaybeSent, TransportErrorKind::Closed).with_head(head)));
    breaks
}

#[test]
fn what_is_made_before_a_login_is_silent() {
    let mut prints = Prints::default();
    for account in accounts() {
        prints.debug(&account);
    }
    prints.debug(&hub());
    prints.debug(&Credential::password(PASSWORD));
    prints.debug(&Credential::detect(PASSWORD));
    prints.debug(&Secret::from(PASSWORD));
    prints.debug(&Code::new(CODE).unwrap());
    let mut body = ReplyBody::new(None);
    body.push(TOKEN.as_bytes()).unwrap();
    prints.debug(&body);
    prints.assert_silent();
}

#[test]
fn bad_input_is_not_repeated() {
    let mut prints = Prints::default();
    prints.error(&Account::new("alice", Credential::password(format!("{PASSWORD}\n"))).unwrap_err());
    prints.error(&Account::new("", Credential::password(PASSWORD)).unwrap_err());
    prints.error(&Account::new(PASSWORD, Credential::password("x")).unwrap_err());
    prints.error(&Code::new(&format!("{CODE}\u{7}")).unwrap_err());
    prints.error(&hub().user_agent(&format!("{PASSWORD}\n/1")).unwrap_err());
    let base = "https://alice:canary-pw@hub.docker.com".parse().unwrap();
    prints.error(&Hub::new(base, budget(1, 1)).unwrap_err());
    prints.error(&hub().resume(&Secret::from(TICKET)).unwrap_err());
    let seal = challenge(&mut Prints::default()).seal();
    prints.error(&hub().resume(&Secret::from(&seal.expose()[1..])).unwrap_err());
    let other = Hub::new("https://other.example".parse().unwrap(), budget(1, 1)).unwrap();
    prints.error(&other.resume(&seal).unwrap_err());
    assert!(!prints.0.contains("canary-pw"));
    prints.assert_silent();
}

#[test]
fn the_first_call_is_silent_whatever_comes_back() {
    let mut prints = Prints::default();
    for account in accounts() {
        let events = echoes(PASSWORD).into_iter().map(Event::from).chain(breaks().into_iter().map(Event::from));
        for event in events {
            let awaiting = send(&mut prints, hub().login(&account));
            prints.step(&event.meet(awaiting, NOW));
        }
    }
    prints.assert_silent();
}

#[test]
fn the_code_call_is_silent_whatever_comes_back() {
    let mut prints = Prints::default();
    let echoed = [TICKET, CODE].into_iter().flat_map(echoes).map(Event::from);
    for event in echoed.chain(breaks().into_iter().map(Event::from)) {
        let challenge = challenge(&mut prints);
        prints.challenge(&challenge);
        let awaiting = send(&mut prints, challenge.answer(Code::new(CODE).unwrap(), NOW));
        let step = event.meet(awaiting, NOW);
        prints.step(&step);
        match step {
            Step::NeedCode(again) => {
                let resumed = hub().resume(&again.seal()).unwrap();
                prints.challenge(&resumed);
                prints.step(&resumed.answer(Code::new(CODE).unwrap(), NOW));
                prints.failure(&again.give_up());
            }
            Step::Wait(pause) => {
                let until = pause.until();
                prints.step(&pause.resume(until));
            }
            _ => {}
        }
    }
    prints.assert_silent();
}

#[test]
fn a_success_is_silent() {
    let mut prints = Prints::default();
    for account in accounts() {
        let body = json!({ "token": TOKEN, "access_token": TOKEN, "refresh_token": REFRESH }).to_string();
        let awaiting = send(&mut prints, hub().login(&account));
        let step = Event::from(answer(200, &[("x-trace-id", "id")], body)).meet(awaiting, NOW);
        let Step::Done(grant) = &step else { panic!("{step:?}") };
        assert_eq!(grant.token().expose(), TOKEN);
        prints.step(&step);
        let body = json!({ "token": format!("{TOKEN} "), "access_token": format!("{TOKEN}\n") }).to_string();
        let awaiting = send(&mut prints, hub().login(&account));
        prints.step(&Event::from(answer(200, &[], body)).meet(awaiting, NOW));
    }
    prints.assert_silent();
}

#[test]
fn the_canary_would_be_heard() {
    for secret in SECRETS {
        for spelled in spellings(secret) {
            let prints = Prints(format!("{} {spelled} ", "x".repeat(200)));
            assert!(std::panic::catch_unwind(|| prints.assert_silent()).is_err(), "{spelled}");
        }
    }
}
