//! Tests the session on a virtual clock: each rule by itself, and callers of two processes in every order (`model`).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    unused_must_use,
    reason = "a test says so by panicking, and drops a step once it is reached"
)]

mod calls;
mod codes;
mod holds;
mod kept;
mod model;
mod renewal;
mod sharing;
mod token_in_hand;

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hub_auth_core::http::Response;
use hub_auth_core::http::header::{DATE, RETRY_AFTER};
use hub_auth_core::session::{Bearer, Next, Rejected, Sealed, Sent, Session, Want};
use hub_auth_core::{
    Account, Challenge, Code, Credential, Delivery, Failure, FailureKind, Hub, Policy, Secret, TransportError,
    TransportErrorKind, UnixTime,
};

const NOW: UnixTime = UnixTime::from_secs(1_760_000_000);
const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(86_400);

fn account(secret: &str) -> Account {
    Account::new("alice", Credential::password(secret)).unwrap()
}

/// One send for each call, so that each answer ends it.
fn hub() -> Hub {
    Hub::docker(Policy::new(7).with_sends(1.try_into().unwrap()))
}

/// Plays a process: its session, and its last save.
struct Process {
    session: Session,
    saved: Option<Sealed>,
}

fn process(secret: &str) -> Process {
    Process { session: Session::new(hub(), account(secret)), saved: None }
}

fn want() -> Want {
    Want::token(MINUTE)
}

impl Process {
    fn start(&mut self, now: UnixTime) -> Next {
        self.session.start(want(), now)
    }

    /// Goes on from `next`, with `store` to be read, up to where the Hub, a person, the clock or another caller decides.
    fn go_on(&mut self, mut next: Next, store: Option<&Secret>, now: UnixTime) -> Next {
        let session = &mut self.session;
        loop {
            next = match next {
                Next::Lock(lock) => lock.got(),
                Next::Load(load) => load.found(store, session, now),
                Next::Save(save) => {
                    self.saved = save.sealed(session, now).or(self.saved.take());
                    save.done(session, now)
                }
                Next::Unlock(unlock) => unlock.done(session, now),
                other => return other,
            }
        }
    }

    /// Asks, and goes on with `store` to be read.
    fn asks(&mut self, want: Want, store: Option<&Secret>, now: UnixTime) -> Next {
        let next = self.session.start(want, now);
        self.go_on(next, store, now)
    }

    /// Leads a login up to its first request, which is sent.
    fn lead_from(&mut self, store: Option<&Secret>, now: UnixTime) -> Sent {
        sent(self.asks(want(), store, now))
    }

    fn lead(&mut self, now: UnixTime) -> Sent {
        self.lead_from(None, now)
    }

    fn answered(&mut self, sent: Sent, answer: Response<&[u8]>, now: UnixTime) -> Next {
        let next = sent.reply(answer, &mut self.session, now);
        self.go_on(next, None, now)
    }

    fn failed(&mut self, sent: Sent, status: u16, now: UnixTime) -> Failure {
        let next = self.answered(sent, response(status, b"{\"detail\":\"no\"}"), now);
        refused(next)
    }

    fn granted(&mut self, sent: Sent, token: &str, now: UnixTime) -> Bearer {
        let body = format!("{{\"token\":\"{token}\"}}");
        let next = self.answered(sent, response(200, body.as_bytes()), now);
        ready(next)
    }

    fn lost(&mut self, sent: Sent, now: UnixTime) -> Next {
        let error = TransportError::new(Delivery::MaybeSent, TransportErrorKind::Closed);
        let next = sent.failed(error, &mut self.session, now);
        self.go_on(next, None, now)
    }

    /// Logs in with a token that lives `life`.
    fn log_in(&mut self, life: Duration, serial: u64, now: UnixTime) -> Bearer {
        let sent = self.lead(now);
        self.granted(sent, &jwt(Some(now + life), serial), now)
    }

    fn refused_at(&mut self, now: UnixTime) -> Failure {
        let next = self.start(now);
        refused(next)
    }

    fn store(&self) -> &Secret {
        &self.saved.as_ref().expect("it has saved").text
    }

    fn challenge(&mut self, now: UnixTime) -> Challenge {
        let sent = sent(self.asks(want().by_hand(), None, now));
        match self.answered(sent, response(401, br#"{"login_2fa_token":"t"}"#), now) {
            Next::HandOut(challenge) => challenge,
            other => panic!("no challenge: {other:?}"),
        }
    }
}

fn response(status: u16, body: &[u8]) -> Response<&[u8]> {
    let mut response = Response::new(body);
    *response.status_mut() = status.try_into().unwrap();
    response
}

/// Makes a token that says it lives until `expires` on the issuer's clock; `serial` tells it from others.
fn jwt(expires: Option<UnixTime>, serial: u64) -> String {
    let exp = expires.map_or("null".into(), |at| at.as_secs().to_string());
    format!("h.{}.s{serial}", URL_SAFE_NO_PAD.encode(format!("{{\"exp\":{exp},\"jti\":{serial}}}")))
}

fn code() -> Code {
    Code::new("123456").unwrap()
}

fn sent(next: Next) -> Sent {
    match next {
        Next::Send(unsent) => unsent.send().1,
        other => panic!("nothing to send: {other:?}"),
    }
}

fn ready(next: Next) -> Bearer {
    match next {
        Next::Ready(bearer) => bearer,
        other => panic!("not ready: {other:?}"),
    }
}

fn refused(next: Next) -> Failure {
    match next {
        Next::Refused(failure) => failure,
        other => panic!("not refused: {other:?}"),
    }
}

fn parked(next: Next) -> hub_auth_core::session::Park {
    match next {
        Next::Park(park) => park,
        other => panic!("not parked: {other:?}"),
    }
}

/// Goes up to the step after the first look into an empty store.
fn lock(session: &mut Session, now: UnixTime) -> hub_auth_core::session::Lock {
    let Next::Load(load) = session.start(want(), now) else { panic!("it does not lead") };
    let Next::Lock(lock) = load.found(None, session, now) else { panic!("it does not lock") };
    lock
}

fn leads(next: Next) {
    assert!(matches!(next, Next::Load(_)), "does not lead: {next:?}");
}
