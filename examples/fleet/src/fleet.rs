//! Workers, their stores and the Hub, in virtual time: the real core and the simulated Hub, no threads and no sockets.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use hub_auth_core::session::{Next, Sent, Session, Want};
use hub_auth_core::{Account, Credential, Failure, FailureKind, Hub, Policy, Secret, UnixTime};
use hub_auth_testkit::{Outcome, Seen, SimHub, SimUser};

const START: UnixTime = UnixTime::from_secs(1_760_000_000);
const USER: &str = "fleet";
const PASSWORD: &str = "correct-horse";
/// Of the Hub, for a password to be checked; of a store, for a call; of a worker, between two API calls.
const LOGIN: Duration = Duration::from_millis(500);
const STORE: Duration = Duration::from_millis(1);
const WORK: Duration = Duration::from_secs(10);
/// Workers on one host.
const HOST: usize = 50;
/// Of a token, in seconds: that of a personal access token's.
const LIFE: Duration = Duration::from_secs(600);
/// Logins a minute that the Hub takes from each address (docker/hub-feedback#2459); a host has one.
const PER_MINUTE: u64 = 180;
/// Refused logins until an account is locked.
const LOCKED_AFTER: u32 = 10;
/// A worker that is refused tries again later, a few times.
const PATIENCE: u8 = 5;

/// How the workers come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// All within a second, for one call each.
    ColdStart,
    /// Evenly over ten minutes, for one call each.
    Rolling,
    /// In ten bursts of a second each, a minute apart, for one call each.
    Burst,
    /// All within a second, with calls for twenty minutes: their tokens end together.
    Renewals,
}

/// What they share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Strategy {
    Alone,
    /// With one seed for all, so that all renew at the same moment.
    AloneWithoutJitter,
    StoreForEachHost,
    SharedStore,
}

/// One run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scenario {
    pub(crate) workers: usize,
    pub(crate) arrival: Arrival,
    pub(crate) strategy: Strategy,
    pub(crate) is_password_right: bool,
}

/// What it came to.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// Requests with the password that were sent to the Hub.
    pub(crate) logins: u64,
    /// The most of them in any second; of renewals, if there are any.
    pub(crate) most_a_second: u64,
    /// Answers of the Hub that a login is refused because there were too many.
    pub(crate) limited: usize,
    /// Workers that never got a token.
    pub(crate) refused: usize,
    /// How often the account was locked: for ten minutes the right password is refused as well.
    pub(crate) lockouts: usize,
    /// How long the workers waited for their first token, sorted.
    pub(crate) waits: Vec<Duration>,
    /// When each login was sent, in seconds from the start.
    pub(crate) sent_at: Vec<u64>,
}

impl Report {
    /// The wait that this part of a hundred workers does not exceed.
    pub(crate) fn percentile(&self, percent: usize) -> Option<Duration> {
        let last = self.waits.len().checked_sub(1)?;
        self.waits.get(last * percent / 100).copied()
    }
}

/// What a worker does when its time has come.
enum Todo {
    Ask,
    Go(Next),
    Answer(Sent, Outcome),
}

struct Worker {
    session: Session,
    arrived: UnixTime,
    todo: Todo,
    calls_left: u32,
    tries_left: u8,
    has_token: bool,
}

#[derive(Default)]
struct Place {
    value: Option<Secret>,
    is_locked: bool,
}

struct Fleet {
    scenario: Scenario,
    now: UnixTime,
    hub: SimHub,
    workers: Vec<Worker>,
    places: Vec<Place>,
    queue: BinaryHeap<Reverse<(UnixTime, usize)>>,
    report: Report,
}

/// Runs a scenario to its end.
pub(crate) fn run(scenario: Scenario) -> Result<Report, Box<dyn std::error::Error>> {
    let mut sim = SimHub::new();
    let hosts = scenario.workers.div_ceil(HOST) as u64;
    sim.add(SimUser::new(USER, PASSWORD)).login_lifetime(LIFE);
    sim.rate_limit(PER_MINUTE * hosts).lock_out_after(LOCKED_AFTER);
    let secret = if scenario.is_password_right { PASSWORD } else { "an old password" };
    let account = Account::new(USER, Credential::password(secret))?;
    let mut fleet = Fleet {
        scenario,
        now: START,
        hub: sim,
        workers: Vec::with_capacity(scenario.workers),
        places: Vec::new(),
        queue: BinaryHeap::new(),
        report: Report::default(),
    };
    for n in 0..scenario.workers {
        let seed = if scenario.strategy == Strategy::AloneWithoutJitter { 1 } else { n as u64 + 1 };
        let session = Session::new(Hub::docker(Policy::new(seed)), account.clone());
        fleet.arrive(n, session);
    }
    while let Some(Reverse((at, n))) = fleet.queue.pop() {
        fleet.now = at;
        fleet.step(n);
    }
    Ok(fleet.reported())
}

impl Fleet {
    fn arrive(&mut self, n: usize, session: Session) {
        let Scenario { workers, arrival, .. } = self.scenario;
        let part = |of: Duration, n: usize, among: usize| of.mul_f64(n as f64 / among as f64);
        let minute = Duration::from_secs(60);
        let after = match arrival {
            Arrival::ColdStart | Arrival::Renewals => part(Duration::from_secs(1), n, workers),
            Arrival::Rolling => part(minute * 10, n, workers),
            Arrival::Burst => {
                let size = workers.div_ceil(10);
                minute * u32::try_from(n / size).unwrap_or(0) + part(Duration::from_secs(1), n % size, size)
            }
        };
        let arrived = START + after;
        let calls_left = if arrival == Arrival::Renewals { 120 } else { 1 };
        let worker = Worker { session, arrived, todo: Todo::Ask, calls_left, tries_left: PATIENCE, has_token: false };
        self.workers.push(worker);
        self.queue.push(Reverse((arrived, n)));
    }

    /// The store that this worker has.
    fn place(&self, n: usize) -> Option<usize> {
        match self.scenario.strategy {
            Strategy::Alone | Strategy::AloneWithoutJitter => None,
            Strategy::StoreForEachHost => Some(n / HOST),
            Strategy::SharedStore => Some(0),
        }
    }

    /// The worker does what it has to, up to where it waits.
    fn step(&mut self, n: usize) {
        let (now, place) = (self.now, self.place(n));
        if let Some(place) = place {
            if self.places.len() <= place {
                self.places.resize_with(place + 1, Place::default);
            }
        }
        let place = place.and_then(|place| self.places.get_mut(place));
        let Some(worker) = self.workers.get_mut(n) else { return };
        let cost = if place.is_some() { STORE } else { Duration::ZERO };
        let next = match std::mem::replace(&mut worker.todo, Todo::Ask) {
            Todo::Ask => worker.session.start(Want::default(), now),
            Todo::Answer(sent, outcome) => match outcome.reply() {
                Some(reply) => sent.reply(reply, &mut worker.session, now),
                None => return,
            },
            Todo::Go(next) => next,
        };
        let (wait, next) = match next {
            Next::Ready(_) => return self.served(n),
            Next::Refused(failure) => return self.refused(n, &failure),
            Next::Lock(lock) => match place {
                Some(place) if place.is_locked => (cost, lock.held(now)),
                Some(place) => {
                    place.is_locked = true;
                    (cost, lock.got())
                }
                None => (cost, lock.got()),
            },
            Next::Load(load) => {
                let value = place.as_ref().and_then(|place| place.value.as_ref());
                (cost, load.found(value, &mut worker.session, now))
            }
            Next::Save(save) => {
                if let (Some(place), Some(sealed)) = (place, save.sealed(&mut worker.session, now)) {
                    place.value = Some(sealed.text);
                }
                (cost, save.done(&mut worker.session, now))
            }
            Next::Unlock(unlock) => {
                if let Some(place) = place {
                    place.is_locked = false;
                }
                (cost, unlock.done(&mut worker.session, now))
            }
            Next::Wait(wait) => {
                let delay = wait.delay(now);
                (delay, wait.resume(&mut worker.session, now))
            }
            Next::Send(unsent) => {
                let (request, sent) = unsent.send();
                let outcome = self.hub.handle(&request, now);
                worker.todo = Todo::Answer(sent, outcome);
                self.report.sent_at.push(now.since(START).as_secs());
                return self.queue.push(Reverse((now + LOGIN, n)));
            }
            // A worker has one caller and no second factor.
            Next::Park(_) | Next::NeedCode(_) | Next::HandOut(_) => return,
        };
        worker.todo = Todo::Go(next);
        self.queue.push(Reverse((now + wait, n)));
    }

    fn served(&mut self, n: usize) {
        let Some(worker) = self.workers.get_mut(n) else { return };
        if !worker.has_token {
            worker.has_token = true;
            self.report.waits.push(self.now.since(worker.arrived));
        }
        worker.calls_left -= 1;
        if worker.calls_left > 0 {
            self.queue.push(Reverse((self.now + WORK, n)));
        }
    }

    /// It tries again when the failure says so, as a service does.
    fn refused(&mut self, n: usize, failure: &Failure) {
        let Some(worker) = self.workers.get_mut(n) else { return };
        let is_final = !matches!(failure.kind(), FailureKind::RateLimited | FailureKind::ServerFault);
        worker.tries_left = if is_final { 0 } else { worker.tries_left - 1 };
        if worker.tries_left > 0 {
            let at = failure.retry_at().unwrap_or(self.now + WORK);
            self.queue.push(Reverse((at.max(self.now), n)));
        } else if !worker.has_token {
            self.report.refused += 1;
        }
    }

    fn reported(mut self) -> Report {
        let seen = |code: u16| {
            let is_it = |seen: &&Seen| seen.status.is_some_and(|status| status == code);
            self.hub.seen().iter().filter(is_it).count()
        };
        self.report.limited = seen(429);
        self.report.logins = self.report.sent_at.len() as u64;
        self.report.waits.sort_unstable();
        let mut most = std::collections::BTreeMap::<u64, u64>::new();
        let first = if self.scenario.arrival == Arrival::Renewals { WORK.as_secs() } else { 0 };
        for second in self.report.sent_at.iter().filter(|second| **second >= first) {
            *most.entry(*second).or_default() += 1;
        }
        self.report.most_a_second = most.into_values().max().unwrap_or(0);
        self.report.lockouts = seen(401) / LOCKED_AFTER as usize;
        self.report
    }
}
