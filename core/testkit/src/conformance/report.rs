//! The report: a line for each case.

use std::fmt;

use super::{Case, Claim};

/// The verdict on each case. Its text has a line for each.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Report {
    lines: Vec<Line>,
}

/// One case and its verdict.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Line {
    /// The case.
    pub case: Case,
    /// Its verdict.
    pub verdict: Verdict,
}

/// The verdict on a case.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// The transport keeps the rule.
    Passed,
    /// The transport breaks the rule; how, in plain words.
    Failed(String),
    /// The transport lacks this claim.
    Skipped(Claim),
}

impl Report {
    pub(super) fn add(&mut self, case: Case, verdict: Verdict) {
        self.lines.push(Line { case, verdict });
    }

    /// Lists every case, in order.
    #[must_use]
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// Returns true if no case failed.
    #[must_use]
    pub fn is_passed(&self) -> bool {
        self.failed().next().is_none()
    }

    /// Lists the names of the cases that failed.
    pub fn failed(&self) -> impl Iterator<Item = &'static str> {
        let failed = self.lines.iter().filter(|line| matches!(line.verdict, Verdict::Failed(_)));
        failed.map(|line| line.case.name)
    }

    /// Lists the names of the cases that were skipped.
    pub fn skipped(&self) -> impl Iterator<Item = &'static str> {
        let skipped = self.lines.iter().filter(|line| matches!(line.verdict, Verdict::Skipped(_)));
        skipped.map(|line| line.case.name)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Case { name, rule, .. } = self.case;
        match &self.verdict {
            Verdict::Passed => write!(f, "passed   {name:<20} {rule}"),
            Verdict::Failed(why) => write!(f, "FAILED   {name:<20} {rule}: {why}"),
            Verdict::Skipped(claim) => write!(f, "skipped  {name:<20} {rule} (not claimed: {claim})"),
        }
    }
}
