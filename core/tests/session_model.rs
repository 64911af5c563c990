//! Every interleaving of three callers, to a stated depth, against a small reference model.
//!
//! Invariant: whatever three callers do in whatever order (ask, settle, fail, abandon, wake, reject, let time pass), the
//! session says what the model below says; there is never a second login in flight; a token that was rejected or has ended is
//! never handed out.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::large_enum_variant,
    reason = "a test says so by panicking"
)]

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hub_auth_core::http::Response;
use hub_auth_core::session::{Ask, Bearer, Flight, FlightId, Rejected, Session};
use hub_auth_core::{Account, Break, Broke, Credential, Grant, Hub, Kind, Policy, Sent, Step, UnixTime};

/// How many operations a sequence has.
const DEPTH: usize = 6;
const CALLERS: usize = 3;
const LIFE: u64 = 600;
/// Two of them leave 30 s of a token's life, which is below any threshold of renewal; one leaves far more.
const TICK: u64 = 285;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Op {
    Ask(usize),
    /// A follower wakes, whether or not the flight has ended.
    Wake(usize),
    Grant(usize),
    Refuse(usize),
    Lose(usize),
    Abandon(usize),
    Reject(usize),
    Tick,
}

/// What the model expects to hear.
#[derive(Debug, PartialEq, Eq)]
enum Says {
    Ready(u64),
    Lead(u64),
    Follow(u64),
    Refused(Kind),
}

/// The reference: seconds, plain numbers, one rule a line.
#[derive(Default)]
struct Model {
    now: u64,
    token: Option<Token>,
    tokens: u64,
    flight: Option<u64>,
    flights: u64,
    failed: Option<(u64, Kind)>,
    locked_until: u64,
    renew_after: u64,
}

struct Token {
    number: u64,
    received: u64,
    doubted_until: Option<u64>,
}

impl Model {
    fn left(&self) -> u64 {
        self.token.as_ref().map_or(0, |token| (token.received + LIFE).saturating_sub(self.now))
    }

    /// Good for at least 5 s more.
    fn usable(&self) -> Option<u64> {
        self.token.as_ref().filter(|_| self.left() >= 5).map(|token| token.number)
    }

    fn ask(&mut self) -> Says {
        let renew = self.left() < 60 && self.now >= self.renew_after;
        match (self.usable(), self.flight) {
            (Some(token), _) if !renew => Says::Ready(token),
            (Some(token), Some(_)) => Says::Ready(token),
            (Some(token), None) if self.now < self.locked_until => Says::Ready(token),
            (None, Some(flight)) => Says::Follow(flight),
            (None, None) if self.now < self.locked_until => Says::Refused(Kind::LockedOut),
            (_, None) => {
                self.flights += 1;
                self.flight = Some(self.flights);
                Says::Lead(self.flights)
            }
        }
    }

    fn wake(&mut self, followed: u64) -> Says {
        match (self.failed, self.flight, self.usable()) {
            (Some((failed, _)), None, Some(token)) if failed == followed => Says::Ready(token),
            (Some((failed, kind)), None, None) if failed == followed => Says::Refused(kind),
            _ => self.ask(),
        }
    }

    fn granted(&mut self) {
        self.flight = None;
        self.tokens += 1;
        self.token = Some(Token { number: self.tokens, received: self.now, doubted_until: None });
        (self.locked_until, self.renew_after) = (0, 0);
    }

    fn fails(&mut self, flight: u64, kind: Kind) {
        self.flight = None;
        self.failed = Some((flight, kind));
        self.renew_after = self.now + 10;
        if kind == Kind::CredentialsRefused {
            self.locked_until = self.now + 900;
        }
    }

    fn reject(&mut self, number: u64) -> Rejected {
        let now = self.now;
        let Some(token) = self.token.as_mut().filter(|token| token.number == number) else { return Rejected::Outdated };
        if token.doubted_until.is_none() && now < token.received + 5 {
            token.doubted_until = Some(now + 1);
        }
        if token.doubted_until.is_some_and(|until| now < until) {
            return Rejected::TooNew(Duration::from_secs(1));
        }
        self.token = None;
        Rejected::Dropped
    }
}

enum Caller {
    Idle,
    Leading(Flight, Step, u64),
    Following(FlightId, u64),
    Holding(Bearer, u64),
}

struct World {
    session: Session,
    model: Model,
    callers: [Caller; CALLERS],
    /// Numbers the tokens given out, as the model does.
    minted: u64,
    logins_in_flight: usize,
}

impl World {
    fn new() -> World {
        let hub = Hub::docker(Policy::new(11).sends(1.try_into().unwrap()));
        let account = Account::new("alice", Credential::personal_token("dckr_pat_x")).unwrap();
        let model = Model { now: 1_760_000_000, ..Model::default() };
        let callers = std::array::from_fn(|_| Caller::Idle);
        World { session: Session::new(hub, account), model, callers, minted: 0, logins_in_flight: 0 }
    }

    fn now(&self) -> UnixTime {
        UnixTime::from_secs(self.model.now)
    }

    fn can(&self, op: Op) -> bool {
        match op {
            Op::Ask(n) => matches!(self.callers[n], Caller::Idle | Caller::Holding(..)),
            Op::Wake(n) => matches!(self.callers[n], Caller::Following(..)),
            Op::Grant(n) | Op::Refuse(n) | Op::Lose(n) | Op::Abandon(n) => {
                matches!(self.callers[n], Caller::Leading(..))
            }
            Op::Reject(n) => matches!(self.callers[n], Caller::Holding(..)),
            Op::Tick => true,
        }
    }

    fn act(&mut self, op: Op) {
        let now = self.now();
        match op {
            Op::Ask(n) => {
                let (says, expected) = (self.session.ask(Duration::ZERO, now), self.model.ask());
                self.hear(n, says, &expected);
            }
            Op::Wake(n) => {
                let Caller::Following(id, number) = self.callers[n] else { unreachable!() };
                let (says, expected) = (self.session.ask_after(id, Duration::ZERO, now), self.model.wake(number));
                self.hear(n, says, &expected);
            }
            Op::Grant(n) => {
                let (flight, step, _) = self.land(n);
                self.minted += 1;
                let grant = mint(step, self.minted, self.model.now);
                let _ = self.session.settle(flight, Ok(grant), now);
                self.model.granted();
            }
            Op::Refuse(n) | Op::Lose(n) => {
                let (flight, step, number) = self.land(n);
                let Step::Send(exchange) = step else { unreachable!() };
                let awaiting = exchange.send().1;
                let (end, kind) = if op == Op::Refuse(n) {
                    let mut answer = Response::new(&b"{}"[..]);
                    *answer.status_mut() = 401.try_into().unwrap();
                    (awaiting.reply(answer, now), Kind::CredentialsRefused)
                } else {
                    (awaiting.broke(Break::new(Sent::Maybe, Broke::Closed), now), Kind::Transport)
                };
                let Step::Failed(failure) = end else { unreachable!() };
                let _ = self.session.settle(flight, Err(failure), now);
                self.model.fails(number, kind);
            }
            Op::Abandon(n) => {
                let (flight, ..) = self.land(n);
                self.session.abandon(flight);
                self.model.flight = None;
            }
            Op::Reject(n) => {
                let Caller::Holding(bearer, number) = &self.callers[n] else { unreachable!() };
                assert_eq!(self.session.reject(bearer, now), self.model.reject(*number));
            }
            Op::Tick => self.model.now += TICK,
        }
        assert!(self.logins_in_flight <= 1);
        assert_eq!(self.session.in_flight().is_some(), self.model.flight.is_some());
    }

    fn land(&mut self, n: usize) -> (Flight, Step, u64) {
        self.logins_in_flight -= 1;
        match std::mem::replace(&mut self.callers[n], Caller::Idle) {
            Caller::Leading(flight, step, number) => (flight, step, number),
            _ => unreachable!(),
        }
    }

    fn hear(&mut self, n: usize, says: Ask, expected: &Says) {
        self.callers[n] = match (says, expected) {
            (Ask::Ready(bearer), Says::Ready(number)) => {
                assert!(bearer.token().expose().ends_with(&format!(".t{number}")), "another token");
                Caller::Holding(bearer, *number)
            }
            (Ask::Lead(flight, step), Says::Lead(number)) => {
                self.logins_in_flight += 1;
                Caller::Leading(flight, step, *number)
            }
            (Ask::Follow(id), Says::Follow(number)) => Caller::Following(id, *number),
            (Ask::Refused(failure), Says::Refused(kind)) => {
                assert_eq!(failure.kind(), *kind);
                Caller::Idle
            }
            (says, expected) => panic!("the session says {says:?}, the model {expected:?}"),
        };
    }
}

fn mint(step: Step, number: u64, now: u64) -> Grant {
    let claims = URL_SAFE_NO_PAD.encode(format!("{{\"exp\":{}}}", now + LIFE));
    let body = format!("{{\"access_token\":\"h.{claims}.t{number}\"}}");
    let Step::Send(exchange) = step else { unreachable!() };
    match exchange.send().1.reply(Response::new(body.as_bytes()), UnixTime::from_secs(now)) {
        Step::Done(grant) => grant,
        other => panic!("{other:?}"),
    }
}

fn all_ops() -> Vec<Op> {
    let of = |n| [Op::Ask(n), Op::Wake(n), Op::Grant(n), Op::Refuse(n), Op::Lose(n), Op::Abandon(n), Op::Reject(n)];
    (0..CALLERS).flat_map(of).chain([Op::Tick]).collect()
}

/// Plays the sequence from the start; says whether its last operation was possible.
fn play(sequence: &[Op]) -> bool {
    let mut world = World::new();
    for op in sequence {
        if !world.can(*op) {
            return false;
        }
        world.act(*op);
    }
    true
}

fn explore(sequence: &mut Vec<Op>, ops: &[Op], depth: usize, played: &mut usize) {
    for op in ops {
        sequence.push(*op);
        let possible = std::panic::catch_unwind(|| play(sequence))
            .unwrap_or_else(|_| panic!("after {sequence:?} the session and the model part"));
        if possible {
            *played += 1;
            if sequence.len() < depth {
                explore(sequence, ops, depth, played);
            }
        }
        sequence.pop();
    }
}

#[test]
fn every_interleaving_agrees_with_the_model() {
    // From nothing, and from a token that all three hold: some 24,000 sequences each.
    let held = [Op::Ask(0), Op::Grant(0), Op::Ask(0), Op::Ask(1), Op::Ask(2), Op::Tick];
    for (start, depth) in [(&[][..], DEPTH), (&held, DEPTH - 1)] {
        let mut played = 0;
        explore(&mut start.to_vec(), &all_ops(), start.len() + depth, &mut played);
        assert!(played > 20_000, "the exploration is too small to mean anything: {played}");
    }
}
