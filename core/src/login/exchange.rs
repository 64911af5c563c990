//! Holds the two states of a request: ready to be sent, and waiting for its answer.

use std::fmt;

use super::Step;
use super::transition::{self, Call, Flight};
use crate::route::Route;
use crate::time::UnixTime;
use crate::transport::{Reply, Request, TransportError};

/// Holds a request that is ready. It can be sent once:
///
/// ```
/// # use hub_auth_core::{Account, Credential, Exchange, Hub, Policy, Step};
/// fn send(exchange: Exchange) {
///     let first = exchange.send();
/// }
/// ```
///
/// and not twice:
///
/// ```compile_fail,E0382
/// # use hub_auth_core::{Account, Credential, Exchange, Hub, Policy, Step};
/// fn send(exchange: Exchange) {
///     let first = exchange.send();
///     let second = exchange.send();
/// }
/// ```
#[must_use = "dropping it cancels the login"]
pub struct Exchange(pub(super) Flight);

/// Waits for the answer to a request that was sent. It takes one answer:
///
/// ```
/// # use hub_auth_core::{Awaiting, Reply, UnixTime};
/// fn answer(awaiting: Awaiting, reply: Reply<'_>, now: UnixTime) {
///     let step = awaiting.reply(reply, now);
/// }
/// ```
///
/// and not two:
///
/// ```compile_fail,E0382
/// # use hub_auth_core::{Awaiting, Reply, UnixTime};
/// fn answer(awaiting: Awaiting, reply: Reply<'_>, now: UnixTime) {
///     let step = awaiting.reply(reply.clone(), now);
///     let step = awaiting.reply(reply, now);
/// }
/// ```
#[must_use = "dropping it cancels the login"]
pub struct Awaiting(pub(super) Flight);

impl Exchange {
    /// Returns the request, and the state that takes its answer.
    pub fn send(self) -> (Request, Awaiting) {
        let mut flight = self.0;
        flight.sends = flight.sends.saturating_add(1);
        let request = flight.request();
        (request, Awaiting(flight))
    }

    /// Returns the endpoint the request goes to.
    pub fn route(&self) -> Route {
        self.0.route()
    }
}

impl Awaiting {
    /// Takes the whole answer: any status, headers and bytes lead to a step.
    #[expect(clippy::needless_pass_by_value, reason = "an answer is taken once")]
    pub fn reply(self, reply: Reply<'_>, now: UnixTime) -> Step {
        transition::reply(self.0, &reply, now)
    }

    /// Takes the error if no whole answer came.
    pub fn failed(self, error: TransportError, now: UnixTime) -> Step {
        transition::failed(self.0, error, now)
    }

    /// Returns the endpoint the request went to.
    pub fn route(&self) -> Route {
        self.0.route()
    }

    /// Returns the number of this send of the same request, from 1.
    pub fn attempt(&self) -> u8 {
        self.0.sends
    }
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.describe(f, "Exchange")
    }
}

impl fmt::Debug for Awaiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.describe(f, "Awaiting")
    }
}

impl Flight {
    pub(super) fn route(&self) -> Route {
        match &self.call {
            Call::First(account) => account.route(),
            Call::Code(..) => Route::TwoFactor,
        }
    }

    fn describe(&self, f: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
        f.debug_struct(name).field("route", &self.route()).field("sends", &self.sends).finish_non_exhaustive()
    }
}
