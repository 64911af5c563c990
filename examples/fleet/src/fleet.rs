//! Runs workers, their stores and the Hub in virtual time: the real core and the simulated Hub, no threads and no sockets.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::time::Duration;

use hub_auth_core::session::{Next, Sent, Session, Want};
use hub_auth_core::{Account, Credential, Failure, FailureKind, Hub, Policy, Secret, UnixTime};
use hub_auth_testkit::{Outcome, SimHub, SimUser};

const START: UnixTime = UnixTime::from_secs(1_760_000_000);
const USER: &str = "fleet";
const PASSWORD: &str = "correct-horse";
const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
/// The time that the Hub needs for a login, and a store for a call.
const LOGIN: Duration = Duration::from_millis(500);
const STORE: Duration = Duration::from_millis(1);
/// A worker with calls for twenty minutes makes one every two seconds.
const WORK: Duration = Duration::from_secs(2);
/// A token is not renewed while this much of it is left, so calls before that are left out.
const SURELY_FRESH: Duration = Duration::from_secs(90);
/// The life of a token that a personal access token gets.
const LIFE: Duration = Duration::from_secs(600);
/// Workers on one host.
const HOST: usize = 50;
/// Logins a minute that the Hub takes from each address (docker/hub-feedback#2459); a host has one.
const PER_MINUTE: u64 = 180;
/// Refused logins until an account is locked.
const LOCKED_AFTER: u32 = 10;
/// A worker that is refused tries again later, a few times.
const PATIENCE: u8 = 5;

/// Says how the workers come.
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

/// Says what they share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Strategy {
    Alone,
    /// With one seed for all, so that all renew at the same moment.
    AloneWithoutJitter,
    StoreForEachHost,
    SharedStore,
}

/// Describes one run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scenario {
    pub(crate) workers: usize,
    pub(crate) arrival: Arrival,
    pub(crate) strategy: Strategy,
    pub(crate) is_password_right: bool,
}

/// Counts what happens in a run.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// Requests with the password that were sent to the Hub.
    pub(crate) logins: u64,
    /// Requests in each second since the start.
    sent: BTreeMap<u64, u64>,
    /// Answers of the Hub that there were too many logins.
    pub(crate) limited: u64,
    /// Answers of the Hub that the password is wrong.
    unauthorized: u64,
    /// Workers that never got a token.
    pub(crate) refused: usize,
    /// Waits of the workers for their first token; sorted at the end.
    waits: Vec<Duration>,
}

impl Report {
    /// Returns the wait that this part of a hundred workers does not exceed.
    pub(crate) fn percentile(&self, percent: usize) -> Option<Duration> {
        let last = self.waits.len().checked_sub(1)?;
        self.waits.get(last * percent / 100).copied()
    }

    /// Returns how often the account was locked: for ten minutes the right password is refused as well.
    pub(crate) fn lockouts(&self) -> u64 {
        self.unauthorized / u64::from(LOCKED_AFTER)
    }

    /// Returns the most logins in any second; of renewals, if there are any.
    pub(crate) fn most_a_second(&self, arrival: Arrival) -> u64 {
        let first = if arrival == Arrival::Renewals { 10 } else { 0 };
        self.sent.range(first..).map(|(_, sent)| *sent).max().unwrap_or(0)
    }
}

enum Todo {
    Ask,
    Go(Next),
    Answer(Sent, Outcome),
}

struct Worker {
    session: Session,
    todo: Todo,
    tries_left: u8,
    has_token: bool,
}

/// Stands for one account's place in a store.
#[derive(Default)]
struct Place {
    value: Option<Secret>,
    is_locked: bool,
}

struct Fleet {
    scenario: Scenario,
    account: Account,
    now: UnixTime,
    hub: SimHub,
    /// Those who have arrived and are not done.
    workers: Vec<Option<Box<Worker>>>,
    places: Vec<Place>,
    queue: BinaryHeap<Reverse<(UnixTime, usize)>>,
    report: Report,
}

/// Runs a scenario to its end.
pub(crate) fn run(scenario: Scenario) -> Result<Report, Box<dyn std::error::Error>> {
    let Scenario { workers, strategy, is_password_right, .. } = scenario;
    let hosts = workers.div_ceil(HOST);
    let mut hub = SimHub::new();
    hub.add(SimUser::new(USER, PASSWORD)).login_lifetime(LIFE);
    hub.rate_limit(PER_MINUTE * hosts as u64).lock_out_after(LOCKED_AFTER);
    let secret = if is_password_right { PASSWORD } else { "an old password" };
    let places = match strategy {
        Strategy::Alone | Strategy::AloneWithoutJitter => 0,
        Strategy::StoreForEachHost => hosts,
        Strategy::SharedStore => 1,
    };
    let mut fleet = Fleet {
        scenario,
        account: Account::new(USER, Credential::password(secret))?,
        now: START,
        hub,
        workers: std::iter::repeat_with(|| None).take(workers).collect(),
        places: std::iter::repeat_with(Place::default).take(places).collect(),
        queue: (0..workers).map(|n| Reverse((scenario.arrives(n), n))).collect(),
        report: Report::default(),
    };
    while let Some(Reverse((at, n))) = fleet.queue.pop() {
        fleet.now = at;
        let worker = fleet.workers.get_mut(n).and_then(Option::take);
        let mut worker = worker.unwrap_or_else(|| Box::new(fleet.arrived(n)));
        // One that is done takes its session with it.
        if let Some(at) = fleet.step(n, &mut worker) {
            fleet.queue.push(Reverse((at, n)));
            fleet.workers.get_mut(n).map(|place| place.replace(worker));
        }
    }
    fleet.report.waits.sort_unstable();
    Ok(fleet.report)
}

impl Scenario {
    fn arrives(&self, n: usize) -> UnixTime {
        let part = |of: Duration, n: usize, among: usize| of.mul_f64(n as f64 / among as f64);
        START
            + match self.arrival {
                Arrival::ColdStart | Arrival::Renewals => part(SECOND, n, self.workers),
                Arrival::Rolling => part(MINUTE * 10, n, self.workers),
                Arrival::Burst => {
                    let size = self.workers.div_ceil(10);
                    MINUTE * u32::try_from(n / size).unwrap_or(0) + part(SECOND, n % size, size)
                }
            }
    }
}

impl Fleet {
    fn arrived(&self, n: usize) -> Worker {
        let seed = if self.scenario.strategy == Strategy::AloneWithoutJitter { 1 } else { n as u64 + 1 };
        let session = Session::new(Hub::docker(Policy::new(seed)), self.account.clone());
        Worker { session, todo: Todo::Ask, tries_left: PATIENCE, has_token: false }
    }

    /// Lets the worker go on up to where it waits. Returns when it goes on; `None` if it is done.
    fn step(&mut self, n: usize, worker: &mut Worker) -> Option<UnixTime> {
        let nth = if self.scenario.strategy == Strategy::SharedStore { 0 } else { n / HOST };
        let mut place = self.places.get_mut(nth);
        let cost = if place.is_some() { STORE } else { Duration::ZERO };
        // Calls of the store take their time at once, so that a look is one event and not three.
        let mut now = self.now;
        let session = &mut worker.session;
        let mut next = match std::mem::replace(&mut worker.todo, Todo::Ask) {
            Todo::Ask => session.start(Want::default(), now),
            Todo::Answer(sent, outcome) => sent.reply(outcome.reply()?, session, now),
            Todo::Go(next) => next,
        };
        loop {
            now = now + cost;
            next = match (next, &mut place) {
                (Next::Ready(_), _) => return self.served(n, worker),
                (Next::Refused(failure), _) => return self.refused(worker, &failure),
                (Next::Lock(lock), Some(place)) if place.is_locked => lock.held(now),
                (Next::Lock(lock), place) => {
                    place.as_mut().map(|place| std::mem::replace(&mut place.is_locked, true));
                    lock.got()
                }
                (Next::Load(load), place) => {
                    load.found(place.as_ref().and_then(|place| place.value.as_ref()), session, now)
                }
                (Next::Save(save), place) => {
                    if let (Some(place), Some(sealed)) = (place, save.sealed(session, now)) {
                        place.value = Some(sealed.text);
                    }
                    save.done(session, now)
                }
                (Next::Unlock(unlock), place) => {
                    place.as_mut().map(|place| std::mem::replace(&mut place.is_locked, false));
                    unlock.done(session, now)
                }
                (Next::Wait(wait), _) => {
                    let at = now + wait.delay(now);
                    worker.todo = Todo::Go(wait.resume(session, now));
                    return Some(at);
                }
                (Next::Send(unsent), _) => {
                    let (request, sent) = unsent.send();
                    let outcome = self.hub.handle(&request, now);
                    // No API calls are simulated, so the Hub need not remember its tokens.
                    self.hub.revoke_all();
                    let status = outcome.reply().map(|reply| reply.status().as_u16());
                    self.report.limited += u64::from(status == Some(429));
                    self.report.unauthorized += u64::from(status == Some(401));
                    self.report.logins += 1;
                    *self.report.sent.entry(now.since(START).as_secs()).or_default() += 1;
                    worker.todo = Todo::Answer(sent, outcome);
                    return Some(now + LOGIN);
                }
                // A worker has one caller and no second factor.
                (Next::Park(_) | Next::NeedCode(_) | Next::HandOut(_), _) => return None,
            };
        }
    }

    fn served(&mut self, n: usize, worker: &mut Worker) -> Option<UnixTime> {
        if !std::mem::replace(&mut worker.has_token, true) {
            self.report.waits.push(self.now.since(self.scenario.arrives(n)));
        }
        let until_due = worker.session.expires_at().map_or(WORK, |end| end.since(self.now + SURELY_FRESH));
        let at = self.now + until_due.max(WORK);
        (self.scenario.arrival == Arrival::Renewals && at < START + 20 * MINUTE).then_some(at)
    }

    /// Tries again when the failure says so, as a service does.
    fn refused(&mut self, worker: &mut Worker, failure: &Failure) -> Option<UnixTime> {
        let is_final = !matches!(failure.kind(), FailureKind::RateLimited | FailureKind::ServerFault);
        worker.tries_left = if is_final { 0 } else { worker.tries_left - 1 };
        if worker.tries_left == 0 {
            self.report.refused += usize::from(!worker.has_token);
            return None;
        }
        Some(failure.retry_at().unwrap_or(self.now + 10 * SECOND).max(self.now))
    }
}
