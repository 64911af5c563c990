//! Runs logins for a host: each call takes one open step, and leaves at most one new one.

use std::fmt;
use std::time::Duration;

use hub_auth_core::api::Verdict;
use hub_auth_core::http::{Response, Uri};
use hub_auth_core::session::{Call, Codes, Session};
use hub_auth_core::{Awaiting, Challenge, Pause, Step, Token, UnixTime};

use crate::fields::{self, Fields, Misuse, wrong};
use crate::sessions::{Held, Told, Turn};
use crate::show::Shown;
use crate::values::{self, Event};

/// Names one open step, which is good for one call, or a session. It is never given out again.
pub(crate) type Id = u64;

/// How many steps or sessions may be open at once. A host that forgets to end them meets this limit, not the end of its
/// memory.
const MOST_OPEN: usize = 10_000;

/// All open steps and sessions, in the order of their ids. Reads a call, and writes its answer.
#[derive(Default)]
pub struct Machine {
    open: Vec<(Id, Open)>,
    sessions: Vec<(Id, Session)>,
    last: Id,
}

/// Holds a step or a session that a host knows by an id.
enum Open {
    /// A request was handed out.
    Request(Awaiting),
    /// A code is asked for.
    Challenge(Challenge),
    /// A code is asked for after a wait.
    Turn(Challenge),
    /// A wait is due.
    Wait(Pause),
    /// One of these of a session.
    OfSession(Box<Held>),
}

impl Machine {
    /// Returns a machine without logins.
    #[must_use]
    pub const fn new() -> Machine {
        Machine { open: Vec::new(), sessions: Vec::new(), last: 0 }
    }

    /// Carries out one call and returns its answer; both are JSON.
    pub fn call(&mut self, call: &[u8]) -> String {
        let shown = fields::read(call).and_then(|(name, fields)| self.run(&name, fields));
        let shown = shown.unwrap_or_else(|Misuse(message)| Shown::Error { kind: "usage", message });
        serde_json::to_string(&shown).unwrap_or_default()
    }

    /// Reads all fields before it changes anything, so that a wrong call costs the login nothing.
    fn run(&mut self, name: &str, mut fields: Fields) -> Result<Shown, Misuse> {
        if self.open.len().max(self.sessions.len()) >= MOST_OPEN && matches!(name, "login" | "session") {
            return Err(Misuse(format!("{MOST_OPEN} logins are open; end or cancel some first")));
        }
        if let Some(event) = values::event(name, &mut fields)? {
            let (id, now) = (fields.number("id")?, fields.now()?);
            fields.end()?;
            return self.meet(id, event, now);
        }
        match name {
            "login" => {
                let (hub, account) = (values::hub(&mut fields)?, values::account(&mut fields)?);
                fields.end()?;
                // It begins with a request, which needs no time.
                Ok(self.show(hub.login(&account), UnixTime::default()))
            }
            "verdict" => {
                let (token, now) = (Token::parse(&fields.text("token")?)?, fields.now()?);
                let (head, body) = values::answer(&mut fields)?;
                fields.end()?;
                Ok(Shown::verdict(&Verdict::of(head.status, &head.headers, &body, &token, now)))
            }
            "cancel" => {
                let id = only_id(fields)?;
                match (place(&self.sessions, id), place(&self.open, id)) {
                    (Ok(place), _) => drop(self.sessions.remove(place)),
                    (_, Ok(place)) => drop(self.open.remove(place)),
                    _ => return Err(not_open()),
                }
                Ok(Shown::Ok)
            }
            _ => self.run_session(name, fields),
        }
    }

    fn run_session(&mut self, name: &str, mut fields: Fields) -> Result<Shown, Misuse> {
        if name == "session" {
            let mut session = Session::new(values::hub(&mut fields)?, values::account(&mut fields)?);
            if fields.flag("asks")? {
                session.set_codes(Codes::Person);
            }
            fields.end()?;
            let id = self.next_id();
            self.sessions.push((id, session));
            return Ok(Shown::Session { session: id });
        }
        let of = fields.number("session")?;
        let id = self.next_id();
        let place = place(&self.sessions, of).map_err(|_| closed())?;
        let (_, session) = self.sessions.get_mut(place).ok_or_else(closed)?;
        let told = match name {
            "account" => {
                let account = values::account(&mut fields)?;
                fields.end()?;
                session.set_account(account);
                (Shown::Ok, None)
            }
            "token" => {
                let (now, min_left) = (fields.now()?, fields.number_if_any("min_left")?);
                fields.end()?;
                Turn { session, of, id, now }.token(Duration::from_millis(min_left.unwrap_or(0)))
            }
            "api" => {
                let (now, url) = (fields.now()?, fields.text("url")?);
                fields.end()?;
                if !url.parse().is_ok_and(|url: Uri| session.hub().is_origin_of(&url)) {
                    return Err(wrong("url", "is of another origin than the Hub; the token goes nowhere else"));
                }
                Turn { session, of, id, now }.call(Call::new())
            }
            _ => return Err(Misuse::new("no call has this name")),
        };
        Ok(self.told(id, told))
    }

    /// Goes on with an open step. These are all moves that there are.
    fn meet(&mut self, id: Id, event: Event, now: UnixTime) -> Result<Shown, Misuse> {
        let place = place(&self.open, id).map_err(|_| not_open())?;
        let (_, open) = self.open.remove(place);
        let step = match (open, event) {
            (Open::Request(awaiting), Event::Came(Ok((head, body)))) => {
                awaiting.reply(Response::from_parts(head, &body), now)
            }
            (Open::Request(awaiting), Event::Came(Err(error))) => awaiting.failed(error, now),
            (Open::Challenge(challenge), Event::Code(code)) => challenge.answer(code, now),
            (Open::Challenge(challenge) | Open::Turn(challenge), Event::GiveUp) => Step::Failed(challenge.give_up()),
            (Open::Turn(challenge), Event::Resume) => {
                let now = challenge.not_before().unwrap_or(now).max(now);
                return Ok(self.show(Step::NeedCode(challenge), now));
            }
            (Open::Wait(pause), Event::Resume) => {
                // The host has slept; a clock that was set back meanwhile does not prolong it.
                let until = pause.until();
                pause.resume(until.max(now))
            }
            (Open::Wait(pause), Event::GiveUp) => Step::Failed(pause.give_up()),
            (Open::OfSession(held), event) => return self.meet_session(place, id, held, event, now),
            (open, _) => {
                self.open.insert(place, (id, open));
                return Err(not_open());
            }
        };
        Ok(self.show(step, now))
    }

    fn meet_session(
        &mut self,
        was: usize,
        held_id: Id,
        held: Box<Held>,
        event: Event,
        now: UnixTime,
    ) -> Result<Shown, Misuse> {
        let (of, id) = (held.session, self.next_id());
        let place = place(&self.sessions, of).map_err(|_| closed())?;
        let (_, session) = self.sessions.get_mut(place).ok_or_else(closed)?;
        match (Turn { session, of, id, now }).meet(held, event) {
            Ok(told) => Ok(self.told(id, told)),
            Err(held) => {
                self.open.insert(was, (held_id, Open::OfSession(held)));
                Err(not_open())
            }
        }
    }

    /// Says what the host is to do in a login, and keeps what it is to come back to.
    fn show(&mut self, step: Step, now: UnixTime) -> Shown {
        let id = self.next_id();
        let (shown, open) = match step {
            Step::Send(exchange) => {
                let (request, awaiting) = exchange.send();
                (Shown::send(id, &request), Open::Request(awaiting))
            }
            Step::NeedCode(challenge) => {
                // Before the question: a code ages.
                let until = challenge.not_before().unwrap_or(now);
                if until.since(now) > challenge.longest_wait() {
                    return Shown::failed(&challenge.give_up());
                }
                if until > now {
                    (Shown::Wait { id, until: until.as_millis() }, Open::Turn(challenge))
                } else {
                    (Shown::need_code(id, &challenge), Open::Challenge(challenge))
                }
            }
            Step::Wait(pause) => (Shown::Wait { id, until: pause.until().as_millis() }, Open::Wait(pause)),
            Step::Done(grant) => return Shown::done(&grant),
            Step::Failed(failure) => return Shown::failed(&failure),
        };
        self.open.push((id, open));
        shown
    }

    /// The same for a session.
    fn told(&mut self, id: Id, (shown, held): Told) -> Shown {
        self.open.extend(held.map(|held| (id, Open::OfSession(held))));
        shown
    }

    fn next_id(&mut self) -> Id {
        self.last = self.last.wrapping_add(1);
        self.last
    }
}

/// Finds an id in what is ordered by ids.
fn place<T>(ordered: &[(Id, T)], id: Id) -> Result<usize, usize> {
    ordered.binary_search_by_key(&id, |(id, _)| *id)
}

fn only_id(mut fields: Fields) -> Result<Id, Misuse> {
    let id = fields.number("id")?;
    fields.end()?;
    Ok(id)
}

fn not_open() -> Misuse {
    Misuse::new("no open step of this id takes this call; each id is good for one call")
}

fn closed() -> Misuse {
    Misuse::new("no session has this id, or it was closed")
}

/// Tells how much is open, and nothing of it: each may hold a secret.
impl fmt::Debug for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (open, sessions) = (self.open.len(), self.sessions.len());
        f.debug_struct("Machine").field("open", &open).field("sessions", &sessions).finish_non_exhaustive()
    }
}
