//! What is measured: a name, and code that can be run again and again.

use std::fmt;

/// One thing to measure.
pub struct Case {
    /// What it is, by whom: `login/155/ours`, `login/155/floor`.
    pub name: String,
    /// How many runs give a steady figure.
    pub runs: usize,
    prepare: Box<dyn Fn(usize) -> Box<dyn FnMut()>>,
}

impl Case {
    /// `prepare` is told how many runs to prepare for; it is not measured, what it returns is.
    pub(crate) fn new<R: FnMut() + 'static>(
        name: impl Into<String>,
        runs: usize,
        prepare: impl Fn(usize) -> R + 'static,
    ) -> Case {
        Case { name: name.into(), runs, prepare: Box::new(move |most| Box::new(prepare(most))) }
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
