//! What the libraries log at TRACE while a row is played by this process.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::Mutex;

use log::{LevelFilter, Log, Metadata, Record};

/// Lines by job.
struct Capture(Mutex<BTreeMap<usize, Vec<Line>>>);

pub(crate) struct Line {
    /// One of the dumps of whole answers that `hub-auth-blocking` warns of, in a crate below it.
    pub(crate) is_dump: bool,
    pub(crate) text: String,
}

static CAPTURE: Capture = Capture(Mutex::new(BTreeMap::new()));

const NONE: usize = usize::MAX;

thread_local! {
    static JOB: Cell<usize> = const { Cell::new(NONE) };
}

impl Log for Capture {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        let is_dump = record.target().starts_with("ureq_proto");
        let line = Line { is_dump, text: record.args().to_string() };
        self.0.lock().unwrap().entry(JOB.get()).or_default().push(line);
    }

    fn flush(&self) {}
}

/// Once a process.
pub(crate) fn install() {
    log::set_logger(&CAPTURE).unwrap();
    log::set_max_level(LevelFilter::Trace);
}

/// What is logged on this thread belongs to this job from now on.
pub(crate) fn begin(job: usize) {
    JOB.set(job);
}

/// Takes the lines of a job.
pub(crate) fn end(job: usize) -> Vec<Line> {
    CAPTURE.0.lock().unwrap().remove(&job).unwrap_or_default()
}

/// Lines of no job: of the other tests here, or of a thread that a library started unasked.
pub(crate) fn strays() -> Vec<Line> {
    end(NONE)
}
