#![doc = include_str!("../../CONFORMANCE.md")]

mod cases;
mod claim;
mod guard;
mod relay;
mod report;
pub mod session;
mod setup;
mod target;

use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use hub_auth_core::{Failure, LoginOutcome, Step};

pub use claim::Claim;
pub use report::Report;
pub use target::Target;

use guard::Guard;
use report::Verdict;
use setup::Setup;

/// Checks a transport by every rule that no type can enforce.
#[derive(Clone, Debug)]
#[must_use]
pub struct Suite {
    claims: Vec<Claim>,
    only: Option<&'static str>,
    patience: Duration,
}

/// Describes one case of a suite.
#[derive(Clone, Copy, Debug)]
struct Case {
    name: &'static str,
    /// The rule, as the predicate of a sentence about the transport.
    rule: &'static str,
    /// The claims without which the case is skipped.
    needs: &'static [Claim],
}

/// A transport of either kind, as a boxed async closure.
type Transport = Box<dyn Fn(Step) -> Pin<Box<dyn Future<Output = Answer>>>>;
type Answer = Result<LoginOutcome, Failure>;

impl Suite {
    /// Creates the suite for a transport that claims nothing: plain HTTP with a deadline.
    pub fn new() -> Suite {
        Suite { claims: Vec::new(), only: None, patience: Duration::from_secs(20) }
    }

    /// Creates the suite with every claim.
    pub fn all() -> Suite {
        Claim::ALL.into_iter().fold(Suite::new(), Suite::claim)
    }

    /// Adds a claim: the cases that need it are run.
    pub fn claim(mut self, claim: Claim) -> Suite {
        self.claims.push(claim);
        self
    }

    /// Runs the case of this name and no other, to look into a failure.
    pub fn only(self, name: &'static str) -> Suite {
        Suite { only: Some(name), ..self }
    }

    /// Sets how long a case may take (20 seconds by default). Then its connections are closed and it has failed. Where a
    /// deadline has to pass, it is at most three seconds.
    pub fn patience(self, patience: Duration) -> Suite {
        Suite { patience, ..self }
    }

    /// Runs the suite on a blocking transport. `make` builds one for each target, as a closure that drives a step.
    ///
    /// ```
    /// use hub_auth_core::{TransportError, TransportErrorKind, Delivery, Step};
    /// use hub_auth_testkit::conformance::Suite;
    ///
    /// // A transport that never sends anything.
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
            // Ready at the first poll, since the transport blocks.
            if let Poll::Ready(report) = run.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                return report;
            }
        }
    }

    /// Runs the suite on an async transport. `make` builds one for each target, as an async closure that drives a step. It
    /// runs on the runtime that awaits it, on one thread.
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
        for (case, run) in cases::ALL.iter().filter(|(case, _)| self.only.is_none_or(|name| name == case.name)) {
            let missing = case.needs.iter().find(|claim| !self.claims.contains(claim));
            let verdict = if let Some(missing) = missing {
                Verdict::Skipped(*missing)
            } else {
                let guard = Guard::start(self.patience);
                let ended = run(&Setup::new(&make, &guard, &self.claims)).await;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_names_every_case_and_claim() {
        let page = include_str!("../../CONFORMANCE.md");
        let mut rows = Vec::from(Claim::ALL.map(|claim| format!("| `{claim}` |")));
        for (case, _) in cases::ALL {
            let needs = case.needs.iter().map(|claim| format!("`{claim}`")).collect::<Vec<_>>().join(", ");
            rows.push(format!("| `{}` | {} | {needs} |", case.name, case.rule));
        }
        rows.extend(session::cases().map(|case| format!("| `{}` | {} |", case.name, case.rule)));
        for row in &rows {
            assert!(page.contains(row), "missing: {row}");
        }
        assert_eq!(page.matches("\n| `").count(), rows.len());
    }
}
