//! Runs one login as a state machine: one file a state, all transitions in `transition`.

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

    /// Restores a challenge from the text of [`Challenge::seal`], which another process may have made. The login goes on with
    /// this Hub's address and policy. Returns [`SealError::Other`] for a challenge of another Hub.
    pub fn resume(&self, sealed: &Secret) -> Result<Challenge, SealError> {
        seal::resume(self, sealed)
    }
}

/// Tells the caller what a login needs next. Each variant has only the calls that are legal there. Dropping a step cancels
/// the login.
///
/// An adapter matches on the step in a loop; [the crate's page](crate) shows one.
#[derive(Debug)]
#[must_use = "a login goes on only when its step is acted on; dropping it cancels"]
pub enum Step {
    /// A request is ready: [send](Exchange::send) it, and give back what came.
    Send(Exchange),
    /// The account has a second factor: [answer](Challenge::answer) with a one-time code.
    NeedCode(Challenge),
    /// The next request has to wait: sleep, then [resume](Pause::resume).
    Wait(Pause),
    /// The login has succeeded.
    Done(Grant),
    /// The login has failed. The [kind](Failure::kind) says why, the [advice](Failure::advice) what to do.
    Failed(Failure),
}

/// Tells how far a login came without a person: done, or waiting for a code.
#[derive(Debug)]
#[must_use = "a second factor may be asked for"]
pub enum LoginOutcome {
    /// Logged in.
    Done(Grant),
    /// The Hub asks for a one-time code.
    NeedCode(Challenge),
}

const _: () = {
    const fn portable<T: Send + Sync + 'static>() {}
    portable::<Step>();
};
