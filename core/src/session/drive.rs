//! Every transition of staying logged in, in one place.
//!
//! ```text
//! start ──► Ready, Refused                        a token; or a refusal that still holds
//!   │
//!   ├─────► Park ──(the login has ended)──► Ready, Refused; or Load if its leader is gone
//!   │
//!   └─────► Load ──► Ready, Refused               the store knows
//!             │
//!             ▼
//!           Lock ──► Load ──► Send ◄──► Wait      the codes of TOTP wait as well
//!            │ ▲      │         │
//!            ▼ │      │         ├──► Unlock ──► NeedCode ──► Send      a person types without the lock
//!           Wait      │         ├──► Save ──► Send                     a TOTP step is saved before its code is sent
//!           Load      │         └──► Save ─┐                           a token; or a refusal that holds
//!                     └────────────────────┴──► Unlock ──► Ready, Refused, HandOut; start again with a changed account
//! ```

use std::sync::Arc;
use std::time::Duration;

use super::bearer::Bearer;
use super::countdown::Countdown;
use super::flight::FlightId;
use super::state::Session;
use super::steps::{
    AfterSave, AfterUnlock, Codes, Load, Lock, NeedCode, Next, Save, Sealed, Unlock, Unsent, Wait, Want,
};
use crate::account::Account;
use crate::failure::Failure;
use crate::grant::Grant;
use crate::login::{Challenge, Pause, Step};
use crate::route::Route;
use crate::secret::{Code, Secret};
use crate::time::UnixTime;

/// After a renewal that failed while the token is still good, the next is not tried before this.
const RENEW_AGAIN: Duration = Duration::from_secs(10);
/// The longest wait before a login without the store that failed.
const STORE_JITTER: Duration = Duration::from_secs(1);

/// The caller who logs in, for all or by hand. The session sees when it is dropped.
#[derive(Debug)]
pub(super) struct Lead {
    pub(super) flight: FlightId,
    /// Dropped with the lead.
    pub(super) alive: Arc<()>,
    pub(super) account: Account,
    /// The session's count of accounts when it began.
    pub(super) accounts: u64,
    pub(super) want: Want,
    pub(super) lock: StoreLock,
}

/// Whether the store is locked for this login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StoreLock {
    /// It is to be locked; others had the lock for this long.
    Wanted(Duration),
    Held,
    /// The login goes on without it.
    Without,
}

impl Lead {
    pub(super) fn account(&self) -> &Account {
        &self.account
    }

    pub(super) fn with(self, lock: StoreLock) -> Lead {
        Lead { lock, ..self }
    }

    fn is_locked(&self) -> bool {
        self.lock == StoreLock::Held
    }
}

/// How a login has ended.
#[derive(Debug)]
pub(super) enum End {
    Token(Bearer),
    Failed(Failure),
    HandOut(Challenge),
    /// The account was changed meanwhile.
    Again,
}

/// What follows a wait.
#[derive(Debug)]
pub(super) enum After {
    Load(Lead),
    Login(Lead, Pause),
    /// The Hub takes no code before: the one at hand, or one that is still to be made.
    Challenge(Lead, Challenge, Option<Code>),
    /// The TOTP secret has no unused code before.
    #[cfg_attr(not(feature = "totp"), expect(dead_code, reason = "only a TOTP secret makes it"))]
    TotpStep(Lead, Challenge),
}

impl After {
    pub(super) fn route(&self) -> Option<Route> {
        match self {
            After::Load(_) | After::TotpStep(..) => None,
            After::Login(_, pause) => Some(pause.route()),
            After::Challenge(..) => Some(Route::TwoFactor),
        }
    }
}

impl Session {
    /// Answers a challenge that was handed out, beside the login in flight if there is one. It comes back
    /// ([`Next::HandOut`]) if another code may be tried. One of another Hub, user or kind of credential than the session's is
    /// [given up](Challenge::give_up). So is one that the Hub takes no code for within the policy, because of this challenge or
    /// because of another login that it asked to wait.
    pub fn answer(&mut self, challenge: Challenge, code: Code, now: UnixTime) -> Next {
        if !self.owns(&challenge) {
            return Next::Refused(challenge.give_up());
        }
        let lead = self.lead(Want::default().by_hand());
        self.at_its_turn(lead, challenge, Some(code), now)
    }

    /// Says where one-time codes come from. Where one was missing, the next caller may log in again.
    pub fn set_codes(&mut self, codes: Codes) {
        self.codes = codes;
        self.holds.code_at_hand();
    }

    pub(super) fn look(&mut self, lead: &Lead, sealed: &Secret, now: UnixTime) {
        if lead.accounts == self.accounts {
            self.seal_error = self.restore(sealed, now).err();
        }
    }

    pub(super) fn loaded(&mut self, load: Load, now: UnixTime) -> Next {
        let Load { lead, end } = load;
        match end {
            Some(end) => {
                // The store may have told again of a refusal that this login has disproved.
                if matches!(end, End::Token(_)) && self.leads(&lead) {
                    self.holds.succeeded(Some(&lead.account));
                }
                self.land(&lead);
                Next::Save(Save { lead, then: AfterSave::End(end) })
            }
            None => self.log_in(lead, now),
        }
    }

    /// Logs in, unless what is known by now says otherwise.
    fn log_in(&mut self, lead: Lead, now: UnixTime) -> Next {
        if lead.accounts != self.accounts {
            return self.finish(lead, End::Again, now);
        }
        if let Some(bearer) = self.fresh(lead.want.min_left, now).filter(|_| !lead.want.is_anew).cloned() {
            return self.finish(lead, End::Token(bearer), now);
        }
        if let Some(failure) = self.held(lead.want, now) {
            return self.refused(lead, failure, now);
        }
        if let StoreLock::Wanted(waited) = lead.lock {
            // Another process renews the token, and this one need not wait for it.
            if let Some(bearer) = self.ready_for(lead.want, now).filter(|_| !waited.is_zero()) {
                self.renewal_paused = Some(Countdown::new(RENEW_AGAIN, now));
                return self.finish(lead, End::Token(bearer), now);
            }
            return Next::Lock(Lock { lead, waited });
        }
        let step = self.hub.login(&lead.account);
        self.stepped(lead, step, now)
    }

    pub(super) fn stepped(&mut self, lead: Lead, step: Step, now: UnixTime) -> Next {
        match step {
            Step::Send(exchange) => Next::Send(Unsent { lead, exchange }),
            Step::Wait(pause) => Next::Wait(Wait { until: pause.until(), then: After::Login(lead, pause) }),
            Step::NeedCode(challenge) => self.challenged(lead, challenge, now),
            Step::Done(grant) => self.settled(lead, Ok(grant), now),
            Step::Failed(failure) => self.settled(lead, Err(failure), now),
        }
    }

    fn challenged(&mut self, lead: Lead, challenge: Challenge, now: UnixTime) -> Next {
        if lead.accounts != self.accounts {
            return self.finish(lead, End::Again, now);
        }
        if lead.want.is_by_hand {
            if self.leads(&lead) {
                self.fail(&lead, &challenge.unanswered(), now);
            }
            return self.finish(lead, End::HandOut(challenge), now);
        }
        self.at_its_turn(lead, challenge, None, now)
    }

    /// Goes on with a challenge once the Hub takes a code: the one at hand, or one that is made then.
    pub(super) fn at_its_turn(&mut self, lead: Lead, challenge: Challenge, code: Option<Code>, now: UnixTime) -> Next {
        let longest = self.hub.policy().longest_wait();
        let mut wait = challenge.not_before().map_or(Duration::ZERO, |until| until.since(now));
        if wait > longest {
            return self.settled(lead, Err(challenge.give_up()), now);
        }
        if let Some((failure, left)) = self.holds.of_everybody(now).filter(|_| !lead.want.is_anew) {
            if left > longest {
                return self.refused(lead, failure, now);
            }
            wait = wait.max(left);
        }
        match code {
            code if !wait.is_zero() => {
                Next::Wait(Wait { until: now + wait, then: After::Challenge(lead, challenge, code) })
            }
            Some(code) => self.stepped(lead, challenge.answer(code, now), now),
            None => self.get_code(lead, challenge, now),
        }
    }

    /// Ends a login because of what is known already.
    fn refused(&mut self, lead: Lead, failure: Failure, now: UnixTime) -> Next {
        if self.leads(&lead) {
            self.failed = Some((lead.flight, failure.clone()));
        }
        self.finish(lead, End::Failed(failure), now)
    }

    fn get_code(&mut self, lead: Lead, challenge: Challenge, now: UnixTime) -> Next {
        match self.codes.clone() {
            Codes::Nobody => self.settled(lead, Err(challenge.give_up()), now),
            Codes::Person if lead.is_locked() => Next::Unlock(Unlock { lead, then: AfterUnlock::Ask(challenge) }),
            Codes::Person => Next::NeedCode(NeedCode { lead, challenge }),
            #[cfg(feature = "totp")]
            Codes::Totp(totp) => {
                let hub_now = challenge.hub_time(now);
                match totp.next(self.totp_step, hub_now) {
                    Ok((code, step)) => {
                        self.totp_step = Some(step);
                        Next::Save(Save { lead, then: AfterSave::Answer(challenge, code) })
                    }
                    Err(time) => {
                        let until = now + time.since(hub_now);
                        Next::Wait(Wait { until, then: After::TotpStep(lead, challenge) })
                    }
                }
            }
        }
    }

    pub(super) fn waited(&mut self, then: After, now: UnixTime) -> Next {
        match then {
            After::Load(lead) => Next::Load(Load { lead, end: None }),
            After::Login(lead, pause) => self.stepped(lead, pause.resume(now), now),
            After::Challenge(lead, challenge, code) => self.at_its_turn(lead, challenge, code, now),
            After::TotpStep(lead, challenge) => self.at_its_turn(lead, challenge, None, now),
        }
    }

    pub(super) fn gave_up(&mut self, then: After, now: UnixTime) -> Next {
        match then {
            After::Load(lead) => Next::Load(Load { lead: lead.with(StoreLock::Without), end: None }),
            After::Login(lead, pause) => self.settled(lead, Err(pause.give_up()), now),
            After::Challenge(lead, challenge, _) | After::TotpStep(lead, challenge) => {
                self.settled(lead, Err(challenge.give_up()), now)
            }
        }
    }

    /// The login has ended. What it tells is kept if it tells others something.
    pub(super) fn settled(&mut self, lead: Lead, result: Result<Grant, Failure>, now: UnixTime) -> Next {
        if lead.accounts != self.accounts {
            if let Err(failure) = result {
                self.holds.failed(&failure, &lead.account, now);
            }
            return self.finish(lead, End::Again, now);
        }
        let (end, is_news) = match result.and_then(|grant| self.adopt(&grant)) {
            Ok(bearer) => {
                // Which secret a challenge answered by hand began with is not known.
                if self.leads(&lead) {
                    self.holds.succeeded(Some(&lead.account));
                }
                (End::Token(bearer), true)
            }
            Err(failure) => {
                let is_news = self.fail(&lead, &failure, now);
                (End::Failed(failure), is_news)
            }
        };
        match is_news {
            false => self.finish(lead, end, now),
            true if lead.is_locked() => {
                self.land(&lead);
                Next::Save(Save { lead, then: AfterSave::End(end) })
            }
            // Others could write while the store was not locked.
            true => Next::Load(Load { lead, end: Some(end) }),
        }
    }

    /// Remembers a failure; says whether others are to know it too.
    fn fail(&mut self, lead: &Lead, failure: &Failure, now: UnixTime) -> bool {
        let is_news = self.holds.failed(failure, &lead.account, now);
        if self.leads(lead) {
            self.failed = Some((lead.flight, failure.clone()));
            self.renewal_paused = Some(Countdown::new(RENEW_AGAIN, now));
        }
        is_news
    }

    pub(super) fn saved(&mut self, save: Save, now: UnixTime) -> Next {
        match save.then {
            // Its step was not saved.
            AfterSave::Answer(..) if save.lead.accounts != self.accounts => self.finish(save.lead, End::Again, now),
            AfterSave::Answer(challenge, code) => self.stepped(save.lead, challenge.answer(code, now), now),
            AfterSave::End(end) => self.finish(save.lead, end, now),
        }
    }

    pub(super) fn unlocked(&mut self, unlock: Unlock, now: UnixTime) -> Next {
        let lead = unlock.lead.with(StoreLock::Without);
        match unlock.then {
            AfterUnlock::Ask(challenge) => Next::NeedCode(NeedCode { lead, challenge }),
            AfterUnlock::End(end) => self.finish(lead, end, now),
        }
    }

    /// Ends the flight, unlocks the store, and says what its leader gets.
    fn finish(&mut self, lead: Lead, end: End, now: UnixTime) -> Next {
        self.land(&lead);
        if lead.is_locked() {
            return Next::Unlock(Unlock { lead, then: AfterUnlock::End(end) });
        }
        match end {
            // Neither a token nor a failure of another account is for anybody.
            End::Token(_) | End::Failed(_) if lead.accounts != self.accounts => self.start(lead.want, now),
            // It was handed out to others when it came.
            End::Token(bearer) if self.rejected.as_ref().is_some_and(|rejected| rejected.is(&bearer)) => {
                self.start(lead.want, now)
            }
            End::Token(bearer) => Next::Ready(bearer),
            End::Failed(failure) => self.ready_for(lead.want, now).map_or(Next::Refused(failure), Next::Ready),
            End::HandOut(challenge) => Next::HandOut(challenge),
            End::Again => self.start(lead.want, now),
        }
    }

    pub(super) fn sealed_for(&mut self, lead: &Lead, now: UnixTime) -> Option<Sealed> {
        if lead.accounts == self.accounts { self.sealed(now) } else { None }
    }

    pub(super) fn store_jitter(&self) -> Duration {
        self.hub.policy().jitter(self.flights, STORE_JITTER)
    }

    /// The failure to hand out before anything is sent.
    pub(super) fn held(&mut self, want: Want, now: UnixTime) -> Option<Failure> {
        if want.is_anew {
            return None;
        }
        self.holds.failure(&self.account, now)
    }

    fn owns(&self, challenge: &Challenge) -> bool {
        challenge.hub().binding() == self.hub.binding()
            && challenge.user() == self.account.user()
            && challenge.kind() == self.account.kind()
    }
}
