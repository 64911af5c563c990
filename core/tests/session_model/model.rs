//! The reference: seconds, plain numbers, one rule a line.

use hub_auth_core::FailureKind;

pub const LIFE: u64 = 600;

/// What the model expects to hear.
#[derive(Debug, PartialEq, Eq)]
pub enum Says {
    Ready(u64),
    Lead(Flight),
    Follow(u64),
    Refused(FailureKind),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flight {
    pub number: u64,
    accounts: u64,
    pub min_left: u64,
}

/// What is left as of the last look.
#[derive(Clone, Copy)]
struct Left(u64, u64);

impl Left {
    fn look(&mut self, now: u64) -> u64 {
        *self = Left(self.0.saturating_sub(now.saturating_sub(self.1)), now);
        self.0
    }
}

struct Token {
    number: u64,
    life: Left,
    received: u64,
    doubt: Option<Left>,
    tried: Option<Left>,
}

struct Hold {
    kind: FailureKind,
    rest: Left,
    /// Of which account's secret; else of all.
    of: Option<usize>,
}

/// A session in a store.
#[derive(Clone, Copy)]
pub struct Kept {
    user: &'static str,
    number: u64,
    life: Left,
}

#[derive(PartialEq)]
enum Stage {
    Fresh,
    Due,
    Short,
}

#[derive(Default)]
pub struct Model {
    pub now: u64,
    pub account: usize,
    accounts: u64,
    token: Option<Token>,
    rejected: Option<u64>,
    pub flight: Option<u64>,
    flights: u64,
    failed: Option<(u64, FailureKind)>,
    hold: Option<Hold>,
    pause: Option<Left>,
}

/// Two secrets of one user, and another user.
pub fn user(account: usize) -> &'static str {
    ["alice", "alice", "bob"][account]
}

impl Model {
    pub fn at(now: u64) -> Model {
        Model { now, ..Model::default() }
    }

    fn stage(&mut self, min_left: u64) -> Stage {
        let Some(token) = &mut self.token else { return Stage::Short };
        let left = token.life.look(self.now);
        assert!(!(60..90).contains(&left) && !(510..540).contains(&left), "jitter decides there: choose other ticks");
        match left {
            0..5 => Stage::Short,
            _ if left < min_left.min(525) => Stage::Short,
            _ if left < 60 => Stage::Due,
            _ => Stage::Fresh,
        }
    }

    fn usable(&mut self, min_left: u64) -> Option<u64> {
        let usable = self.stage(min_left) != Stage::Short;
        self.token.as_ref().filter(|_| usable).map(|token| token.number)
    }

    pub fn ask(&mut self, min_left: u64) -> Says {
        let (fresh, usable) = (self.stage(min_left) == Stage::Fresh, self.usable(min_left));
        if let (true, Some(token)) = (fresh, usable) {
            return Says::Ready(token);
        }
        let held = self.hold.as_mut().and_then(|hold| (hold.rest.look(self.now) > 0).then_some(hold.kind));
        let paused = self.pause.as_mut().is_some_and(|pause| pause.look(self.now) > 0);
        match (usable, self.flight, held) {
            (Some(token), None, None) if paused => Says::Ready(token),
            (Some(_) | None, None, None) => {
                let flight = self.begin(min_left);
                self.flight = Some(flight.number);
                Says::Lead(flight)
            }
            (Some(token), _, _) => Says::Ready(token),
            (None, Some(flight), _) => Says::Follow(flight),
            (None, None, Some(kind)) => Says::Refused(kind),
        }
    }

    pub fn wake(&mut self, followed: u64, min_left: u64) -> Says {
        match self.failed {
            Some((failed, kind)) if failed == followed && self.flight.is_none() => self.ready_or(kind, min_left),
            _ => self.ask(min_left),
        }
    }

    fn ready_or(&mut self, kind: FailureKind, min_left: u64) -> Says {
        self.usable(min_left).map_or(Says::Refused(kind), Says::Ready)
    }

    fn begin(&mut self, min_left: u64) -> Flight {
        self.flights += 1;
        Flight { number: self.flights, accounts: self.accounts, min_left }
    }

    fn end(&mut self, flight: Flight) -> bool {
        self.flight.take_if(|number| *number == flight.number).is_some()
    }

    /// The number of the token that came, or why none did.
    pub fn settle(&mut self, flight: Flight, result: Result<u64, FailureKind>) -> Says {
        let for_all = self.end(flight);
        if flight.accounts != self.accounts {
            return self.ask(flight.min_left);
        }
        match result {
            Ok(number) => {
                let tried = (self.token.is_none() && self.rejected.is_some()).then_some(Left(60, self.now));
                let life = Left(LIFE, self.now);
                self.token = Some(Token { number, life, received: self.now, doubt: None, tried });
                (self.hold, self.pause) = (None, None);
                Says::Ready(number)
            }
            Err(kind) => {
                let hold = |kind, secs, of| Some(Hold { kind, rest: Left(secs, self.now), of });
                match kind {
                    FailureKind::SecondFactorRequired => self.hold = hold(kind, 900, Some(self.account)),
                    FailureKind::RateLimited => self.hold = hold(kind, 30, None),
                    FailureKind::Transport => {}
                    _ => self.hold = hold(FailureKind::LockedOut, 900, Some(self.account)),
                }
                if for_all {
                    self.failed = Some((flight.number, kind));
                    self.pause = Some(Left(10, self.now));
                }
                self.ready_or(kind, flight.min_left)
            }
        }
    }

    /// Whether the leader has the challenge.
    pub fn hand_out(&mut self, flight: Flight) -> bool {
        if flight.accounts != self.accounts {
            self.end(flight);
            return false;
        }
        self.settle(flight, Err(FailureKind::SecondFactorRequired));
        true
    }

    pub fn by_hand(&mut self, account: usize) -> Option<Flight> {
        (user(account) == user(self.account)).then(|| self.begin(0))
    }

    pub fn code_at_hand(&mut self) {
        self.hold.take_if(|hold| hold.kind == FailureKind::SecondFactorRequired);
    }

    pub fn abandon(&mut self, flight: Flight) {
        self.end(flight);
    }

    /// What is rejected is outdated (`None`), too new for this long, kept, or dropped.
    pub fn reject(&mut self, number: u64) -> Option<Verdict> {
        let token = self.token.as_mut().filter(|token| token.number == number)?;
        if token.doubt.is_none() && self.now.saturating_sub(token.received) < 5 {
            token.doubt = Some(Left(1, self.now));
        }
        let wait = token.doubt.as_mut().map_or(0, |doubt| doubt.look(self.now));
        if wait > 0 {
            return Some(Verdict::TooNew(wait));
        }
        if token.tried.as_mut().is_some_and(|tried| tried.look(self.now) > 0) {
            return Some(Verdict::Kept);
        }
        (self.token, self.rejected) = (None, Some(number));
        Some(Verdict::Dropped)
    }

    pub fn set_account(&mut self, account: usize) -> bool {
        if account == self.account {
            return false;
        }
        if user(account) != user(self.account) {
            (self.token, self.rejected) = (None, None);
        }
        self.hold.take_if(|hold| hold.of.is_some_and(|of| of != account));
        self.failed = None;
        self.account = account;
        self.accounts += 1;
        true
    }

    pub fn keep(&mut self) -> Option<Kept> {
        let token = self.token.as_mut()?;
        token.life.look(self.now);
        Some(Kept { user: user(self.account), number: token.number, life: token.life })
    }

    /// What another process has kept that has just logged in.
    pub fn kept_elsewhere(&self, number: u64) -> Kept {
        Kept { user: user(self.account), number, life: Left(LIFE, self.now) }
    }

    /// `Err` for a session of another user; the token that saves a login.
    pub fn take_over(&mut self, mut kept: Kept, min_left: u64) -> Result<Option<u64>, ()> {
        if kept.user != user(self.account) {
            return Err(());
        }
        let (number, received) = (kept.number, kept.life.1);
        let is_future = received > self.now + 60;
        let theirs = if is_future { 0 } else { kept.life.look(self.now) };
        let is_known = self.rejected == Some(number) || self.token.as_ref().is_some_and(|token| token.number == number);
        if is_known || theirs <= self.token.as_mut().map_or(0, |token| token.life.look(self.now)) {
            return Ok(None);
        }
        let life = Left(theirs, self.now);
        self.token = Some(Token { number, life, received, doubt: None, tried: None });
        self.pause = None;
        Ok((self.stage(min_left) == Stage::Fresh).then_some(number))
    }
}

#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    TooNew(u64),
    Kept,
    Dropped,
}
