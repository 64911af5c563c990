//! Runs workers, their stores and the Hub in virtual time: the real core and the simulated Hub, no threads and no sockets.

use std::collections::BTreeMap;
use std::time::Duration;

use hub_auth_core::session::{Next, Session, Want};
use hub_auth_core::{Account, Credential, Failure, FailureKind, Hub, Policy, Secret, UnixTime};
use hub_auth_testkit::{SimHub, SimUser};

const START: UnixTime = UnixTime::from_secs(1_760_000_000);
const USER: &str = "fleet";
const PASSWORD: &str = "correct-horse";
const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
/// Measures the time that the Hub needs for a login, and a store for a call.
const LOGIN: Duration = Duration::from_millis(500);
const STORE: Duration = Duration::from_millis(1);
/// A worker with calls for a quarter of an hour makes one every two seconds.
const WORK: Duration = Duration::from_secs(2);
/// A token is not renewed while this much of it is left, so calls before that are left out.
const SURELY_FRESH: Duration = Duration::from_secs(90);
/// Bounds the life of a token, as of one that a personal access token gets.
const LIFE: Duration = Duration::from_secs(600);
const WORKERS_ON_A_HOST: usize = 50;
/// Bounds the logins that the Hub takes from each address (docker/hub-feedback#2459); a host has one.
const LOGINS_A_MINUTE: u64 = 180;
const FAILURES_UNTIL_LOCKED: u32 = 10;
/// Bounds how often a worker that is refused tries.
const TRIES: u8 = 5;

/// Says how the workers come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// All within a second, for one call each.
    ColdStart,
    /// Evenly over ten minutes, for one call each.
    Rolling,
    /// In ten bursts of a second each, a minute apart, for one call each.
    Burst,
    /// All within a second, with calls for a quarter of an hour: their tokens end together.
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
    pub(crate) logins: u64,
    /// The most of them in any second; of renewals, if there are any.
    pub(crate) most_a_second: u64,
    /// Answers of the Hub that there were too many.
    pub(crate) limited: u64,
    /// Answers of the Hub that the password is wrong. Each tenth locks the account for ten minutes.
    unauthorized: u64,
    pub(crate) lockouts: u64,
    /// Workers that never got a token.
    pub(crate) refused: usize,
    /// Waits of the workers for their first token, sorted at the end.
    pub(crate) waits: Vec<Duration>,
    /// Requests in each second since the start.
    sent: BTreeMap<u64, u64>,
}

struct Worker {
    session: Session,
    next: Option<Next>,
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
    now: UnixTime,
    hub: SimHub,
    places: Vec<Place>,
    report: Report,
}

/// Runs a scenario to its end.
pub(crate) fn run(scenario: Scenario) -> Result<Report, Box<dyn std::error::Error>> {
    let Scenario { workers, strategy, is_password_right, .. } = scenario;
    let hosts = workers.div_ceil(WORKERS_ON_A_HOST);
    let mut hub = SimHub::new();
    hub.add(SimUser::new(USER, PASSWORD)).login_lifetime(LIFE);
    hub.rate_limit(LOGINS_A_MINUTE * hosts as u64).lock_out_after(FAILURES_UNTIL_LOCKED);
    let secret = if is_password_right { PASSWORD } else { "an old password" };
    let account = Account::new(USER, Credential::password(secret))?;
    let places = match strategy {
        Strategy::Alone | Strategy::AloneWithoutJitter => 0,
        Strategy::StoreForEachHost => hosts,
        Strategy::SharedStore => 1,
    };
    let places = std::iter::repeat_with(Place::default).take(places).collect();
    let mut fleet = Fleet { scenario, now: START, hub, places, report: Report::default() };
    // By the time of their next event. A worker is made when it arrives, and dropped when it is done.
    let mut queue: BTreeMap<_, _> = (0..workers).map(|n| ((scenario.arrives(n), n), None)).collect();
    while let Some(((at, n), worker)) = queue.pop_first() {
        fleet.now = at;
        let mut worker = worker.unwrap_or_else(|| {
            let seed = if strategy == Strategy::AloneWithoutJitter { 1 } else { n as u64 + 1 };
            let session = Session::new(Hub::docker(Policy::new(seed)), account.clone());
            Box::new(Worker { session, next: None, tries_left: TRIES, has_token: false })
        });
        if let Some(at) = fleet.step(n, &mut worker) {
            queue.insert((at, n), Some(worker));
        }
    }
    let mut report = fleet.report;
    let first = if scenario.arrival == Arrival::Renewals { 10 } else { 0 };
    report.most_a_second = report.sent.range(first..).map(|(_, sent)| *sent).max().unwrap_or(0);
    report.lockouts = report.unauthorized / u64::from(FAILURES_UNTIL_LOCKED);
    report.waits.sort_unstable();
    Ok(report)
}

impl Scenario {
    fn arrives(&self, n: usize) -> UnixTime {
        let burst = self.workers.div_ceil(10);
        let (minute, within, nth, among) = match self.arrival {
            Arrival::ColdStart | Arrival::Renewals => (0, SECOND, n, self.workers),
            Arrival::Rolling => (0, MINUTE * 10, n, self.workers),
            Arrival::Burst => (n / burst, SECOND, n % burst, burst),
        };
        START + MINUTE * minute as u32 + within.mul_f64(nth as f64 / among as f64)
    }
}

impl Fleet {
    /// Lets the worker go on up to where it waits. Returns when it goes on; `None` if it is done.
    fn step(&mut self, n: usize, worker: &mut Worker) -> Option<UnixTime> {
        let nth = if self.scenario.strategy == Strategy::SharedStore { 0 } else { n / WORKERS_ON_A_HOST };
        let mut place = self.places.get_mut(nth);
        let cost = if place.is_some() { STORE } else { Duration::ZERO };
        // Calls of the store take their time at once, so that a look is one event and not three.
        let (mut now, session) = (self.now, &mut worker.session);
        let mut next = worker.next.take().unwrap_or_else(|| session.start(Want::default(), now));
        loop {
            now = now + cost;
            let (at, then) = match next {
                Next::Ready(_) => return self.served(n, worker),
                Next::Refused(failure) => return self.refused(worker, &failure),
                Next::Lock(lock) => {
                    let is_locked = place.as_mut().is_some_and(|place| std::mem::replace(&mut place.is_locked, true));
                    (now, if is_locked { lock.held(now) } else { lock.got() })
                }
                Next::Load(load) => (now, load.found(place.as_ref().and_then(|at| at.value.as_ref()), session, now)),
                Next::Save(save) => {
                    if let Some(place) = &mut place {
                        place.value = save.sealed(session, now).map(|sealed| sealed.text).or(place.value.take());
                    }
                    (now, save.done(session, now))
                }
                Next::Unlock(unlock) => {
                    if let Some(place) = &mut place {
                        place.is_locked = false;
                    }
                    (now, unlock.done(session, now))
                }
                Next::Wait(wait) => (now + wait.delay(now), wait.resume(session, now)),
                Next::Send(unsent) => {
                    let (request, sent) = unsent.send();
                    let answer = self.hub.handle(&request, now);
                    let answer = answer.reply()?;
                    self.report.logins += 1;
                    self.report.limited += u64::from(answer.status().as_u16() == 429);
                    self.report.unauthorized += u64::from(answer.status().as_u16() == 401);
                    *self.report.sent.entry(now.since(START).as_secs()).or_default() += 1;
                    // No API calls are simulated, so the Hub need not remember its tokens.
                    self.hub.revoke_all();
                    (now + LOGIN, sent.reply(answer, session, now + LOGIN))
                }
                // A worker has one caller and no second factor.
                Next::Park(_) | Next::NeedCode(_) | Next::HandOut(_) => return None,
            };
            if at > now {
                worker.next = Some(then);
                return Some(at);
            }
            next = then;
        }
    }

    fn served(&mut self, n: usize, worker: &mut Worker) -> Option<UnixTime> {
        if !std::mem::replace(&mut worker.has_token, true) {
            self.report.waits.push(self.now.since(self.scenario.arrives(n)));
        }
        let due = worker.session.expires_at().map_or(WORK, |end| end.since(self.now + SURELY_FRESH));
        let at = self.now + due.max(WORK);
        (self.scenario.arrival == Arrival::Renewals && at < START + 15 * MINUTE).then_some(at)
    }

    /// Tries again when the failure says so, as a service does.
    fn refused(&mut self, worker: &mut Worker, failure: &Failure) -> Option<UnixTime> {
        let is_final = !matches!(failure.kind(), FailureKind::RateLimited | FailureKind::ServerFault);
        worker.tries_left = if is_final { 0 } else { worker.tries_left - 1 };
        let is_done = worker.tries_left == 0;
        self.report.refused += usize::from(is_done && !worker.has_token);
        (!is_done).then(|| failure.retry_at().unwrap_or(self.now + 10 * SECOND).max(self.now))
    }
}
