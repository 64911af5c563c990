//! What is measured: a name, and code that can be run again and again.

use std::fmt;

/// One thing to measure.
pub struct Case {
    /// What it is, by whom: `2fa, token of 155, few headers: ours`.
    pub name: String,
    /// How many runs give a steady figure.
    pub runs: usize,
    /// How often it is measured: more than once where another program has a say, such as the one that answers.
    pub turns: usize,
    prepare: Box<dyn Fn(usize) -> Box<dyn FnMut()>>,
}

impl Case {
    /// `prepare` is told how many runs to prepare for; it is not measured, what it returns is.
    pub(crate) fn new<R: FnMut() + 'static>(
        name: impl Into<String>,
        runs: usize,
        prepare: impl Fn(usize) -> R + 'static,
    ) -> Case {
        Case { name: name.into(), runs, turns: 1, prepare: Box::new(move |most| Box::new(prepare(most))) }
    }

    pub(crate) fn turns(self, turns: usize) -> Case {
        Case { turns, ..self }
    }

    /// What `measure` finds, the median of all turns.
    pub fn median(&self, measure: impl Fn(&Case) -> u64) -> u64 {
        let mut figures: Vec<u64> = (0..self.turns).map(|_| measure(self)).collect();
        figures.sort_unstable();
        figures.get(self.turns / 2).copied().unwrap_or_default()
    }

    /// What to run, at most twice [`Case::runs`] times.
    #[must_use]
    pub fn prepare(&self) -> Box<dyn FnMut()> {
        (self.prepare)(2 * self.runs)
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {} runs", self.name, self.runs)
    }
}
