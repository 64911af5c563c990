//! What the module does: each call takes one open step of a login, and leaves at most one new one.

use std::fmt;

use hub_auth_core::http::Response;
use hub_auth_core::{Awaiting, Challenge, Pause, Secret, Step, UnixTime};
use serde_json::{Value, json};

use crate::fields::{self, Fields, Misuse};
use crate::show;
use crate::values::{self, Came};

/// Names one open step. It is good for one call, and never given out again.
pub(crate) type Id = u64;

/// How many steps may be open at once. A host that forgets to end its logins meets this limit, not the end of its memory.
const MOST_OPEN: usize = 10_000;

/// All open steps of all logins. Reads a call, and writes its answer.
#[derive(Default)]
pub struct Machine {
    /// In the order of the ids.
    open: Vec<(Id, Open)>,
    last: Id,
}

/// What a host holds by an id.
enum Open {
    /// A request was handed out.
    Request(Awaiting),
    /// A code is asked for.
    Challenge(Challenge),
    /// A wait is due.
    Wait(Pause),
}

impl Machine {
    /// Returns a machine without logins.
    #[must_use]
    pub const fn new() -> Machine {
        Machine { open: Vec::new(), last: 0 }
    }

    /// Carries out one call and returns its answer; both are JSON.
    pub fn call(&mut self, call: &[u8]) -> String {
        let answer = fields::read(call).and_then(|(name, fields)| self.run(&name, fields));
        answer.unwrap_or_else(|Misuse(text)| show::error(&text)).to_string()
    }

    /// Reads all fields before it takes a step, so that a wrong call costs the login nothing.
    fn run(&mut self, name: &str, mut fields: Fields) -> Result<Value, Misuse> {
        let step = match name {
            "login" => {
                self.room_for_one()?;
                let (hub, account) = (values::hub(&mut fields)?, values::account(&mut fields)?);
                fields.end()?;
                hub.login(&account)
            }
            "reply" => self.answered(values::reply, fields)?,
            "failed" => self.answered(values::failed, fields)?,
            "code" => {
                let code = values::code(&mut fields)?;
                let (id, now) = id_and_now(fields)?;
                self.challenge(id)?.answer(code, now)
            }
            "resume" => {
                let (id, now) = id_and_now(fields)?;
                self.take(id, "wait", |open| if let Open::Wait(pause) = open { Ok(pause) } else { Err(open) })?
                    .resume(now)
            }
            "give_up" => {
                let give_up = |open| match open {
                    Open::Challenge(challenge) => Ok(challenge.give_up()),
                    Open::Wait(pause) => Ok(pause.give_up()),
                    Open::Request(_) => Err(open),
                };
                Step::Failed(self.take(only_id(fields)?, "challenge or wait", give_up)?)
            }
            "cancel" => {
                self.take(only_id(fields)?, "step", Ok)?;
                return Ok(json!({ "step": "cancelled" }));
            }
            "seal" => return Ok(show::sealed(&self.challenge(only_id(fields)?)?.seal())),
            "unseal" => {
                self.room_for_one()?;
                let (hub, sealed) = (values::hub(&mut fields)?, Secret::from(fields.text("sealed")?));
                fields.end()?;
                Step::NeedCode(hub.resume(&sealed).map_err(|error| Misuse(error.to_string()))?)
            }
            _ => return Err(Misuse::new("no call has this name")),
        };
        Ok(self.show(step))
    }

    fn answered(
        &mut self,
        read: impl FnOnce(&mut Fields) -> Result<Came, Misuse>,
        mut fields: Fields,
    ) -> Result<Step, Misuse> {
        let came = read(&mut fields)?;
        let (id, now) = id_and_now(fields)?;
        let request = |open| if let Open::Request(awaiting) = open { Ok(awaiting) } else { Err(open) };
        let awaiting = self.take(id, "request", request)?;
        Ok(match came {
            Ok((head, body)) => awaiting.reply(Response::from_parts(head, &body), now),
            Err(error) => awaiting.failed(error, now),
        })
    }

    fn challenge(&mut self, id: Id) -> Result<Challenge, Misuse> {
        self.take(id, "challenge", |open| if let Open::Challenge(challenge) = open { Ok(challenge) } else { Err(open) })
    }

    /// Takes the step of this id, or puts it back if it is another kind of step.
    fn take<T>(&mut self, id: Id, wanted: &str, want: impl FnOnce(Open) -> Result<T, Open>) -> Result<T, Misuse> {
        if let Ok(place) = self.open.binary_search_by_key(&id, |(id, _)| *id) {
            match want(self.open.remove(place).1) {
                Ok(wanted) => return Ok(wanted),
                Err(open) => self.open.insert(place, (id, open)),
            }
        }
        Err(Misuse(format!("no open {wanted} has this id; each id is good for one call")))
    }

    fn room_for_one(&self) -> Result<(), Misuse> {
        if self.open.len() < MOST_OPEN {
            return Ok(());
        }
        Err(Misuse(format!("{MOST_OPEN} steps are open; end or cancel their logins first")))
    }

    /// Says what the host is to do, and keeps what it is to come back to.
    fn show(&mut self, step: Step) -> Value {
        let id = self.last.wrapping_add(1);
        let (shown, open) = match step {
            Step::Send(exchange) => {
                let (request, awaiting) = exchange.send();
                (show::send(id, &request), Open::Request(awaiting))
            }
            Step::NeedCode(challenge) => (show::need_code(id, &challenge), Open::Challenge(challenge)),
            Step::Wait(pause) => (show::wait(id, &pause), Open::Wait(pause)),
            Step::Done(grant) => return show::done(&grant),
            Step::Failed(failure) => return show::failed(&failure),
        };
        self.last = id;
        self.open.push((id, open));
        shown
    }
}

fn only_id(mut fields: Fields) -> Result<Id, Misuse> {
    let id = fields.number("id")?;
    fields.end()?;
    Ok(id)
}

fn id_and_now(mut fields: Fields) -> Result<(Id, UnixTime), Misuse> {
    let now = fields.now()?;
    Ok((only_id(fields)?, now))
}

/// Tells how many steps are open, and nothing of them: each may hold a secret.
impl fmt::Debug for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Machine").field("open", &self.open.len()).finish_non_exhaustive()
    }
}
