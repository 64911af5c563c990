//! What the program is doing, on a terminal, once that takes more than a moment.
//!
//! The transports tell `tracing` of each attempt and each wait (target `hub_auth`). A subscriber turns these events into
//! the line beside the spinner.

use std::fmt;
use std::io::{self, IsTerminal};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// A step that is over sooner shows nothing.
const MOMENT: Duration = Duration::from_millis(400);
const TICK: Duration = Duration::from_millis(100);
const FRAMES: [char; 4] = ['|', '/', '-', '\\'];

static SPINNER: OnceLock<Spinner> = OnceLock::new();

struct Spinner {
    bar: Mutex<Option<ProgressBar>>,
    /// How long one attempt may take.
    timeout: Duration,
}

/// Shows the steps of this process from now on, if standard error is a terminal.
pub(crate) fn start(timeout: Duration) {
    if io::stderr().is_terminal() && SPINNER.set(Spinner { bar: Mutex::new(None), timeout }).is_ok() {
        // There is no other subscriber.
        let _ = tracing::subscriber::set_global_default(Steps(AtomicU64::new(1)));
    }
}

/// Shows a step; with `limit`, how much of that time is left.
pub(crate) fn step(what: String, limit: Option<Duration>) {
    let Some(spinner) = SPINNER.get() else { return };
    let begun = Instant::now();
    let line = move |_: &ProgressState, line: &mut dyn fmt::Write| {
        let passed = begun.elapsed();
        if passed < MOMENT {
            return;
        }
        let frame = FRAMES.iter().cycle().nth((passed.as_millis() / TICK.as_millis()) as usize % FRAMES.len());
        let left = limit.map(|limit| limit.saturating_sub(passed).as_secs() + 1);
        let left = left.map_or_else(String::new, |left| format!(" ({left} s left)"));
        let _ = write!(line, "{} {what}{left}", frame.unwrap_or(&' '));
    };
    let style = ProgressStyle::with_template("{line}").unwrap_or_else(|_| ProgressStyle::default_spinner());
    let mut bar = spinner.bar();
    let bar = bar.get_or_insert_with(|| {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        bar.enable_steady_tick(TICK);
        bar
    });
    bar.set_style(style.with_key("line", line));
}

/// Takes the line away, until the next step.
pub(crate) fn clear() {
    if let Some(bar) = SPINNER.get().and_then(|spinner| spinner.bar().take()) {
        bar.finish_and_clear();
    }
}

impl Spinner {
    fn bar(&self) -> MutexGuard<'_, Option<ProgressBar>> {
        self.bar.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Turns the transports' events into steps. Spans have numbers and nothing else.
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
