//! Shows on a terminal what the program is doing, if that takes more than a moment.
//!
//! The transports tell `tracing` of each attempt and each wait (target `hub_auth`). A subscriber turns these events into
//! the line beside the spinner.

use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// A shorter step shows nothing.
const MOMENT: Duration = Duration::from_millis(400);
const TICK: Duration = Duration::from_millis(100);
const FRAMES: [char; 4] = ['|', '/', '-', '\\'];
/// Goes to the beginning of the line, and erases it.
const ERASE: &str = "\r\x1b[2K";

static SPINNER: OnceLock<Spinner> = OnceLock::new();

struct Spinner {
    step: Mutex<Option<Step>>,
    /// How long one attempt may take.
    timeout: Duration,
}

struct Step {
    what: String,
    begun: Instant,
    limit: Option<Duration>,
}

/// Shows the steps of this process from now on, if standard error is a terminal.
pub(crate) fn start(timeout: Duration) {
    if !io::stderr().is_terminal() {
        return;
    }
    let spinner = SPINNER.get_or_init(|| Spinner { step: Mutex::new(None), timeout });
    // There is no other subscriber.
    let _ = tracing::subscriber::set_global_default(Steps(AtomicU64::new(1)));
    thread::spawn(|| {
        loop {
            thread::sleep(TICK);
            if let Some(step) = spinner.step().as_ref().filter(|step| step.begun.elapsed() >= MOMENT) {
                write(&format!("{ERASE}{step}"));
            }
        }
    });
}

/// Shows a step; with `limit`, how much of that time is left.
pub(crate) fn step(what: String, limit: Option<Duration>) {
    if let Some(spinner) = SPINNER.get() {
        *spinner.step() = Some(Step { what, begun: Instant::now(), limit });
    }
}

/// Erases the line, until the next step.
pub(crate) fn clear() {
    let Some(spinner) = SPINNER.get() else { return };
    // The lock is held while the line is erased, so that no tick draws it again.
    let mut step = spinner.step();
    if step.take().is_some() {
        write(ERASE);
    }
}

/// Writes to the terminal. If it is gone, the program goes on.
fn write(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}

impl Spinner {
    fn step(&self) -> MutexGuard<'_, Option<Step>> {
        self.step.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes the text of the line, which leaves room for the `^C` that a terminal echoes. In a full line the echo would wrap, and
/// the line could not be erased.
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let passed = self.begun.elapsed();
        let frame = FRAMES.iter().cycle().nth((passed.as_millis() / TICK.as_millis()) as usize % FRAMES.len());
        write!(f, "{} {:.50}", frame.unwrap_or(&' '), self.what)?;
        match self.limit {
            Some(limit) => write!(f, " ({} s left)", limit.saturating_sub(passed).as_secs() + 1),
            None => Ok(()),
        }
    }
}

/// Turns the transports' events into steps. It only numbers the spans.
struct Steps(AtomicU64);

impl Subscriber for Steps {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "hub_auth"
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let timeout = SPINNER.get().map(|spinner| spinner.timeout);
        let mut fields = Fields::default();
        span.record(&mut fields);
        match (span.metadata().name(), fields.attempt) {
            ("attempt", 1) => step(format!("asking Docker Hub: {}", fields.route), timeout),
            ("attempt", attempt) => step(format!("asking Docker Hub: {}, attempt {attempt}", fields.route), timeout),
            _ => step("calling Docker Hub's API".to_owned(), timeout),
        }
        Id::from_u64(self.0.fetch_add(1, Ordering::Relaxed))
    }

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        if let Some(waited) = fields.waited {
            step("waiting, as Docker Hub asks".to_owned(), Some(Duration::from_millis(waited)));
        }
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// The fields that a step shows.
#[derive(Default)]
struct Fields {
    route: String,
    attempt: u64,
    waited: Option<u64>,
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "route" {
            value.clone_into(&mut self.route);
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        match field.name() {
            "attempt" => self.attempt = value,
            "waited" => self.waited = Some(value),
            _ => {}
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}
