//! The machine: what to do next, one file per state, all transitions in `transition`.

mod challenge;
mod exchange;
mod pause;
mod seal;
mod transition;

pub use challenge::Challenge;
pub use exchange::{Awaiting, Exchange};
pub use pause::Pause;

use crate::account::Account;
use crate::error::SealError;
use crate::failure::Failure;
use crate::grant::Grant;
use crate::hub::Hub;
use crate::secret::Secret;

impl Hub {
    /// Starts a login of `account`. Nothing is sent until the [`Step`] is acted on.
    pub fn login(&self, account: &Account) -> Step {
        transition::begin(self, account)
    }

    /// Takes up a challenge that was [sealed](Challenge::seal), perhaps by another process. Address and policy are this
    /// Hub's; a challenge of another Hub is refused.
    pub fn resume(&self, sealed: &Secret) -> Result<Challenge, SealError> {
        seal::resume(self, sealed)
    }
}

/// What a login needs next. Each variant holds only the calls that are legal there; dropping it cancels the login.
///
/// An adapter is a loop over it; [the crate's page](crate) shows one.
#[derive(Debug)]
#[must_use = "a login goes on only when its step is acted on; dropping it cancels"]
pub enum Step {
    /// A request is ready: [send](Exchange::send) it, and give back what came.
    Send(Exchange),
    /// The account has a second factor: [answer](Challenge::answer) with a one-time code.
    NeedCode(Challenge),
    /// The next request has to wait: sleep, then [resume](Pause::resume).
    Wait(Pause),
    /// Logged in: the token, and what is known of it.
    Done(Grant),
    /// It has ended: the [kind](Failure::kind) says why, the [advice](Failure::advice) what to do.
    Failed(Failure),
}

/// Where an adapter hands a login back: done, or waiting for a person.
#[derive(Debug)]
#[must_use = "a second factor may be asked for"]
#[expect(
    clippy::large_enum_variant,
    reason = "a grant comes once, at the end; boxing it would cost every login an allocation"
)]
pub enum LoginOutcome {
    /// Logged in.
    Done(Grant),
    /// A one-time code is asked for; the login has let the account go.
    NeedCode(Challenge),
}

const _: () = {
    const fn portable<T: Send + Sync + 'static>() {}
    portable::<Step>();
};
