//! The steps of staying logged in. Each one holds only the calls that are legal there.

use std::fmt;
use std::time::Duration;

use super::bearer::Bearer;
use super::drive::{After, End, Lead, StoreLock};
use super::flight::FlightId;
use super::state::Session;
use crate::account::Account;
use crate::failure::{Details, Failure};
use crate::kind::FailureKind;
use crate::login::{Awaiting, Challenge, Exchange};
use crate::route::Route;
use crate::secret::{Code, Secret};
use crate::time::UnixTime;
use crate::transport::{Reply, Request, TransportError};

/// What a caller of a session does next. [The module's page](super) shows the loop over it.
#[derive(Debug)]
#[must_use = "a session goes on only when its step is acted on; dropping it cancels"]
pub enum Next {
    /// Use this token.
    Ready(Bearer),
    /// There is no token, and this is the reason.
    Refused(Failure),
    /// The login that was asked for [by hand](Want::by_hand) needs a one-time code: [`Session::answer`] goes on from here.
    HandOut(Challenge),
    /// Another caller logs in: wait until its login has ended.
    Park(Park),
    /// Lock the store for one login.
    Lock(Lock),
    /// Read the store.
    Load(Load),
    /// Send a request to the Hub.
    Send(Unsent),
    /// Sleep.
    Wait(Wait),
    /// Ask a person for a one-time code.
    NeedCode(NeedCode),
    /// Write the store.
    Save(Save),
    /// Unlock the store.
    Unlock(Unlock),
}

/// What a caller wants of a session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Want {
    pub(super) min_left: Duration,
    pub(super) is_by_hand: bool,
    pub(super) is_anew: bool,
}

impl Want {
    /// A token that is good for at least `min_left`, or for as long as a fresh one is.
    #[must_use]
    pub fn token(min_left: Duration) -> Want {
        Want { min_left, ..Want::default() }
    }

    /// Hands a challenge out ([`Next::HandOut`]) instead of asking for a code.
    #[must_use]
    pub fn by_hand(self) -> Want {
        Want { is_by_hand: true, ..self }
    }

    /// Logs in even if there is a good token, or an earlier refusal says to wait. A failure is told even if a token is still
    /// good. For a person who decides so: each try may count at the Hub. What the store knows stays, the TOTP step too.
    #[must_use]
    pub fn anew(self) -> Want {
        Want { is_anew: true, ..self }
    }
}

/// Another caller logs in. Park until something may have ended, then look again.
#[derive(Debug)]
#[must_use = "the caller still waits for its token"]
pub struct Park {
    pub(super) followed: FlightId,
    pub(super) want: Want,
}

impl Park {
    /// Looks again. It is the same step while that login is on its way. If its leader is gone without a result, this caller
    /// leads. If it failed, this caller gets its failure, also where somebody logs in again meanwhile.
    pub fn resume(self, session: &mut Session, now: UnixTime) -> Next {
        session.follow(self, now)
    }

    /// Refuses a token to the code provider of that login, which would wait for itself.
    pub fn refuse(self, session: &Session) -> Next {
        let Session { account, .. } = session;
        Next::Refused(Details::new(FailureKind::SecondFactorRequired, account.route(), account.identity()).into())
    }
}

/// Lock the store for one login. A session without a store says [`got`](Lock::got).
///
/// ```compile_fail,E0382
/// # use hub_auth_core::session::Lock;
/// fn twice(lock: Lock) {
///     let first = lock.got();
///     let second = lock.got();
/// }
/// ```
#[derive(Debug)]
#[must_use = "dropping it hands the login over to the next caller"]
pub struct Lock {
    pub(super) lead: Lead,
    /// The sum of the waits so far.
    pub(super) waited: Duration,
}

/// Between two looks of those who wait for the lock: half of the time they have waited, within these bounds. So a login of a
/// second is known to all who wait for it a quarter of a second later, and costs the store a dozen looks of each.
const PAUSES: [Duration; 2] = [Duration::from_millis(2), Duration::from_millis(250)];
/// How long the login of another process is waited for. It may have to wait itself, half a minute for each of three codes.
const PATIENCE: Duration = Duration::from_secs(120);

impl Lock {
    /// The account whose place in the store is to be locked.
    #[must_use]
    pub fn account(&self) -> &Account {
        self.lead.account()
    }

    /// The lock is held now. Keep it until [`Unlock`].
    pub fn got(self) -> Next {
        Next::Load(Load { lead: self.lead.with(StoreLock::Held), end: None })
    }

    /// Another process has the lock. Its login is waited for, and the store is read again; after two minutes this login goes on
    /// without the lock.
    pub fn held(self, now: UnixTime) -> Next {
        let Lock { lead, waited } = self;
        if waited >= PATIENCE {
            return Next::Load(Load { lead: lead.with(StoreLock::Without), end: None });
        }
        let pause = (waited / 2).clamp(PAUSES[0], PAUSES[1]);
        let lead = lead.with(StoreLock::Wanted(waited + pause));
        Next::Wait(Wait { until: now + pause, then: After::Load(lead) })
    }

    /// The store failed. The login goes on without it after a short wait, different for each process, since all who share
    /// the store may be in the same situation.
    pub fn failed(self, session: &Session, now: UnixTime) -> Next {
        let until = now + session.store_jitter();
        Next::Wait(Wait { until, then: After::Load(self.lead.with(StoreLock::Without)) })
    }
}

/// Read the store.
#[derive(Debug)]
#[must_use = "dropping it hands the login over to the next caller"]
pub struct Load {
    pub(super) lead: Lead,
    /// The login has ended so; the store is read once more so that nothing in it is lost.
    pub(super) end: Option<End>,
}

impl Load {
    /// The account whose place in the store is to be read.
    #[must_use]
    pub fn account(&self) -> &Account {
        self.lead.account()
    }

    /// Goes on with what the store holds; `None` if that is nothing, or the store failed, or there is none. A text that
    /// cannot be read counts as nothing, and [`Session::seal_error`] tells why.
    // Inlined, so that a program without a store has no reader of sealed forms in it.
    #[inline]
    pub fn found(self, sealed: Option<&Secret>, session: &mut Session, now: UnixTime) -> Next {
        session.seal_error = None;
        if let Some(sealed) = sealed {
            session.look(&self.lead, sealed, now);
        }
        session.loaded(self, now)
    }
}

/// A request of the login that is ready.
#[derive(Debug)]
#[must_use = "dropping it hands the login over to the next caller"]
pub struct Unsent {
    pub(super) lead: Lead,
    pub(super) exchange: Exchange,
}

/// A request that was sent. It takes one answer.
#[derive(Debug)]
#[must_use = "dropping it hands the login over to the next caller"]
pub struct Sent {
    pub(super) lead: Lead,
    pub(super) awaiting: Awaiting,
}

impl Unsent {
    /// The request, and what takes its answer.
    pub fn send(self) -> (Request, Sent) {
        let (request, awaiting) = self.exchange.send();
        (request, Sent { lead: self.lead, awaiting })
    }
}

impl Sent {
    /// Takes the whole answer.
    pub fn reply(self, reply: Reply<'_>, session: &mut Session, now: UnixTime) -> Next {
        let Sent { lead, awaiting } = self;
        session.stepped(lead, awaiting.reply(reply, now), now)
    }

    /// Takes the news that no whole answer came.
    pub fn failed(self, error: TransportError, session: &mut Session, now: UnixTime) -> Next {
        let Sent { lead, awaiting } = self;
        session.stepped(lead, awaiting.failed(error, now), now)
    }

    /// The endpoint the request went to.
    #[must_use]
    pub fn route(&self) -> Route {
        self.awaiting.route()
    }

    /// Which send of this call it is, from 1.
    #[must_use]
    pub fn attempt(&self) -> u8 {
        self.awaiting.attempt()
    }
}

/// Sleep, then go on.
#[derive(Debug)]
#[must_use = "dropping it hands the login over to the next caller"]
pub struct Wait {
    pub(super) until: UnixTime,
    pub(super) then: After,
}

impl Wait {
    /// How long to sleep from now, on a monotonic clock.
    #[must_use]
    pub fn delay(&self, now: UnixTime) -> Duration {
        self.until.since(now)
    }

    /// The endpoint that asked for the wait. `None` for a wait that does not count in the time of the login: for the login
    /// of another process, or for the next time step of a TOTP secret.
    #[must_use]
    pub fn route(&self) -> Option<Route> {
        self.then.route()
    }

    /// Goes on after the whole [`delay`](Wait::delay), even if the clock was set back in between.
    pub fn resume(self, session: &mut Session, now: UnixTime) -> Next {
        let now = now.max(self.until);
        session.waited(self.then, now)
    }

    /// Ends the login instead of waiting, for a program whose own time is up. A wait for the store's lock is left out, and
    /// the login goes on without it.
    pub fn give_up(self, session: &mut Session, now: UnixTime) -> Next {
        session.gave_up(self.then, now)
    }
}

/// Ask a person for a one-time code. The store is not locked meanwhile.
#[derive(Debug)]
#[must_use = "dropping it hands the login over to the next caller"]
pub struct NeedCode {
    pub(super) lead: Lead,
    pub(super) challenge: Challenge,
}

impl NeedCode {
    /// What the code is for.
    pub fn challenge(&self) -> &Challenge {
        &self.challenge
    }

    /// Goes on with the person's code.
    pub fn answer(self, code: Code, session: &mut Session, now: UnixTime) -> Next {
        session.at_its_turn(self.lead, self.challenge, Some(code), now)
    }

    /// Ends the login, since nobody is there to ask.
    pub fn nobody(self, session: &mut Session, now: UnixTime) -> Next {
        let NeedCode { lead, challenge } = self;
        session.settled(lead, Err(challenge.give_up()), now)
    }
}

/// Write the store. Wake the parked callers too: the login may have ended.
#[derive(Debug)]
#[must_use = "what is not saved is unknown to all who share the store"]
pub struct Save {
    pub(super) lead: Lead,
    pub(super) then: AfterSave,
}

#[derive(Debug)]
pub(super) enum AfterSave {
    /// A time step is used up from now on, and its code can be sent.
    #[cfg_attr(not(feature = "totp"), expect(dead_code, reason = "only a TOTP secret makes it"))]
    Answer(Challenge, Code),
    End(End),
}

/// What is written to the store.
#[derive(Debug)]
pub struct Sealed {
    /// The text. It is a secret: it holds the token.
    pub text: Secret,
    /// When nothing in it is of use any more, on the local clock; `None` if that is not known.
    pub good_until: Option<UnixTime>,
}

impl Save {
    /// The account whose place in the store is to be written.
    #[must_use]
    pub fn account(&self) -> &Account {
        self.lead.account()
    }

    /// What to write. `None` if there is nothing to keep, or the session's account was changed.
    #[must_use]
    pub fn sealed(&self, session: &mut Session, now: UnixTime) -> Option<Sealed> {
        session.sealed_for(&self.lead, now)
    }

    /// Goes on, whether or not the store took it.
    pub fn done(self, session: &mut Session, now: UnixTime) -> Next {
        session.saved(self, now)
    }
}

/// Unlock the store.
#[derive(Debug)]
#[must_use = "the caller still waits for its token"]
pub struct Unlock {
    pub(super) lead: Lead,
    pub(super) then: AfterUnlock,
}

#[derive(Debug)]
pub(super) enum AfterUnlock {
    Ask(Challenge),
    End(End),
}

impl Unlock {
    /// Goes on without the lock.
    pub fn done(self, session: &mut Session, now: UnixTime) -> Next {
        session.unlocked(self, now)
    }
}

/// Where the one-time codes of a session come from.
#[derive(Clone, Default)]
#[non_exhaustive]
pub enum Codes {
    /// Nowhere: a login that needs one fails.
    #[default]
    Nobody,
    /// A person is asked: [`Next::NeedCode`].
    Person,
    /// The account's TOTP secret makes them. No time step is used twice.
    #[cfg(feature = "totp")]
    Totp(std::sync::Arc<crate::Totp>),
}

impl fmt::Debug for Codes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Codes::Nobody => "Nobody",
            Codes::Person => "Person",
            #[cfg(feature = "totp")]
            Codes::Totp(_) => "Totp",
        })
    }
}
