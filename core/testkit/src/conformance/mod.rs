#![doc = include_str!("../../CONFORMANCE.md")]

mod bench;
mod cases;
mod claim;
mod guard;
mod report;
mod target;

use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use hub_auth_core::{Failure, LoginOutcome, Step};

pub use claim::Claim;
pub use report::{Line, Report, Verdict};
pub use target::Target;

use bench::Bench;
use guard::Guard;

/// The suite, with what a transport claims.
#[derive(Clone, Debug)]
#[must_use]
pub struct Suite {
    claims: Vec<Claim>,
    patience: Duration,
}

/// One case, as [`Suite::cases`] lists them.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Case {
    /// Its name, in the report as well.
    pub name: &'static str,
    /// What must hold, in a line.
    pub what: &'static str,
    /// What it needs the transport to claim.
    pub needs: &'static [Claim],
}

/// A transport of either kind.
type Transport = Box<dyn Fn(Step) -> Pin<Box<dyn Future<Output = Answer>>>>;
type Answer = Result<LoginOutcome, Failure>;

impl Suite {
    /// What every transport can: plain HTTP with a deadline. Where it can more, it [claims](Suite::claim) so.
    pub fn new() -> Suite {
        Suite { claims: Vec::new(), patience: Duration::from_secs(20) }
    }

    /// With every claim there is.
    pub fn all() -> Suite {
        Claim::ALL.into_iter().fold(Suite::new(), Suite::claim)
    }

    /// With this claim; the cases that need it are run.
    pub fn claim(mut self, claim: Claim) -> Suite {
        self.claims.push(claim);
        self
    }

    /// How long a case may take before its connections are closed and it has failed: 20 seconds, unless this says
    /// otherwise. No deadline that a transport is given here is longer than three seconds where it has to pass.
    pub fn patience(self, patience: Duration) -> Suite {
        Suite { patience, ..self }
    }

    /// Every case, in the order in which they are run.
    pub fn cases() -> impl Iterator<Item = Case> {
        cases::ALL.iter().map(|(case, _)| *case)
    }

    /// Runs the suite on a blocking transport: `make` builds one for each target, as a closure that drives a step.
    ///
    /// ```
    /// use hub_auth_core::{TransportError, TransportErrorKind, Delivery, Step};
    /// use hub_auth_testkit::conformance::Suite;
    ///
    /// // A transport that never gets anywhere.
    /// let report = Suite::new().run(|_target| {
    ///     |mut step| loop {
    ///         step = match step {
    ///             Step::Send(exchange) => {
    ///                 let broken = TransportError::new(Delivery::NotSent, TransportErrorKind::Connect);
    ///                 exchange.send().1.failed(broken, hub_auth_core::UnixTime::from_secs(0))
    ///             }
    ///             Step::Failed(failure) => return Err(failure),
    ///             _ => unreachable!("it is sent once"),
    ///         }
    ///     }
    /// });
    /// assert!(!report.is_passed());
    /// assert!(report.failed().all(|name| name != "refused"), "nothing was sent, indeed");
    /// ```
    pub fn run<M, T>(self, make: M) -> Report
    where
        M: Fn(&Target) -> T,
        T: Fn(Step) -> Answer + 'static,
    {
        let make = |target: &Target| {
            let transport = make(target);
            async move |step| transport(step)
        };
        let mut run = pin!(self.run_async(make));
        loop {
            // It never waits: the transport blocks.
            if let Poll::Ready(report) = run.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                return report;
            }
        }
    }

    /// Runs the suite on an async transport: `make` builds one for each target, as an async closure that drives a step.
    /// It runs on whatever runtime awaits it, on one thread.
    pub async fn run_async<M, T>(self, make: M) -> Report
    where
        M: Fn(&Target) -> T,
        T: AsyncFn(Step) -> Answer + 'static,
    {
        let make = |target: &Target| {
            let transport = Rc::new(make(target));
            let run = move |step| -> Pin<Box<dyn Future<Output = Answer>>> {
                let transport = Rc::clone(&transport);
                Box::pin(async move { transport(step).await })
            };
            Box::new(run) as Transport
        };
        let mut report = Report::default();
        for (case, run) in cases::ALL {
            let missing = case.needs.iter().find(|claim| !self.claims.contains(claim));
            let verdict = if let Some(missing) = missing {
                Verdict::Skipped(*missing)
            } else {
                let guard = Guard::start(self.patience);
                let ended = run(&Bench::new(&make, &guard)).await;
                guard.judge(ended)
            };
            report.add(*case, verdict);
        }
        report
    }
}

impl Default for Suite {
    fn default() -> Suite {
        Suite::new()
    }
}
