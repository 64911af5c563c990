//! Staying logged in: core's session, without a store of its own.

use std::time::Duration;

use hub_auth_core::UnixTime;
use hub_auth_core::http::header::USER_AGENT;
use hub_auth_core::http::{HeaderMap, Response};
use hub_auth_core::session::{Answered, Bearer, Call, NeedCode, Next, Park, Sent, Session, Wait, Want};

use crate::machine::Id;
use crate::show::{self, Shown};
use crate::values::Event;

/// An open step of a session.
pub(crate) struct Held {
    /// The session.
    pub(crate) session: Id,
    /// The API call that the token is for, if it is for one.
    call: Option<Call>,
    step: Step,
}

enum Step {
    Park(Park),
    Sent(Sent),
    Wait(Wait),
    NeedCode(NeedCode),
    /// The API call is on its way with this token.
    Called(Bearer),
    /// The API call is sent then.
    CallAt(UnixTime),
}

/// Pairs the answer to the host with the step that the host must come back to.
pub(crate) type Told = (Shown, Option<Box<Held>>);

/// One call of the host to one session.
pub(crate) struct Turn<'a> {
    pub(crate) session: &'a mut Session,
    /// The session's id.
    pub(crate) of: Id,
    /// The id of the step that the host is told of.
    pub(crate) id: Id,
    pub(crate) now: UnixTime,
}

impl Turn<'_> {
    /// Asks for a token.
    pub(crate) fn token(self, min_left: Duration) -> Told {
        let next = self.session.start(Want::token(min_left), self.now);
        self.go(None, next)
    }

    /// Asks for a token for an API call, when the Hub takes calls.
    pub(crate) fn call(self, call: Call) -> Told {
        match self.session.call_wait(self.now) {
            Ok(Duration::ZERO) => {
                let next = self.session.start(Want::default(), self.now);
                self.go(Some(call), next)
            }
            Ok(wait) => self.call_after(wait, call),
            Err(failure) => (Shown::failed(&failure), None),
        }
    }

    /// Goes on with an open step; a step that does not take this event comes back.
    #[expect(clippy::boxed_local, reason = "it is handed back as it is held")]
    pub(crate) fn meet(mut self, open: Box<Held>, event: Event) -> Result<Told, Box<Held>> {
        let (session, now) = (&mut *self.session, self.now);
        let Held { session: of, call, step } = *open;
        let next = match (step, event) {
            (Step::Sent(sent), Event::Came(Ok((head, body)))) => {
                sent.reply(Response::from_parts(head, &body), session, now)
            }
            (Step::Sent(sent), Event::Came(Err(error))) => sent.failed(error, session, now),
            (Step::Park(park), Event::Resume) => park.resume(session, now),
            (Step::Wait(wait), Event::Resume) => wait.resume(session, now),
            (Step::Wait(wait), Event::GiveUp) => wait.give_up(session, now),
            (Step::NeedCode(need), Event::Code(code)) => need.answer(code, session, now),
            (Step::NeedCode(need), Event::GiveUp) => need.nobody(session, now),
            (Step::CallAt(until), Event::Resume) => {
                // What was waited for is over, even on a clock that was set back meanwhile.
                self.now = now.max(until);
                return Ok(self.call(call.unwrap_or_default()));
            }
            (Step::Called(bearer), Event::Answered(head)) => {
                return Ok(
                    match call.unwrap_or_default().answered(&bearer, head.status, &head.headers, session, now) {
                        Answered::Done => (Shown::Answered, None),
                        Answered::Again(call, Duration::ZERO) => self.call(call),
                        Answered::Again(call, wait) => self.call_after(wait, call),
                    },
                );
            }
            (step, _) => return Err(Box::new(Held { session: of, call, step })),
        };
        Ok(self.go(call, next))
    }

    /// Goes on to what the host has to do. There is no store to lock, read or write.
    fn go(self, call: Option<Call>, mut next: Next) -> Told {
        let Turn { session, of, id, now } = self;
        let (shown, step) = loop {
            next = match next {
                Next::Lock(lock) => lock.got(),
                Next::Load(load) => load.found(None, session, now),
                Next::Save(save) => save.done(session, now),
                Next::Unlock(unlock) => unlock.done(session, now),
                Next::Park(park) => break (Shown::Park { id }, Step::Park(park)),
                Next::NeedCode(need) => break (Shown::need_code(id, need.challenge()), Step::NeedCode(need)),
                Next::Wait(wait) => {
                    let until = (now + wait.delay(now)).as_millis();
                    break (Shown::Wait { id, until }, Step::Wait(wait));
                }
                Next::Send(unsent) => {
                    let (request, sent) = unsent.send();
                    break (Shown::send(id, &request), Step::Sent(sent));
                }
                Next::Ready(bearer) => {
                    let shown = ready(session, call.is_some().then_some(id), &bearer);
                    if call.is_none() {
                        return (shown, None);
                    }
                    break (shown, Step::Called(bearer));
                }
                Next::Refused(failure) => return (Shown::failed(&failure), None),
                // Only for a login that is asked for by hand, which none is here.
                Next::HandOut(challenge) => return (Shown::failed(&challenge.give_up()), None),
            };
        };
        (shown, Some(Box::new(Held { session: of, call, step })))
    }

    fn call_after(self, wait: Duration, call: Call) -> Told {
        let until = self.now + wait;
        let step = Step::CallAt(until);
        let held = Held { session: self.of, call: Some(call), step };
        (Shown::Wait { id: self.id, until: until.as_millis() }, Some(Box::new(held)))
    }
}

/// The token, alone and as the headers of an API call have it.
fn ready(session: &Session, id: Option<Id>, bearer: &Bearer) -> Shown {
    let mut headers = HeaderMap::new();
    headers.insert(USER_AGENT, session.hub().user_agent_header().clone());
    bearer.authorize(&mut headers);
    Shown::Ready { id, token: bearer.token().expose().to_owned(), headers: show::headers(&headers) }
}
