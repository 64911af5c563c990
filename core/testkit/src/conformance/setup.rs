//! Starts the servers and builds the clients of a case.

use std::error::Error;
use std::io;
use std::num::NonZeroU8;

use hub_auth_core::{
    Account, BoxError, Challenge, Code, Credential, Delivery, Failure, FailureKind, Grant, Hub, LoginOutcome, Policy,
    Step, TransportErrorKind,
};

use super::guard::Guard;
use super::{Answer, Claim, Target, Transport};
use crate::tls::{Authority, Server};
use crate::wire::{Act, Wire};
use crate::{Loopback, SimHub, demo};

/// Holds the outcome of a case. The error says why it failed.
pub(super) type Checked = Result<(), BoxError>;

/// Stands before the library's own name in `User-Agent`.
pub(super) const PRODUCT: &str = r#"conformance/1.0 (a "quoted" word; = and ,)"#;

/// An answer that asks for the second factor, and keeps the connection open.
pub(super) const ASKS_FOR_CODE: &str =
    "HTTP/1.1 401 Unauthorized\r\nContent-Length: 28\r\n\r\n{\"login_2fa_token\":\"ticket\"}";
/// An answer that grants the token `opaque`.
pub(super) const GRANTS: &str = "HTTP/1.1 200 OK\r\nContent-Length: 18\r\n\r\n{\"token\":\"opaque\"}";

pub(super) struct Setup<'a> {
    make: &'a dyn Fn(&Target) -> Transport,
    guard: &'a Guard,
    claims: &'a [Claim],
}

/// Drives logins of a Hub by a transport. The policy allows one sending a step and one code.
pub(super) struct Client {
    transport: Transport,
    pub(super) hub: Hub,
}

impl<'a> Setup<'a> {
    pub(super) fn new(make: &'a dyn Fn(&Target) -> Transport, guard: &'a Guard, claims: &'a [Claim]) -> Setup<'a> {
        Setup { make, guard, claims }
    }

    pub(super) fn claims_tls(&self) -> bool {
        self.claims.contains(&Claim::Tls)
    }

    /// Starts a simulated Hub without TLS, with the demo accounts and this change.
    pub(super) fn hub(&self, change: impl FnOnce(&mut SimHub)) -> io::Result<Loopback> {
        let mut hub = SimHub::demo();
        change(&mut hub);
        Ok(self.watched(Loopback::start(hub)?))
    }

    /// Hands a server to the guard.
    fn watched(&self, server: Loopback) -> Loopback {
        self.guard.watch(server.end());
        server
    }

    /// Starts a simulated Hub over TLS. Returns it with a target that trusts this authority.
    pub(super) fn tls_hub(&self, authority: &Authority, tls: impl Into<Server>) -> io::Result<(Loopback, Target)> {
        let server = self.watched(Loopback::start_tls(SimHub::demo(), tls)?);
        let target = Target::trusting(authority, server.url());
        Ok((server, target))
    }

    /// Starts a scripted server.
    pub(super) fn wire(&self, scripts: Vec<Vec<Act>>) -> io::Result<Wire> {
        let server = Wire::start(scripts)?;
        self.guard.watch(server.end());
        Ok(server)
    }

    /// Starts a scripted server beneath TLS. Returns it with a target that trusts it.
    pub(super) fn tls_wire(&self, scripts: Vec<Vec<Act>>) -> io::Result<(Wire, Target)> {
        let authority = Authority::new()?;
        let server = Wire::start_tls(&authority.issue(&["localhost"])?, scripts)?;
        self.guard.watch(server.end());
        let target = Target::trusting(&authority, server.url());
        Ok((server, target))
    }

    /// Builds a client for a plain server at this URL.
    pub(super) fn client_of(&self, url: http::Uri) -> Result<Client, BoxError> {
        self.client(&Target::new(url))
    }

    pub(super) fn client(&self, target: &Target) -> Result<Client, BoxError> {
        let one = NonZeroU8::MIN;
        self.patient_client(target, Policy::new(1).with_sends(one).with_codes(one))
    }

    /// Builds a client with another policy.
    pub(super) fn patient_client(&self, target: &Target, policy: Policy) -> Result<Client, BoxError> {
        let hub = Hub::new(target.url.clone(), policy)?.user_agent(PRODUCT)?;
        Ok(Client { transport: (self.make)(target), hub })
    }
}

impl Client {
    pub(super) async fn run(&self, step: Step) -> Answer {
        (self.transport)(step).await
    }

    /// Logs in to the account without a second factor.
    pub(super) async fn login(&self) -> Answer {
        self.run(self.hub.login(&bob())).await
    }

    /// Returns the failure of such a login, which has to fail.
    pub(super) async fn failure(&self) -> Result<Failure, BoxError> {
        failed(self.login().await)
    }

    /// Sends the first call of a login with a second factor.
    pub(super) async fn challenge(&self) -> Result<Challenge, BoxError> {
        match self.run(self.hub.login(&alice())).await {
            Ok(LoginOutcome::NeedCode(challenge)) => Ok(challenge),
            other => Err(format!("the first call had to ask for a code, and came to {}", told(&other)).into()),
        }
    }

    /// Answers a challenge of the simulated Hub.
    pub(super) async fn answer(&self, challenge: Challenge, server: &Loopback) -> Answer {
        match server.code(demo::USER).and_then(|code| Code::new(&code).ok()) {
            Some(code) => self.run(challenge.answer(code, server.now())).await,
            None => Err(challenge.give_up()),
        }
    }

    /// Logs in with the second factor, which has to succeed.
    pub(super) async fn both_calls(&self, server: &Loopback) -> Result<Grant, BoxError> {
        let challenge = self.challenge().await?;
        granted(self.answer(challenge, server).await)
    }
}

pub(super) fn alice() -> Account {
    account(demo::USER, demo::PASSWORD)
}

pub(super) fn bob() -> Account {
    account(demo::USER_WITHOUT_2FA, demo::PASSWORD_WITHOUT_2FA)
}

#[expect(clippy::expect_used, reason = "the names and passwords are constants")]
pub(super) fn account(user: &str, password: &str) -> Account {
    Account::new(user, Credential::password(password)).expect("a good name and password")
}

/// Returns the grant of a login that has to succeed.
pub(super) fn granted(login: Answer) -> Result<Grant, BoxError> {
    match login {
        Ok(LoginOutcome::Done(grant)) => Ok(grant),
        other => Err(format!("the login had to succeed, and came to {}", told(&other)).into()),
    }
}

/// Returns the failure of a login that has to fail.
pub(super) fn failed(login: Answer) -> Result<Failure, BoxError> {
    match login {
        Err(failure) => Ok(failure),
        Ok(login) => Err(format!("the login had to fail, and came to {}", told(&Ok(login))).into()),
    }
}

pub(super) fn ensure(holds: bool, why: impl Into<BoxError>) -> Checked {
    if holds { Ok(()) } else { Err(why.into()) }
}

/// Fails unless the failure has this kind.
pub(super) fn ensure_kind(failure: &Failure, kind: FailureKind) -> Checked {
    ensure(failure.kind() == kind, format!("it had to be `{kind}`, and was {}", described(failure)))
}

/// Fails unless the failure has this kind, and says this of the request.
pub(super) fn ensure_failed(failure: &Failure, kind: FailureKind, delivery: Delivery) -> Checked {
    ensure_kind(failure, kind)?;
    ensure_delivery(failure, delivery)
}

/// Fails unless the failure says this of the request.
pub(super) fn ensure_delivery(failure: &Failure, delivery: Delivery) -> Checked {
    let said = failure.transport().map(|(_, delivery)| delivery);
    ensure(said == Some(delivery), format!("it had to be `Delivery::{delivery:?}`, and was {}", described(failure)))
}

/// Fails unless the transport named this part as broken.
pub(super) fn ensure_broken(failure: &Failure, kind: TransportErrorKind) -> Checked {
    let said = failure.transport().map(|(kind, _)| kind);
    ensure(said == Some(kind), format!("it had to be `TransportErrorKind::{kind:?}`, and was {}", described(failure)))
}

/// Adds the row of a table to the reason why its check failed.
pub(super) fn row<T>(name: impl std::fmt::Display, checked: Result<T, BoxError>) -> Result<T, BoxError> {
    checked.map_err(|why| format!("{name}: {why}").into())
}

/// Describes an outcome in plain words.
pub(super) fn told(login: &Answer) -> String {
    match login {
        Ok(LoginOutcome::Done(_)) => "a token".into(),
        Ok(LoginOutcome::NeedCode(_)) => "a question for a code".into(),
        Err(failure) => described(failure),
    }
}

/// Describes a failure: its kind, the transport's error, and the chain of causes.
pub(super) fn described(failure: &Failure) -> String {
    let broken = failure.transport().map(|(kind, delivery)| format!(" ({kind:?}, {delivery:?})"));
    format!("`{}`{}: {}", failure.kind(), broken.unwrap_or_default(), chain(failure))
}

/// Joins the texts of an error and of all its causes.
pub(super) fn chain(error: &dyn Error) -> String {
    std::iter::successors(Some(error), |&error| error.source()).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
