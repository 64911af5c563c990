//! What a case works with: servers, and clients of the transport under test.

use std::error::Error;
use std::io;
use std::num::NonZeroU8;

use crate::hub::{SimHub, demo};
use hub_auth_core::{
    Account, BoxError, Code, Credential, Delivery, Failure, FailureKind, Grant, Hub, LoginOutcome, Policy, Step,
    TransportErrorKind,
};

use super::guard::Guard;
use super::{Answer, Target, Transport};
use crate::Loopback;
use crate::wire::{Act, Wire};

/// What came of a case: nothing, or why it failed.
pub(super) type Checked = Result<(), BoxError>;

/// Put before the library's own name in `User-Agent`.
pub(super) const PRODUCT: &str = r#"conformance/1.0 (a "quoted" word; = and ,)"#;

pub(super) struct Bench<'a> {
    make: &'a dyn Fn(&Target) -> Transport,
    guard: &'a Guard,
}

/// A transport, and a Hub whose logins it is to drive: one send a step, one code.
pub(super) struct Client {
    transport: Transport,
    pub(super) hub: Hub,
}

impl<'a> Bench<'a> {
    pub(super) fn new(make: &'a dyn Fn(&Target) -> Transport, guard: &'a Guard) -> Bench<'a> {
        Bench { make, guard }
    }

    /// A simulated Hub of the demo accounts with something changed, plain.
    pub(super) fn hub(&self, change: impl FnOnce(&mut SimHub)) -> io::Result<Loopback> {
        let mut hub = SimHub::demo();
        change(&mut hub);
        Ok(self.watched(Loopback::start(hub)?))
    }

    /// The same, however it was started.
    pub(super) fn watched(&self, server: Loopback) -> Loopback {
        self.guard.watch(server.end());
        server
    }

    /// A server of bytes.
    pub(super) fn wire(&self, scripts: Vec<Vec<Act>>) -> io::Result<Wire> {
        Ok(self.watched_wire(Wire::start(scripts)?))
    }

    pub(super) fn watched_wire(&self, server: Wire) -> Wire {
        server.end().into_iter().for_each(|end| self.guard.watch(end));
        server
    }

    pub(super) fn client(&self, target: &Target) -> Result<Client, BoxError> {
        let one = NonZeroU8::MIN;
        let hub = Hub::new(target.url.clone(), Policy::new(1).with_sends(one).with_codes(one))?.user_agent(PRODUCT)?;
        Ok(Client { transport: (self.make)(target), hub })
    }
}

impl Client {
    pub(super) async fn run(&self, step: Step) -> Answer {
        (self.transport)(step).await
    }

    /// A login of the account without a second factor.
    pub(super) async fn login(&self) -> Answer {
        self.run(self.hub.login(&bob())).await
    }

    /// What became of such a login, which has to fail.
    pub(super) async fn failure(&self) -> Result<Failure, BoxError> {
        match self.login().await {
            Err(failure) => Ok(failure),
            Ok(login) => Err(format!("it had to fail, and came to {}", told(&Ok(login))).into()),
        }
    }

    /// A login with the second factor, which has to succeed.
    pub(super) async fn both_calls(&self, server: &Loopback) -> Result<Grant, BoxError> {
        let login = self.run(self.hub.login(&alice())).await;
        let Ok(LoginOutcome::NeedCode(challenge)) = login else {
            return Err(format!("the first call had to ask for a code, and came to {}", told(&login)).into());
        };
        let code = Code::new(&server.code(demo::USER).ok_or("no second factor")?)?;
        granted(self.run(challenge.answer(code, server.now())).await)
    }
}

pub(super) fn alice() -> Account {
    account(demo::USER, demo::PASSWORD)
}

pub(super) fn bob() -> Account {
    account(demo::USER_WITHOUT_2FA, demo::PASSWORD_WITHOUT_2FA)
}

#[expect(clippy::expect_used, reason = "constants, all of them good")]
pub(super) fn account(user: &str, password: &str) -> Account {
    Account::new(user, Credential::password(password)).expect("a good name and password")
}

/// The grant that had to come.
pub(super) fn granted(login: Answer) -> Result<Grant, BoxError> {
    match login {
        Ok(LoginOutcome::Done(grant)) => Ok(grant),
        other => Err(format!("the login had to succeed, and came to {}", told(&other)).into()),
    }
}

pub(super) fn ensure(holds: bool, why: impl Into<BoxError>) -> Checked {
    if holds { Ok(()) } else { Err(why.into()) }
}

/// The failure has this kind.
pub(super) fn ensure_kind(failure: &Failure, kind: FailureKind) -> Checked {
    let told = described(failure);
    ensure(failure.kind() == kind, format!("it had to be `{kind}`, and was {told}"))
}

/// The failure says whether anything was sent.
pub(super) fn ensure_sent(failure: &Failure, sent: Delivery) -> Checked {
    let told = described(failure);
    let said = failure.transport().map(|(_, sent)| sent);
    ensure(said == Some(sent), format!("it had to be `Delivery::{sent:?}`, and was {told}"))
}

/// The failure says what broke.
pub(super) fn ensure_broke(failure: &Failure, what: TransportErrorKind) -> Checked {
    let told = described(failure);
    let said = failure.transport().map(|(what, _)| what);
    ensure(said == Some(what), format!("it had to be `TransportErrorKind::{what:?}`, and was {told}"))
}

/// An outcome in plain words.
pub(super) fn told(login: &Answer) -> String {
    match login {
        Ok(LoginOutcome::Done(_)) => "a token".into(),
        Ok(LoginOutcome::NeedCode(_)) => "a question for a code".into(),
        Err(failure) => described(failure),
    }
}

/// FailureKind, break, and the chain of causes.
pub(super) fn described(failure: &Failure) -> String {
    let broke = failure.transport().map(|(what, sent)| format!(" (TransportErrorKind::{what:?}, Delivery::{sent:?})"));
    format!("`{}`{}: {}", failure.kind(), broke.unwrap_or_default(), chain(failure))
}

/// An error and all beneath it.
pub(super) fn chain(error: &dyn Error) -> String {
    std::iter::successors(Some(error), |&error| error.source()).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
