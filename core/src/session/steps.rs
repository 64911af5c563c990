//! Defines the steps of staying logged in. Each one holds only the calls that are legal there.

use std::time::Duration;

use super::bearer::Bearer;
use super::flight::{FlightId, Lead};
use crate::failure::Failure;
use crate::login::{Awaiting, Challenge, Exchange, Pause};
use crate::route::Route;
use crate::secret::{Code, Secret};
use crate::time::UnixTime;

/// Tells a caller of a session what to do next. [The module's page](super) shows the loop over it. Dropping a step cancels
/// the login; the next caller that [looks again](Park::resume) leads then.
#[derive(Debug)]
#[must_use = "a session goes on only when its step is acted on; dropping it cancels"]
pub enum Next {
    /// Hands out the token to use.
    Ready(Bearer),
    /// Tells why there is no token.
    Refused(Failure),
    /// Hands out the challenge of a login that was asked for [by hand](Want::by_hand); [`Session::answer`](super::Session::answer)
    /// goes on from here.
    HandOut(Challenge),
    /// Asks to wait for another caller's login.
    Park(Park),
    /// Asks to lock the store.
    Lock(Lock),
    /// Asks to read the store.
    Load(Load),
    /// Asks to send a request to the Hub.
    Send(Unsent),
    /// Asks to sleep.
    Wait(Wait),
    /// Asks a person for a one-time code.
    NeedCode(NeedCode),
    /// Asks to write the store.
    Save(Save),
    /// Asks to unlock the store.
    Unlock(Unlock),
}

/// Says what a caller wants of a session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use = "a want is for `Session::start`"]
pub struct Want {
    pub(super) min_left: Duration,
    pub(super) is_by_hand: bool,
    pub(super) is_anew: bool,
}

impl Want {
    /// Wants a token that is good for at least `min_left`, or for as long as a fresh one is.
    pub fn token(min_left: Duration) -> Want {
        Want { min_left, ..Want::default() }
    }

    /// Wants a challenge handed out ([`Next::HandOut`]) instead of a person asked for a code.
    pub fn by_hand(self) -> Want {
        Want { is_by_hand: true, ..self }
    }

    /// Wants a login even if there is a good token, or an earlier refusal says to wait, and its failure even if a token is
    /// still good. For a person who decides so: each try may count at the Hub. What the store knows stays, the TOTP step too.
    pub fn anew(self) -> Want {
        Want { is_anew: true, ..self }
    }
}

/// Waits for another caller's login. Park until something may have ended, then look again.
#[derive(Debug)]
pub struct Park {
    pub(super) followed: FlightId,
    pub(super) want: Want,
}

/// Asks to lock the store for one login. A session without a store says [`got`](Lock::got).
///
/// ```compile_fail,E0382
/// # use hub_auth_core::session::Lock;
/// fn twice(lock: Lock) {
///     let first = lock.got();
///     let second = lock.got();
/// }
/// ```
#[derive(Debug)]
pub struct Lock {
    pub(super) lead: Lead,
    /// The sum of the waits so far.
    pub(super) waited: Duration,
}

/// Asks to read the store.
#[derive(Debug)]
pub struct Load {
    pub(super) lead: Lead,
    pub(super) then: After,
}

/// Holds a request of the login that is ready.
#[derive(Debug)]
pub struct Unsent {
    pub(super) lead: Lead,
    pub(super) exchange: Exchange,
}

/// Stands for a request that was sent. It takes one answer.
#[derive(Debug)]
#[must_use = "dropping it hands the login over to the next caller"]
pub struct Sent {
    pub(super) lead: Lead,
    pub(super) awaiting: Awaiting,
}

/// Asks to sleep and then to go on.
#[derive(Debug)]
pub struct Wait {
    pub(super) lead: Lead,
    pub(super) until: UnixTime,
    pub(super) route: Option<Route>,
    pub(super) then: After,
}

/// Asks a person for a one-time code. The store is not locked meanwhile.
#[derive(Debug)]
pub struct NeedCode {
    pub(super) lead: Lead,
    pub(super) challenge: Challenge,
}

/// Asks to write the store. Wake the parked callers too: the login may have ended.
#[derive(Debug)]
pub struct Save {
    pub(super) lead: Lead,
    pub(super) then: After,
}

/// Asks to unlock the store.
#[derive(Debug)]
pub struct Unlock {
    pub(super) lead: Lead,
    pub(super) then: After,
}

/// Says how a login goes on after the store, the clock or a person did their part.
#[derive(Debug)]
pub(super) enum After {
    /// Reads the store, then logs in.
    Load,
    LogIn,
    /// Sends the call of a login once more.
    Retry(Pause),
    /// Answers with the code at hand, or gets one.
    Code(Challenge, Option<Code>),
    /// Answers with a code whose time step was saved.
    #[cfg_attr(not(feature = "totp"), expect(dead_code, reason = "only a TOTP secret makes it"))]
    Answer(Challenge, Code),
    Ask(Challenge),
    Save(End),
    End(End),
}

/// Says how a login has ended.
#[derive(Debug)]
pub(super) enum End {
    Token(Bearer),
    Failed(Failure),
    HandOut(Challenge),
    /// The account was changed meanwhile.
    Again,
}

/// Holds what is written to the store.
#[derive(Debug)]
pub struct Sealed {
    /// The text, which is a secret: it holds the token.
    pub text: Secret,
    /// The instant after which nothing in the text is of use, on the local clock; `None` if that is not known.
    pub good_until: Option<UnixTime>,
}

/// Names the source of a session's one-time codes.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum Codes {
    /// Fails a login that needs a code.
    #[default]
    Nobody,
    /// Asks a person: [`Next::NeedCode`].
    Person,
    /// Makes codes from the account's TOTP secret. No time step is used twice.
    #[cfg(feature = "totp")]
    Totp(std::sync::Arc<crate::Totp>),
}
