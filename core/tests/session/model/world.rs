//! Plays two processes, their callers, their store, the Hub and the clock, and checks what must be true of them.

use hub_auth_core::session::Park;

use super::super::*;
use super::op::Op;
use super::setting::{self, ACCOUNTS, PROCESS, Second, WRONG, callers_of, name, session};

/// Two of them leave 30 s of a token's life, which is below any threshold of renewal; one leaves far more.
const TICK: u64 = 285;
const LIFE: u64 = 600;
const COOL_DOWN: u64 = 900;
const LIMIT: u64 = 30;

enum At {
    Idle,
    Holding(Bearer),
    Next(Next),
    /// Waits for the Hub's answer about this account.
    Sent(Sent, usize, bool),
    Parked(Park),
}

/// Something that must not be sent until then, and who knows.
struct Held {
    /// `None`: of any account.
    account: Option<usize>,
    until: u64,
    by: usize,
    /// The caller whose login it was, until it has told the store or is gone.
    caller: Option<usize>,
    /// The users in whose place in the store it stands.
    told: Vec<&'static str>,
}

#[derive(Default)]
struct Place {
    value: Option<Secret>,
    locked_by: Option<usize>,
}

pub(super) struct World {
    second: Second,
    now: u64,
    sessions: [Session; 2],
    accounts: [usize; 2],
    callers: [At; PROCESS.len()],
    woken: [bool; PROCESS.len()],
    /// Logs in, so that the others are to be woken when it ends.
    leads: [bool; PROCESS.len()],
    /// Logs in for an account that was changed meanwhile.
    is_outdated: [bool; PROCESS.len()],
    /// Waited for a login that failed, and must not log in.
    has_failed: [bool; PROCESS.len()],
    alice: Place,
    bob: Place,
    store_failed: bool,
    minted: u64,
    held: Vec<Held>,
    codes: Vec<(bool, String)>,
    rejected: Vec<(usize, String)>,
}

impl World {
    pub(super) fn new(accounts: [usize; 2], second: Second) -> World {
        World {
            second,
            now: 1_760_000_000,
            sessions: accounts.map(|account| session(account, second)),
            accounts,
            callers: PROCESS.map(|_| At::Idle),
            woken: [false; PROCESS.len()],
            leads: [false; PROCESS.len()],
            is_outdated: [false; PROCESS.len()],
            has_failed: [false; PROCESS.len()],
            alice: Place::default(),
            bob: Place::default(),
            store_failed: false,
            minted: 0,
            held: Vec::new(),
            codes: Vec::new(),
            rejected: Vec::new(),
        }
    }

    fn now(&self) -> UnixTime {
        UnixTime::from_secs(self.now)
    }

    fn place(&mut self, user: &str) -> &mut Place {
        if user == "alice" { &mut self.alice } else { &mut self.bob }
    }

    pub(super) fn can(&mut self, op: Op) -> bool {
        match op {
            Op::Ask(n) => matches!(self.callers[n], At::Idle | At::Holding(_)),
            Op::Step(n) => match &self.callers[n] {
                At::Next(Next::Lock(lock)) => {
                    let user = name(lock.account());
                    self.place(user).locked_by.is_none()
                }
                At::Next(_) | At::Sent(..) => true,
                At::Parked(_) => self.woken[n],
                At::Idle | At::Holding(_) => false,
            },
            Op::Fail(n) => {
                matches!(self.callers[n], At::Next(Next::Lock(_) | Next::Save(_) | Next::NeedCode(_)) | At::Sent(..))
            }
            Op::Limit(n) => matches!(self.callers[n], At::Sent(_, _, false)),
            Op::Reject(n) => matches!(self.callers[n], At::Holding(_)),
            Op::Drop(n) => matches!(self.callers[n], At::Next(_) | At::Sent(..) | At::Parked(_)),
            Op::SetAccount(process, account) => self.accounts[process] != account,
            Op::Crash(_) | Op::Tick => true,
        }
    }

    pub(super) fn act(&mut self, op: Op) {
        let now = self.now();
        match op {
            Op::Ask(n) => {
                let next = self.session(n).start(Want::default(), now);
                self.go_on(n, next);
            }
            Op::Step(n) => self.step(n, true),
            Op::Fail(n) => self.step(n, false),
            Op::Limit(n) => {
                let At::Sent(sent, ..) = self.take(n) else { unreachable!() };
                let mut answer = response(429, b"{}");
                answer.headers_mut().insert(RETRY_AFTER, LIMIT.into());
                self.learn(n, None, LIMIT);
                self.lost(n);
                let next = sent.reply(answer, &mut self.sessions[PROCESS[n]], now);
                self.go_on(n, next);
            }
            Op::Reject(n) => {
                let At::Holding(bearer) = self.take(n) else { unreachable!() };
                if self.session(n).reject(&bearer, now) == Rejected::Dropped {
                    self.rejected.push((PROCESS[n], bearer.token().expose().to_owned()));
                }
            }
            Op::Drop(n) => {
                self.take(n);
                self.leave(n);
            }
            Op::Crash(process) => {
                for n in (0..PROCESS.len()).filter(|n| PROCESS[*n] == process) {
                    self.take(n);
                    self.leave(n);
                }
                self.sessions[process] = session(self.accounts[process], self.second);
                self.held.retain(|held| held.by != process || !held.told.is_empty());
                self.held.iter_mut().filter(|held| held.by == process).for_each(|held| held.by = usize::MAX);
                self.rejected.retain(|(by, _)| *by != process);
            }
            Op::SetAccount(process, account) => {
                self.accounts[process] = account;
                assert!(self.sessions[process].set_account(setting::account(account).clone()));
                for n in callers_of(process) {
                    (self.has_failed[n], self.is_outdated[n]) = (false, true);
                }
            }
            Op::Tick => self.now += TICK,
        }
    }

    /// Lets everybody go on. Nobody may be left waiting.
    pub(super) fn everybody_ends(&mut self) {
        for _ in 0..100 {
            let Some(n) = (0..PROCESS.len()).find(|n| self.can(Op::Step(*n))) else { break };
            self.act(Op::Step(n));
        }
        let ended = |at: &At| matches!(at, At::Idle | At::Holding(_));
        assert!(self.callers.iter().all(ended), "somebody waits for ever");
    }

    fn session(&mut self, n: usize) -> &mut Session {
        &mut self.sessions[PROCESS[n]]
    }

    fn take(&mut self, n: usize) -> At {
        std::mem::replace(&mut self.callers[n], At::Idle)
    }

    fn wake(&mut self, process: usize) {
        callers_of(process).for_each(|n| self.woken[n] = true);
    }

    /// Ends the caller's loop: unlocks what it locked, and wakes the parked if it led.
    fn leave(&mut self, n: usize) {
        for place in [&mut self.alice, &mut self.bob] {
            place.locked_by.take_if(|by| *by == n);
        }
        if std::mem::take(&mut self.leads[n]) {
            self.wake(PROCESS[n]);
        }
        self.has_failed[n] = false;
        self.begin(n);
    }

    /// Frees this caller from telling the store what it learned before.
    fn begin(&mut self, n: usize) {
        self.held.iter_mut().filter(|held| held.caller == Some(n)).for_each(|held| held.caller = None);
    }

    fn step(&mut self, n: usize, is_well: bool) {
        let now = self.now();
        let process = PROCESS[n];
        let next = match self.take(n) {
            At::Parked(park) => park.resume(self.session(n), now),
            At::Sent(sent, account, is_code) if is_well => self.answer(n, sent, account, is_code),
            At::Sent(sent, ..) => {
                self.lost(n);
                let error = TransportError::new(Delivery::MaybeSent, TransportErrorKind::Closed);
                sent.failed(error, self.session(n), now)
            }
            At::Next(Next::Lock(lock)) => {
                if is_well {
                    let user = name(lock.account());
                    self.place(user).locked_by = Some(n);
                    lock.got()
                } else {
                    self.store_failed = true;
                    match lock.failed(&self.sessions[process], now) {
                        Next::Wait(wait) => wait.resume(self.session(n), now),
                        other => other,
                    }
                }
            }
            At::Next(Next::Save(save)) => {
                let user = name(save.account());
                match save.sealed(&mut self.sessions[process], now) {
                    Some(sealed) if is_well => {
                        self.place(user).value = Some(sealed.text);
                        self.held.iter_mut().filter(|held| held.by == process).for_each(|held| {
                            if held.account.is_none_or(|held| setting::account(held).user() == user) {
                                held.told.push(user);
                                held.caller = None;
                            }
                        });
                    }
                    _ => self.store_failed |= !is_well,
                }
                self.wake(process);
                save.done(self.session(n), now)
            }
            At::Next(Next::Wait(wait)) => {
                self.now += wait.delay(now).as_secs();
                let now = self.now();
                wait.resume(self.session(n), now)
            }
            At::Next(Next::NeedCode(need)) => {
                let is_locked = [&self.alice, &self.bob].iter().any(|place| place.locked_by == Some(n));
                assert!(!is_locked, "the store is locked while a person types");
                if is_well { need.answer(code(), self.session(n), now) } else { need.nobody(self.session(n), now) }
            }
            _ => unreachable!(),
        };
        self.go_on(n, next);
    }

    /// Goes on up to where it matters who is next.
    fn go_on(&mut self, n: usize, mut next: Next) {
        let now = self.now();
        loop {
            next = match next {
                Next::Load(load) => {
                    if !self.leads[n] {
                        assert!(!self.has_failed[n], "who waited for a login that failed logs in");
                        self.leads[n] = true;
                    }
                    let store = if load.account().user() == "alice" { &self.alice } else { &self.bob };
                    load.found(store.value.as_ref(), &mut self.sessions[PROCESS[n]], now)
                }
                Next::Unlock(unlock) => {
                    for place in [&mut self.alice, &mut self.bob] {
                        place.locked_by.take_if(|by| *by == n);
                    }
                    unlock.done(self.session(n), now)
                }
                Next::Send(unsent) => {
                    let (request, sent) = unsent.send();
                    let (account, is_code) = self.sends(n, std::str::from_utf8(request.body().as_ref()).unwrap());
                    self.callers[n] = At::Sent(sent, account, is_code);
                    return;
                }
                Next::Park(park) => {
                    self.woken[n] = false;
                    match park.resume(self.session(n), now) {
                        Next::Park(park) => {
                            self.callers[n] = At::Parked(park);
                            return;
                        }
                        next => next,
                    }
                }
                Next::Ready(bearer) => {
                    self.gets(n, &bearer);
                    self.callers[n] = At::Holding(bearer);
                    return self.leave(n);
                }
                Next::Refused(_) => {
                    let is_told = self.held.iter().all(|held| held.caller != Some(n) || held.until <= self.now);
                    assert!(is_told || self.is_outdated[n] || self.store_failed, "the others are not told");
                    return self.leave(n);
                }
                Next::HandOut(_) => panic!("nobody asked by hand"),
                Next::Lock(_) | Next::Save(_) | Next::Wait(_) | Next::NeedCode(_) => {
                    if matches!(next, Next::Lock(_)) {
                        self.is_outdated[n] = false;
                        self.begin(n);
                    }
                    self.callers[n] = At::Next(next);
                    return;
                }
            }
        }
    }

    /// Takes a request, and checks that it may be sent. Returns its account, and whether it is a code.
    fn sends(&mut self, n: usize, body: &str) -> (usize, bool) {
        if let Some(code) = body.split("\"code\":\"").nth(1).and_then(|rest| rest.split('"').next()) {
            // Of this user: the ticket is his name.
            let sent = (body.contains("\"alice\""), code.to_owned());
            let is_new = !self.codes.contains(&sent);
            assert!(is_new || self.store_failed || self.second == Second::Person, "a code is sent twice");
            self.codes.push(sent);
            return (self.accounts[PROCESS[n]], true);
        }
        let of = |index: &usize| body.contains(["\"wrong\"", "\"right\"", "\"right too\""][*index]);
        let account = (0..ACCOUNTS).find(of).unwrap();
        let user = setting::account(account).user();
        for held in self.held.iter().filter(|held| held.until > self.now) {
            let knows = held.by == PROCESS[n] || held.told.contains(&user) && !self.store_failed;
            assert!(!(knows && held.account.is_none_or(|held| held == account)), "what is held back is sent");
        }
        let in_flight = |at: &At| matches!(at, At::Sent(_, other, _) if setting::account(*other).user() == user);
        let alone = !self.callers.iter().any(in_flight);
        assert!(alone || self.store_failed || self.second == Second::Person, "two logins at a time");
        (account, false)
    }

    /// Answers as the Hub does.
    fn answer(&mut self, n: usize, sent: Sent, account: usize, is_code: bool) -> Next {
        let now = self.now();
        let process = PROCESS[n];
        if account == WRONG && !is_code {
            self.learn(n, Some(account), COOL_DOWN);
            self.lost(n);
            return sent.reply(response(401, b"{\"detail\":\"no\"}"), &mut self.sessions[process], now);
        }
        if self.second != Second::None && !is_code {
            let ticket = format!("{{\"login_2fa_token\":\"{}\"}}", setting::account(account).user());
            return sent.reply(response(401, ticket.as_bytes()), &mut self.sessions[process], now);
        }
        self.minted += 1;
        let claims = URL_SAFE_NO_PAD.encode(format!("{{\"exp\":{}}}", self.now + LIFE));
        let user = setting::account(account).user();
        let body = format!("{{\"token\":\"{user}.{claims}.t{}\"}}", self.minted);
        sent.reply(response(200, body.as_bytes()), &mut self.sessions[process], now)
    }

    /// Notes that the process of this caller knows that nothing is to be sent for a while.
    fn learn(&mut self, n: usize, account: Option<usize>, seconds: u64) {
        self.held.push(Held { account, until: self.now + seconds, by: PROCESS[n], caller: Some(n), told: Vec::new() });
    }

    /// Fails the login of this caller, and those who wait for it.
    fn lost(&mut self, n: usize) {
        if !self.is_outdated[n] {
            for other in callers_of(PROCESS[n]) {
                self.has_failed[other] |= matches!(self.callers[other], At::Parked(_));
            }
        }
    }

    fn gets(&self, n: usize, bearer: &Bearer) {
        let token = bearer.token().expose();
        let user = setting::account(self.accounts[PROCESS[n]]).user();
        assert!(token.starts_with(user), "a token of another account");
        assert!(!self.rejected.contains(&(PROCESS[n], token.to_owned())), "a rejected token");
        // Its own login may have been held up by the store for longer than the token lives.
        assert!(self.leads[n] || bearer.claims().expires_at > Some(self.now()), "a token that has ended");
    }
}
