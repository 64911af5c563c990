//! Holds every transition of a login, in one place.
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

use std::time::Duration;

use super::countdown::Countdown;
use super::flight::{Lead, StoreLock};
use super::state::Session;
use super::steps::{After, Codes, End, Load, Lock, NeedCode, Next, Save, Sealed, Sent, Unlock, Unsent, Wait, Want};
use crate::account::Account;
use crate::failure::Failure;
use crate::grant::Grant;
use crate::login::{Challenge, Step};
use crate::route::Route;
use crate::secret::{Code, Secret};
use crate::time::UnixTime;
use crate::transport::{Reply, Request, TransportError};

/// Delays the next renewal after one that failed while the token is still good.
const RENEW_AGAIN: Duration = Duration::from_secs(10);
/// Bounds the wait before a login without a store that failed.
const STORE_JITTER: Duration = Duration::from_secs(1);
/// Bounds the pause before the next try of the lock. The pause is half of the time waited so far, so a login that takes a
/// second is noticed within 250 ms, after about 16 tries.
const PAUSES: [Duration; 2] = [Duration::from_millis(2), Duration::from_millis(250)];
/// Bounds the wait for the login of another process, which may itself wait half a minute for each of three codes.
const PATIENCE: Duration = Duration::from_secs(120);

impl Lock {
    /// Returns the account whose place in the store is to be locked.
    pub fn account(&self) -> &Account {
        &self.lead.account
    }

    /// Goes on with the lock. Keep it until [`Unlock`].
    pub fn got(self) -> Next {
        Next::Load(Load { lead: self.lead.with(StoreLock::Held), then: After::LogIn })
    }

    /// Waits, since another process has the lock, and reads the store again then. After two minutes this login goes on
    /// without the lock.
    pub fn held(self, now: UnixTime) -> Next {
        let Lock { lead, waited } = self;
        if waited >= PATIENCE {
            return Next::Load(Load { lead: lead.with(StoreLock::Without), then: After::LogIn });
        }
        let pause = (waited / 2).clamp(PAUSES[0], PAUSES[1]);
        let lead = lead.with(StoreLock::Wanted(waited + pause));
        Next::Wait(Wait { lead, until: now + pause, route: None, then: After::Load })
    }

    /// Goes on without the store, which failed, after a short wait: different for each process, since all who share the store
    /// may be in the same situation.
    pub fn failed(self, session: &Session, now: UnixTime) -> Next {
        let until = now + session.hub.policy().jitter(session.flights, STORE_JITTER);
        Next::Wait(Wait { lead: self.lead.with(StoreLock::Without), until, route: None, then: After::Load })
    }
}

impl Load {
    /// Returns the account whose place in the store is to be read.
    pub fn account(&self) -> &Account {
        &self.lead.account
    }

    /// Goes on with what the store holds; `None` if that is nothing, or the store failed, or there is none. A text that
    /// cannot be read counts as nothing, and [`Session::seal_error`] tells why.
    // Inlined, so that a program without a store has no reader of sealed forms in it.
    #[inline]
    pub fn found(self, sealed: Option<&Secret>, session: &mut Session, now: UnixTime) -> Next {
        let is_own = self.lead.accounts == session.accounts;
        session.seal_error = sealed.filter(|_| is_own).and_then(|sealed| session.restore(sealed, now).err());
        session.go_on(self.lead, self.then, now)
    }
}

impl Unsent {
    /// Returns the request, and what takes its answer.
    pub fn send(self) -> (Request, Sent) {
        let (request, awaiting) = self.exchange.send();
        (request, Sent { lead: self.lead, awaiting })
    }
}

impl Sent {
    /// Takes the whole answer.
    pub fn reply(self, reply: Reply<'_>, session: &mut Session, now: UnixTime) -> Next {
        session.stepped(self.lead, self.awaiting.reply(reply, now), now)
    }

    /// Takes the news that no whole answer came.
    pub fn failed(self, error: TransportError, session: &mut Session, now: UnixTime) -> Next {
        session.stepped(self.lead, self.awaiting.failed(error, now), now)
    }

    /// Returns the endpoint the request went to.
    pub fn route(&self) -> Route {
        self.awaiting.route()
    }

    /// Returns which send of this call it is, from 1.
    pub fn attempt(&self) -> u8 {
        self.awaiting.attempt()
    }
}

impl Wait {
    /// Returns how long to sleep from now, on a monotonic clock.
    pub fn delay(&self, now: UnixTime) -> Duration {
        self.until.since(now)
    }

    /// Returns the endpoint that asked for the wait. `None` for a wait that does not count in the time of the login: for the
    /// login of another process, or for the next time step of a TOTP secret.
    pub fn route(&self) -> Option<Route> {
        self.route
    }

    /// Goes on after the whole [`delay`](Wait::delay), even if the clock was set back in between.
    pub fn resume(self, session: &mut Session, now: UnixTime) -> Next {
        let now = now.max(self.until);
        session.go_on(self.lead, self.then, now)
    }

    /// Ends the login instead of waiting, for a program whose own time is up. A wait for the store's lock is left out, and
    /// the login goes on without it.
    pub fn give_up(self, session: &mut Session, now: UnixTime) -> Next {
        match self.then {
            After::Retry(pause) => session.settled(self.lead, Err(pause.give_up()), now),
            After::Code(challenge, _) => session.settled(self.lead, Err(challenge.give_up()), now),
            then => session.go_on(self.lead.with(StoreLock::Without), then, now),
        }
    }
}

impl NeedCode {
    /// Returns what the code is for.
    pub fn challenge(&self) -> &Challenge {
        &self.challenge
    }

    /// Goes on with the person's code.
    pub fn answer(self, code: Code, session: &mut Session, now: UnixTime) -> Next {
        session.at_its_turn(self.lead, self.challenge, Some(code), now)
    }

    /// Ends the login, since nobody is there to ask.
    pub fn nobody(self, session: &mut Session, now: UnixTime) -> Next {
        session.settled(self.lead, Err(self.challenge.give_up()), now)
    }
}

impl Save {
    /// Returns the account whose place in the store is to be written.
    pub fn account(&self) -> &Account {
        &self.lead.account
    }

    /// Returns what to write; `None` if there is nothing to keep, or the session's account was changed.
    pub fn sealed(&self, session: &mut Session, now: UnixTime) -> Option<Sealed> {
        if self.lead.accounts == session.accounts { session.sealed(now) } else { None }
    }

    /// Goes on, whether or not the store took it.
    pub fn done(self, session: &mut Session, now: UnixTime) -> Next {
        session.go_on(self.lead, self.then, now)
    }
}

impl Unlock {
    /// Goes on without the lock.
    pub fn done(self, session: &mut Session, now: UnixTime) -> Next {
        session.go_on(self.lead.with(StoreLock::Without), self.then, now)
    }
}

impl Session {
    /// Answers a challenge that was handed out. This login runs beside the one in flight. Returns [`Next::HandOut`] if another
    /// code may be tried. [Gives up](Challenge::give_up) a challenge of another Hub, user or kind of credential, and one whose
    /// wait is longer than the policy allows.
    pub fn answer(&mut self, challenge: Challenge, code: Code, now: UnixTime) -> Next {
        let is_own = challenge.hub().binding() == self.hub.binding()
            && challenge.user() == self.account.user()
            && challenge.kind() == self.account.kind();
        if !is_own {
            return Next::Refused(challenge.give_up());
        }
        let lead = self.lead(Want::default().by_hand());
        self.at_its_turn(lead, challenge, Some(code), now)
    }

    fn go_on(&mut self, lead: Lead, then: After, now: UnixTime) -> Next {
        match then {
            After::Load => Next::Load(Load { lead, then: After::LogIn }),
            After::LogIn => self.log_in(lead, now),
            After::Retry(pause) => self.stepped(lead, pause.resume(now), now),
            After::Code(challenge, code) => self.at_its_turn(lead, challenge, code, now),
            // Its step was not saved.
            After::Answer(..) if lead.accounts != self.accounts => self.finish(lead, End::Again, now),
            After::Answer(challenge, code) => self.stepped(lead, challenge.answer(code, now), now),
            After::Ask(challenge) => Next::NeedCode(NeedCode { lead, challenge }),
            After::Save(end) => self.keep(lead, end),
            After::End(end) => self.finish(lead, end, now),
        }
    }

    /// Logs in, unless what is known by now says otherwise.
    fn log_in(&mut self, lead: Lead, now: UnixTime) -> Next {
        if lead.accounts != self.accounts {
            return self.finish(lead, End::Again, now);
        }
        if let Some(bearer) = self.fresh(lead.want, now) {
            return self.finish(lead, End::Token(bearer), now);
        }
        if let Some(failure) = self.held(lead.want, now) {
            return self.refused(lead, failure, now);
        }
        if let StoreLock::Wanted(waited) = lead.lock {
            // Another process renews the token, and this one need not wait for it.
            if let Some(bearer) = self.usable(lead.want, now).filter(|_| !waited.is_zero()) {
                self.renewal_paused = Some(Countdown::new(RENEW_AGAIN, now));
                return self.finish(lead, End::Token(bearer), now);
            }
            return Next::Lock(Lock { lead, waited });
        }
        let step = self.hub.login(&lead.account);
        self.stepped(lead, step, now)
    }

    fn stepped(&mut self, lead: Lead, step: Step, now: UnixTime) -> Next {
        match step {
            Step::Send(exchange) => Next::Send(Unsent { lead, exchange }),
            Step::Wait(pause) => {
                let (until, route) = (pause.until(), Some(pause.route()));
                Next::Wait(Wait { lead, until, route, then: After::Retry(pause) })
            }
            Step::NeedCode(_) if lead.accounts != self.accounts => self.finish(lead, End::Again, now),
            Step::NeedCode(challenge) if lead.want.is_by_hand => {
                if self.leads(&lead) {
                    self.fail(&lead, &challenge.unanswered(), now);
                }
                self.finish(lead, End::HandOut(challenge), now)
            }
            Step::NeedCode(challenge) => self.at_its_turn(lead, challenge, None, now),
            Step::Done(grant) => self.settled(lead, Ok(grant), now),
            Step::Failed(failure) => self.settled(lead, Err(failure), now),
        }
    }

    /// Goes on with a challenge once the Hub takes a code: the one at hand, or one that is made then.
    fn at_its_turn(&mut self, lead: Lead, challenge: Challenge, code: Option<Code>, now: UnixTime) -> Next {
        let longest = self.hub.policy().longest_wait();
        let mut until = challenge.not_before().unwrap_or(now);
        if until.since(now) > longest {
            return self.settled(lead, Err(challenge.give_up()), now);
        }
        if let Some((failure, over)) = self.holds.of_all(now).filter(|_| !lead.want.is_anew) {
            if over.since(now) > longest {
                return self.refused(lead, failure, now);
            }
            until = until.max(over);
        }
        match code {
            code if until > now => {
                let route = Some(Route::TwoFactor);
                Next::Wait(Wait { lead, until, route, then: After::Code(challenge, code) })
            }
            Some(code) => self.stepped(lead, challenge.answer(code, now), now),
            None => self.get_code(lead, challenge, now),
        }
    }

    fn get_code(&mut self, lead: Lead, challenge: Challenge, now: UnixTime) -> Next {
        match self.codes.clone() {
            Codes::Nobody => self.settled(lead, Err(challenge.give_up()), now),
            Codes::Person if lead.lock == StoreLock::Held => Next::Unlock(Unlock { lead, then: After::Ask(challenge) }),
            Codes::Person => Next::NeedCode(NeedCode { lead, challenge }),
            #[cfg(feature = "totp")]
            Codes::Totp(totp) => {
                let hub_now = challenge.hub_time(now);
                let free = totp.next(self.stored_step, hub_now);
                match free.and_then(|_| totp.next(self.totp_step, hub_now)) {
                    Ok((code, step)) => {
                        (self.totp_step, self.stored_step) = (Some(step), None);
                        Next::Save(Save { lead, then: After::Answer(challenge, code) })
                    }
                    Err(time) => {
                        let until = now + time.since(hub_now);
                        Next::Wait(Wait { lead, until, route: None, then: After::Code(challenge, None) })
                    }
                }
            }
        }
    }

    /// Ends a login with its result, which is kept if it tells others something.
    fn settled(&mut self, lead: Lead, result: Result<Grant, Failure>, now: UnixTime) -> Next {
        if lead.accounts != self.accounts {
            if let Err(failure) = result {
                self.holds.failed(&failure, &lead.account, now);
            }
            return self.finish(lead, End::Again, now);
        }
        let end = match result.and_then(|grant| self.adopt(&grant)) {
            Ok(bearer) => End::Token(bearer),
            Err(failure) => {
                let is_news = self.fail(&lead, &failure, now);
                if !is_news {
                    return self.finish(lead, End::Failed(failure), now);
                }
                End::Failed(failure)
            }
        };
        if lead.lock == StoreLock::Held {
            return self.keep(lead, end);
        }
        // Others could write while the store was not locked.
        Next::Load(Load { lead, then: After::Save(end) })
    }

    /// Remembers a failure. Returns whether others are to know it too.
    fn fail(&mut self, lead: &Lead, failure: &Failure, now: UnixTime) -> bool {
        let is_news = self.holds.failed(failure, &lead.account, now);
        if self.leads(lead) {
            self.failed = Some((lead.flight, failure.clone()));
            self.renewal_paused = Some(Countdown::new(RENEW_AGAIN, now));
        }
        is_news
    }

    /// Ends the flight and saves what it has brought.
    fn keep(&mut self, lead: Lead, end: End) -> Next {
        // Which secret a challenge answered by hand began with is not known.
        if matches!(end, End::Token(_)) && self.leads(&lead) {
            self.holds.succeeded(Some(&lead.account));
        }
        self.land(&lead);
        Next::Save(Save { lead, then: After::End(end) })
    }

    /// Ends a login because of what is known already.
    fn refused(&mut self, lead: Lead, failure: Failure, now: UnixTime) -> Next {
        if self.leads(&lead) {
            self.failed = Some((lead.flight, failure.clone()));
        }
        self.finish(lead, End::Failed(failure), now)
    }

    /// Ends the flight, unlocks the store, and says what its leader gets.
    fn finish(&mut self, lead: Lead, end: End, now: UnixTime) -> Next {
        self.land(&lead);
        if lead.lock == StoreLock::Held {
            return Next::Unlock(Unlock { lead, then: After::End(end) });
        }
        match end {
            // Neither a token nor a failure of another account is for anybody.
            End::Token(_) | End::Failed(_) if lead.accounts != self.accounts => self.start(lead.want, now),
            // The token was handed out to others when it came, and one of them has rejected it.
            End::Token(bearer) if self.rejected.as_ref().is_some_and(|rejected| rejected.is(&bearer)) => {
                self.start(lead.want, now)
            }
            End::Token(bearer) => Next::Ready(bearer),
            End::Failed(failure) => self.usable(lead.want, now).map_or(Next::Refused(failure), Next::Ready),
            End::HandOut(challenge) => Next::HandOut(challenge),
            End::Again => self.start(lead.want, now),
        }
    }
}
