//! Callers of one session, which is compared with the model at each of their steps.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hub_auth_core::http::Response;
use hub_auth_core::http::header::RETRY_AFTER;
use hub_auth_core::session::{Ask, Bearer, Flight, FlightId, Rejected, Session};
use hub_auth_core::{
    Account, Challenge, Code, Credential, Delivery, Failure, FailureKind, Grant, Hub, Policy, Secret, Step,
    TransportError, TransportErrorKind, UnixTime,
};

use super::model::{self, Kept, LIFE, Model, Says, Verdict};

pub const CALLERS: usize = 3;
/// Two of them leave 30 s of a token's life, which is below any threshold of renewal; one leaves far more.
const TICK: u64 = 285;
const MOMENT: u64 = 2;
/// The clock is set back by more than a sequence can make up for.
const BACK: u64 = 100_000;
/// More than a token's whole life.
const ALWAYS: u64 = 86_400;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    Ask(usize, u64),
    /// A follower wakes, whether or not the flight has ended.
    Wake(usize),
    Grant(usize),
    Refuse(usize),
    Lose(usize),
    Limit(usize),
    Abandon(usize),
    /// A code is asked for, and the leader takes the challenge away.
    HandOut(usize),
    /// It is answered: by hand, from here on.
    Answer(usize),
    /// The leader looks into the store first.
    TakeOver(usize),
    Reject(usize),
    SetAccount(usize),
    CodeAtHand,
    /// The session is put into the store; or that of another process, which has just logged in.
    Keep,
    KeepElsewhere,
    Tick,
    Moment,
    Back,
}

impl Op {
    /// Those of one login for all, and its failures.
    pub fn basic() -> Vec<Op> {
        let of =
            |n| [Op::Ask(n, 0), Op::Wake(n), Op::Grant(n), Op::Refuse(n), Op::Lose(n), Op::Abandon(n), Op::Reject(n)];
        (0..CALLERS).flat_map(of).chain([Op::Tick]).collect()
    }

    pub fn all() -> Vec<Op> {
        let of = |n| {
            let asks = [Op::Ask(n, 100), Op::Ask(n, ALWAYS), Op::TakeOver(n)];
            asks.into_iter().chain([Op::Limit(n), Op::HandOut(n), Op::Answer(n)])
        };
        let accounts = (0..3).map(Op::SetAccount);
        let rest = [Op::CodeAtHand, Op::Keep, Op::KeepElsewhere, Op::Moment, Op::Back];
        Op::basic().into_iter().chain((0..CALLERS).flat_map(of)).chain(accounts).chain(rest).collect()
    }
}

enum Caller {
    Idle,
    Leading(Flight, Step, model::Flight),
    ByHand(Flight, Step, model::Flight),
    Following(FlightId, u64, u64),
    Holding(Bearer, u64),
    /// With the account it is of.
    Asked(Challenge, usize),
}

pub struct World {
    session: Session,
    model: Model,
    callers: [Caller; CALLERS],
    /// Numbers the tokens given out.
    minted: u64,
    store: Option<(Secret, Kept)>,
}

fn account(index: usize) -> Account {
    Account::new(model::user(index), Credential::password(["one", "two", "three"][index])).unwrap()
}

fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

impl World {
    pub fn new(hub: &Hub) -> World {
        let model = Model::at(1_760_000_000);
        let callers = std::array::from_fn(|_| Caller::Idle);
        World { session: Session::new(hub.clone(), account(0)), model, callers, minted: 0, store: None }
    }

    /// One send and one code, so that each answer ends a login.
    pub fn hub() -> Hub {
        Hub::docker(Policy::new(11).with_sends(1.try_into().unwrap()).with_codes(1.try_into().unwrap()))
    }

    fn now(&self) -> UnixTime {
        UnixTime::from_secs(self.model.now)
    }

    pub fn can(&self, op: Op) -> bool {
        match op {
            Op::Ask(n, _) => matches!(self.callers[n], Caller::Idle | Caller::Holding(..)),
            Op::Wake(n) => matches!(self.callers[n], Caller::Following(..)),
            Op::Grant(n) | Op::Refuse(n) | Op::Lose(n) | Op::Abandon(n) => {
                matches!(self.callers[n], Caller::Leading(..) | Caller::ByHand(..))
            }
            Op::Limit(n) | Op::HandOut(n) => matches!(self.callers[n], Caller::Leading(..)),
            Op::Answer(n) => matches!(self.callers[n], Caller::Asked(..)),
            Op::TakeOver(n) => matches!(self.callers[n], Caller::Leading(..)) && self.store.is_some(),
            Op::Reject(n) => matches!(self.callers[n], Caller::Holding(..)),
            Op::SetAccount(_) | Op::CodeAtHand | Op::Keep | Op::KeepElsewhere | Op::Tick | Op::Moment | Op::Back => {
                true
            }
        }
    }

    pub fn act(&mut self, op: Op) {
        let now = self.now();
        match op {
            Op::Ask(n, min_left) => {
                let (says, expected) = (self.session.ask(secs(min_left), now), self.model.ask(min_left));
                self.hear(n, says, &expected, min_left);
            }
            Op::Wake(n) => {
                let Caller::Following(id, number, min_left) = self.callers[n] else { unreachable!() };
                let says = self.session.ask_after(id, secs(min_left), now);
                let expected = self.model.wake(number, min_left);
                self.hear(n, says, &expected, min_left);
            }
            Op::Grant(n) | Op::Refuse(n) | Op::Lose(n) | Op::Limit(n) => self.land(n, op),
            Op::Abandon(n) => {
                let (flight, _, number) = self.landing(n);
                self.session.abandon(flight);
                self.model.abandon(number);
            }
            Op::HandOut(n) => self.hand_out(n),
            Op::Answer(n) => {
                let Caller::Asked(challenge, of) = std::mem::replace(&mut self.callers[n], Caller::Idle) else {
                    unreachable!()
                };
                match (self.session.by_hand(&challenge), self.model.by_hand(of)) {
                    (Some(flight), Some(expected)) => {
                        let step = challenge.answer(Code::new("123456").unwrap(), now);
                        self.callers[n] = Caller::ByHand(flight, step, expected);
                    }
                    (None, None) => {}
                    (said, expected) => panic!("by hand: {said:?}, the model {expected:?}"),
                }
            }
            Op::TakeOver(n) => self.take_over(n),
            Op::Reject(n) => {
                let Caller::Holding(bearer, number) = &self.callers[n] else { unreachable!() };
                let expected = match self.model.reject(*number) {
                    None => Rejected::Outdated,
                    Some(Verdict::TooNew(wait)) => Rejected::TooNew(secs(wait)),
                    Some(Verdict::Kept) => Rejected::Kept,
                    Some(Verdict::Dropped) => Rejected::Dropped,
                };
                assert_eq!(self.session.reject(bearer, now), expected);
            }
            Op::SetAccount(to) => {
                assert_eq!(self.session.set_account(account(to)), self.model.set_account(to));
            }
            Op::CodeAtHand => {
                self.session.code_at_hand();
                self.model.code_at_hand();
            }
            Op::Keep => {
                let (sealed, kept) = (self.session.seal(now), self.model.keep());
                assert_eq!(sealed.is_some(), kept.is_some());
                self.store = sealed.zip(kept).or(self.store.take());
            }
            Op::KeepElsewhere => {
                let mut other = Session::new(self.session.hub().clone(), account(self.model.account));
                let Ask::Lead(flight, step) = other.ask(secs(0), now) else { unreachable!() };
                let Ask::Ready(_) = other.settle(flight, Ok(self.mint(step)), now) else { panic!("no token") };
                self.store = Some((other.seal(now).unwrap(), self.model.kept_elsewhere(self.minted)));
            }
            Op::Tick => self.model.now += TICK,
            Op::Moment => self.model.now += MOMENT,
            Op::Back => self.model.now -= BACK,
        }
        let leading = self.callers.iter().filter(|caller| matches!(caller, Caller::Leading(..))).count();
        assert!(leading <= 1, "two logins for all");
        assert_eq!(self.session.in_flight().is_some(), leading == 1);
        assert_eq!(self.session.in_flight().is_some(), self.model.flight.is_some());
    }

    /// Ends a login as `op` says.
    fn land(&mut self, n: usize, op: Op) {
        let now = self.now();
        let (flight, step, number) = self.landing(n);
        let (result, expected) = if op == Op::Grant(n) {
            (Ok(self.mint(step)), Ok(self.minted))
        } else {
            let failure = fail(step, op, now);
            let kind = failure.kind();
            (Err(failure), Err(kind))
        };
        let says = self.session.settle(flight, result, now);
        let expected = self.model.settle(number, expected);
        self.hear(n, says, &expected, number.min_left);
    }

    fn hand_out(&mut self, n: usize) {
        let now = self.now();
        let (flight, step, number) = self.landing(n);
        let mut asks = Response::new(&br#"{"login_2fa_token":"t"}"#[..]);
        *asks.status_mut() = 401.try_into().unwrap();
        let Step::NeedCode(challenge) = awaiting(step).reply(asks, now) else { panic!("no second factor") };
        let of = ["alice", "bob"].into_iter().position(|user| user == challenge.user()).map(|user| user * 2);
        match (self.session.hand_out(flight, challenge, now), self.model.hand_out(number)) {
            (Some(challenge), true) => self.callers[n] = Caller::Asked(challenge, of.unwrap()),
            (None, false) => {}
            (said, expected) => panic!("handed out: {said:?}, the model {expected:?}"),
        }
    }

    fn take_over(&mut self, n: usize) {
        let now = self.now();
        let Caller::Leading(_, _, flight) = &self.callers[n] else { unreachable!() };
        let (min_left, (sealed, kept)) = (flight.min_left, self.store.as_ref().unwrap());
        let taken = self.session.take_over(sealed, secs(min_left), now);
        match (taken, self.model.take_over(*kept, min_left)) {
            (Ok(Some(bearer)), Ok(Some(number))) => {
                let (flight, _, ended) = self.landing(n);
                self.session.abandon(flight);
                self.model.abandon(ended);
                self.hold(n, bearer, number);
            }
            (Ok(None), Ok(None)) | (Err(_), Err(())) => {}
            (said, expected) => panic!("taken over: {said:?}, the model {expected:?}"),
        }
    }

    fn landing(&mut self, n: usize) -> (Flight, Step, model::Flight) {
        match std::mem::replace(&mut self.callers[n], Caller::Idle) {
            Caller::Leading(flight, step, number) | Caller::ByHand(flight, step, number) => (flight, step, number),
            _ => unreachable!(),
        }
    }

    fn hear(&mut self, n: usize, says: Ask, expected: &Says, min_left: u64) {
        match (says, expected) {
            (Ask::Ready(bearer), Says::Ready(number)) => self.hold(n, bearer, *number),
            (Ask::Lead(flight, step), Says::Lead(number)) => self.callers[n] = Caller::Leading(flight, step, *number),
            (Ask::Follow(id), Says::Follow(number)) => self.callers[n] = Caller::Following(id, *number, min_left),
            (Ask::Refused(failure), Says::Refused(kind)) => {
                assert_eq!(failure.kind(), *kind);
                self.callers[n] = Caller::Idle;
            }
            (says, expected) => panic!("the session says {says:?}, the model {expected:?}"),
        }
    }

    fn hold(&mut self, n: usize, bearer: Bearer, number: u64) {
        assert!(bearer.token().expose().ends_with(&format!(".t{number}")), "another token");
        self.callers[n] = Caller::Holding(bearer, number);
    }

    /// The next token, as the answer to this step.
    fn mint(&mut self, step: Step) -> Grant {
        self.minted += 1;
        let claims = URL_SAFE_NO_PAD.encode(format!("{{\"exp\":{}}}", self.model.now + LIFE));
        let body = format!("{{\"token\":\"h.{claims}.t{}\"}}", self.minted);
        match awaiting(step).reply(Response::new(body.as_bytes()), self.now()) {
            Step::Done(grant) => grant,
            other => panic!("{other:?}"),
        }
    }
}

fn awaiting(step: Step) -> hub_auth_core::Awaiting {
    let Step::Send(exchange) = step else { unreachable!() };
    exchange.send().1
}

fn fail(step: Step, op: Op, now: UnixTime) -> Failure {
    let mut answer = Response::new(&b"{}"[..]);
    let end = match op {
        Op::Refuse(_) => {
            *answer.status_mut() = 401.try_into().unwrap();
            awaiting(step).reply(answer, now)
        }
        Op::Limit(_) => {
            *answer.status_mut() = 429.try_into().unwrap();
            answer.headers_mut().insert(RETRY_AFTER, 30.into());
            awaiting(step).reply(answer, now)
        }
        _ => awaiting(step).failed(TransportError::new(Delivery::MaybeSent, TransportErrorKind::Closed), now),
    };
    let Step::Failed(failure) = end else { unreachable!() };
    assert!(matches!(
        failure.kind(),
        FailureKind::CredentialsRefused | FailureKind::CodeRefused | FailureKind::RateLimited | FailureKind::Transport
    ));
    failure
}
