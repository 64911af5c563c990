//! Reports the verdict on each case.

use std::fmt;

use super::{Case, Claim};

/// Holds the verdict on each case of a suite. Its text has a line for each case.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Report(Vec<(Case, Verdict)>);

/// Tells how a case ended.
#[derive(Clone, Debug)]
pub(super) enum Verdict {
    Passed,
    /// The transport breaks the rule. The text says how.
    Failed(String),
    /// The transport lacks this claim.
    Skipped(Claim),
}

impl Report {
    pub(super) fn add(&mut self, case: Case, verdict: Verdict) {
        self.0.push((case, verdict));
    }

    /// Returns true if no case failed.
    #[must_use]
    pub fn is_passed(&self) -> bool {
        self.failed().next().is_none()
    }

    /// Lists the names of the cases that passed.
    pub fn passed(&self) -> impl Iterator<Item = &'static str> {
        self.names(|verdict| matches!(verdict, Verdict::Passed))
    }

    /// Lists the names of the cases that failed.
    pub fn failed(&self) -> impl Iterator<Item = &'static str> {
        self.names(|verdict| matches!(verdict, Verdict::Failed(_)))
    }

    /// Lists the names of the cases that were skipped, because the transport does not claim to do what they need.
    pub fn skipped(&self) -> impl Iterator<Item = &'static str> {
        self.names(|verdict| matches!(verdict, Verdict::Skipped(_)))
    }

    fn names(&self, wanted: fn(&Verdict) -> bool) -> impl Iterator<Item = &'static str> {
        self.0.iter().filter(move |(_, verdict)| wanted(verdict)).map(|(case, _)| case.name)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (Case { name, rule, .. }, verdict) in &self.0 {
            match verdict {
                Verdict::Passed => writeln!(f, "passed   {name:<20} {rule}")?,
                Verdict::Failed(why) => writeln!(f, "FAILED   {name:<20} {rule}: {why}")?,
                Verdict::Skipped(claim) => writeln!(f, "skipped  {name:<20} {rule} (not claimed: {claim})")?,
            }
        }
        Ok(())
    }
}
