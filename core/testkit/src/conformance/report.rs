//! What came of it: a line for each case.

use std::fmt;

use super::{Case, Claim};

/// What came of each case. As text, a line for each.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Report {
    lines: Vec<Line>,
}

/// One case, and what came of it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Line {
    /// The case.
    pub case: Case,
    /// What came of it.
    pub verdict: Verdict,
}

/// What came of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// It holds.
    Passed,
    /// It does not; why, in plain words.
    Failed(String),
    /// The transport does not claim this.
    Skipped(Claim),
}

impl Report {
    pub(super) fn add(&mut self, case: Case, verdict: Verdict) {
        self.lines.push(Line { case, verdict });
    }

    /// Every case, in order.
    #[must_use]
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// Whether no case failed.
    #[must_use]
    pub fn is_passed(&self) -> bool {
        self.failed().next().is_none()
    }

    /// The names of the cases that failed.
    pub fn failed(&self) -> impl Iterator<Item = &'static str> {
        let failed = self.lines.iter().filter(|line| matches!(line.verdict, Verdict::Failed(_)));
        failed.map(|line| line.case.name)
    }

    /// The names of the cases that were skipped.
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
        let Case { name, what, .. } = self.case;
        match &self.verdict {
            Verdict::Passed => write!(f, "passed   {name:<20} {what}"),
            Verdict::Failed(why) => write!(f, "FAILED   {name:<20} {what}: {why}"),
            Verdict::Skipped(claim) => write!(f, "skipped  {name:<20} {what} (not claimed: {claim})"),
        }
    }
}
