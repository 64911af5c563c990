//! Whole logins against the simulated Hub, with what goes wrong on a bad day, waits skipped: once with the Hub's own work in
//! the figure, and once without, its answers played again; tokens are small but where it says that they are the Hub's own.

use std::cell::RefCell;
use std::hint::black_box;
use std::time::Duration;

use http::{Response, StatusCode};
use hub_auth_core::sim::{Fault, Outcome, SimHub, demo};
use hub_auth_core::{Account, Awaiting, Break, Broke, Code, Credential, Hub, Policy, Request, Sent, Step, UnixTime};

use crate::case::Case;

const RUNS: usize = 50;
const NOW: UnixTime = UnixTime::from_secs(1_760_000_000);

pub(crate) fn cases() -> Vec<Case> {
    let busy = || Fault::json(StatusCode::SERVICE_UNAVAILABLE, "{}");
    let bob = || Account::new(demo::USER_WITHOUT_2FA, Credential::password(demo::PASSWORD_WITHOUT_2FA));
    let alice = || Account::new(demo::USER, Credential::password(demo::PASSWORD));
    let token = || Account::new(demo::USER, Credential::personal_token(demo::PAT));
    let case = |name: &str, account: Account, faults: Vec<Fault>, wrong_codes: usize| {
        let small = Day { account, faults, wrong_codes, small_tokens: true };
        let long = Day { small_tokens: false, ..small.clone() };
        [(small, ""), (long, "long token, ")]
            .into_iter()
            .flat_map(|(day, token)| {
                let same = day.clone();
                [
                    Case::new(format!("simulated, {token}{name}"), RUNS, move |most| day.with_the_hub(most)),
                    Case::new(format!("played again, {token}{name}"), RUNS, move |most| same.without_it(most)),
                ]
            })
            .collect::<Vec<_>>()
    };
    let good = "an account of the demo";
    [
        case("password", bob().expect(good), vec![], 0),
        case("password after a cut answer", bob().expect(good), vec![Fault::Truncate(20)], 0),
        case("personal token", token().expect(good), vec![], 0),
        case("2fa", alice().expect(good), vec![], 0),
        case("2fa after a 503", alice().expect(good), vec![busy()], 0),
        case("2fa after two 503", alice().expect(good), vec![busy(), busy()], 0),
        case("2fa after a lost answer", alice().expect(good), vec![Fault::DropAfter], 0),
        case("2fa, a wrong code first", alice().expect(good), vec![], 1),
        case("2fa, the code lost", alice().expect(good), vec![Fault::Pass, Fault::DropBefore], 0),
        case("2fa, a 503 to the code", alice().expect(good), vec![Fault::Pass, busy()], 0),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A login and what meets it.
#[derive(Clone)]
struct Day {
    account: Account,
    faults: Vec<Fault>,
    wrong_codes: usize,
    small_tokens: bool,
}

/// What meets one request.
#[derive(Clone)]
enum Met {
    Answer(Response<&'static [u8]>),
    Lost(Option<Response<()>>),
}

impl Day {
    fn sim(&self) -> SimHub {
        let mut sim = SimHub::demo();
        if self.small_tokens {
            sim.small_tokens();
        }
        for fault in &self.faults {
            sim.script(fault.clone());
        }
        sim
    }

    /// A Hub for each run, made and dropped outside of what is measured.
    fn with_the_hub(&self, most: usize) -> impl FnMut() + use<> {
        let mut fresh: Vec<SimHub> = std::iter::repeat_with(|| self.sim()).take(most).collect();
        let mut used = Vec::with_capacity(most);
        let day = self.clone();
        let hub = Hub::docker(Policy::new(1));
        move || {
            let sim = RefCell::new(fresh.pop().expect("a Hub"));
            let meet = |request: Request, awaiting: Awaiting, now| {
                let outcome = sim.borrow_mut().handle(&request, now);
                match outcome {
                    Outcome::Answer(answer) => {
                        let (head, body) = answer.into_parts();
                        awaiting.reply(Response::from_parts(head, body.as_slice()), now)
                    }
                    Outcome::Truncated { answer, .. } => awaiting.broke(lost(Some(answer.map(drop))), now),
                    _ => awaiting.broke(lost(None), now),
                }
            };
            day.login(&hub, meet, |now| sim.borrow().code(day.account.user(), now).expect("a second factor"));
            used.push(sim);
        }
    }

    /// What met the first login meets every other.
    fn without_it(&self, most: usize) -> impl FnMut() + use<> {
        let (sim, mut mets, mut codes) = (RefCell::new(self.sim()), Vec::new(), Vec::new());
        let hub = Hub::docker(Policy::new(1));
        let meet = |request: Request, awaiting: Awaiting, now| {
            mets.push(match sim.borrow_mut().handle(&request, now) {
                Outcome::Answer(answer) => Met::Answer(answer.map(|body| &*body.leak())),
                Outcome::Truncated { answer, .. } => Met::Lost(Some(answer.map(drop))),
                _ => Met::Lost(None),
            });
            mets.last().expect("just pushed").clone().meet(awaiting, now)
        };
        self.login(&hub, meet, |now| {
            codes.push(sim.borrow().code(self.account.user(), now).expect("a second factor"));
            codes.last().expect("just pushed").clone()
        });
        let mut plays: Vec<_> = std::iter::repeat_with(|| (mets.clone(), codes.clone())).take(most).collect();
        let mut used = Vec::with_capacity(most);
        let day = self.clone();
        move || {
            let (mets, codes) = plays.pop().expect("a play");
            let (mut mets, mut codes) = (mets.into_iter(), codes.into_iter());
            let meet = |_, awaiting, now| mets.next().expect("what met it").meet(awaiting, now);
            day.login(&hub, meet, |_| codes.next().expect("a code"));
            used.push((mets, codes));
        }
    }

    fn login(
        &self,
        hub: &Hub,
        mut meet: impl FnMut(Request, Awaiting, UnixTime) -> Step,
        mut code: impl FnMut(UnixTime) -> String,
    ) {
        let (mut now, mut wrong_codes) = (NOW, self.wrong_codes);
        let mut step = hub.login(&self.account);
        loop {
            step = match step {
                Step::Send(exchange) => {
                    let (request, awaiting) = exchange.send();
                    meet(request, awaiting, now)
                }
                Step::Wait(pause) => {
                    now = pause.until();
                    pause.resume(now)
                }
                Step::NeedCode(challenge) if wrong_codes > 0 => {
                    wrong_codes -= 1;
                    challenge.answer(Code::new("not-a-code").expect("a code"), now)
                }
                Step::NeedCode(challenge) => {
                    // A person waits for a code that was not used yet.
                    now = now + Duration::from_secs(30);
                    challenge.answer(Code::new(&code(now)).expect("a code"), now)
                }
                Step::Done(grant) => return drop(black_box(grant)),
                Step::Failed(failure) => panic!("{failure}"),
            };
        }
    }
}

impl Met {
    fn meet(self, awaiting: Awaiting, now: UnixTime) -> Step {
        match self {
            Met::Answer(answer) => awaiting.reply(answer, now),
            Met::Lost(head) => awaiting.broke(lost(head), now),
        }
    }
}

/// A connection that ended before a whole answer came.
fn lost(head: Option<Response<()>>) -> Break {
    let lost = Break::new(Sent::Maybe, Broke::Closed);
    match head {
        Some(head) => lost.head(head.into_parts().0),
        None => lost,
    }
}
