//! Writes JSON, tokens and lists to standard output, and everything for people to standard error.
//!
//! Lines for people are wrapped at 80 columns. Colours appear on a terminal only, and not if `NO_COLOR` is set.

use std::io::{self, Write};
use std::time::{Duration, SystemTime};

use clap::builder::styling::{AnsiColor, Style};
use hub_auth_core::{Failure, FailureKind, UnixTime};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::error::CliError;

const WIDTH: usize = 80;
const RED: Style = AnsiColor::Red.on_default().bold();
pub(crate) const GREEN: Style = AnsiColor::Green.on_default().bold();

/// Writes a line for people to standard error. If nobody reads it, the program goes on.
macro_rules! say {
    ($($text:tt)*) => { crate::output::say_line(&format!($($text)*)) };
}
pub(crate) use say;

/// An error in JSON.
#[derive(Default, Serialize)]
struct Failed<'a> {
    error: &'a str,
    advice: String,
    status: Option<u16>,
    /// Unix seconds.
    retry_at: Option<u64>,
    trace_id: Option<&'a str>,
}

pub(crate) fn say_line(text: &str) {
    let _ = anstream::stderr().write_all(wrap(text, 0).as_bytes());
}

fn headline(kind: &str, text: &str) {
    let _ = anstream::stderr().write_all(wrap(&format!("{RED}hub-auth:{RED:#} {kind}: {text}"), 12).as_bytes());
}

/// Writes a line below a headline, such as `  next:     text`.
pub(crate) fn detail(label: &str, text: &str) {
    let line = format!("  {:<10}{text}", format!("{label}:"));
    let _ = anstream::stderr().write_all(wrap(&line, 12).as_bytes());
}

/// Says why the program ends, on both streams if JSON is asked for.
pub(crate) fn error(error: &CliError, as_json: bool) {
    let kind = error.kind().map_or("answered", FailureKind::as_str);
    let mut told = Failed { error: kind, ..Failed::default() };
    match error {
        CliError::Own { kind: of, message, .. } => {
            headline(kind, message);
            if *of == FailureKind::Usage {
                detail("next", "see hub-auth --help");
            }
            told.advice.clone_from(message);
        }
        CliError::Failed { failure, origin } => {
            headline(kind, failure.advice().cause);
            failed(failure, origin.as_deref());
            told.advice = failure.to_string();
            told.status = failure.status().map(|status| status.as_u16());
            told.retry_at = failure.retry_at().map(UnixTime::as_secs);
            told.trace_id = failure.trace_id();
        }
        CliError::Wait { status, until } => {
            told.advice = String::from("Docker Hub wants this call to wait.");
            headline(kind, &told.advice);
            detail("status", &status.to_string());
            detail("retry at", &moment(*until));
            (told.status, told.retry_at) = (Some(status.as_u16()), Some(until.as_secs()));
        }
        CliError::Answered(status) => {
            told.advice = format!("Docker Hub answered {status}.");
            headline(kind, &told.advice);
            told.status = Some(status.as_u16());
        }
        CliError::Output(_) => headline("output", "standard output cannot be written"),
    }
    for cause in error.causes() {
        detail("cause", &printable(&cause));
    }
    if as_json && !matches!(error, CliError::Output(_)) {
        // If standard output is broken, the exit code still reports the error.
        let _ = json(&told);
    }
}

fn failed(failure: &Failure, origin: Option<&str>) {
    detail("next", failure.advice().next);
    if failure.kind() == FailureKind::LockedOut {
        detail("or", "send the login all the same: hub-auth login --anyway");
    }
    let details = [
        ("account", origin.map(|origin| format!("from {}", printable(origin)))),
        ("Hub said", failure.server_message().map(str::to_owned)),
        ("status", failure.status().map(|status| status.to_string())),
        ("to", failure.redirected_to().map(str::to_owned)),
        ("retry at", failure.retry_at().map(moment)),
        ("trace id", failure.trace_id().map(str::to_owned)),
    ];
    for (label, text) in details {
        if let Some(text) = text {
            detail(label, &text);
        }
    }
}

/// Writes one JSON object on a line of standard output.
pub(crate) fn json(object: &impl Serialize) -> io::Result<()> {
    let text = Zeroizing::new(serde_json::to_vec(object)?);
    line(&text)
}

/// Writes one line to standard output.
pub(crate) fn line(text: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text)?;
    out.write_all(b"\n")?;
    out.flush()
}

/// Returns an instant in UTC, and the time until then.
pub(crate) fn moment(at: UnixTime) -> String {
    let now = UnixTime::from(SystemTime::now());
    // Rounded up, so that a token of ten minutes is not shown as one of nine.
    match (at + Duration::from_millis(999)).since(now).as_secs() {
        0 => format!("{at}, which has passed"),
        left => {
            let units = [(86_400, "days"), (3600, "hours"), (60, "minutes")];
            let unit = units.into_iter().find(|(size, _)| left >= 2 * size);
            let (size, name) = unit.unwrap_or((1, "s"));
            format!("{at}, in {} {name}", left / size)
        }
    }
}

/// Makes a text of others safe to show: one line of at most 500 characters, without characters that control a terminal or turn
/// the direction of writing.
pub(crate) fn printable(text: &str) -> String {
    const LONGEST: usize = 500;
    let shown = |c: char| matches!(c, '"' | '\'' | '\\') || c.escape_debug().len() == 1;
    text.chars().take(LONGEST).flat_map(|c| if shown(c) { vec![c] } else { c.escape_default().collect() }).collect()
}

/// Breaks a text between words into lines of at most 80 columns. A longer word keeps its length. Later lines are indented.
pub(crate) fn wrap(text: &str, indent: usize) -> String {
    let mut wrapped = String::new();
    for line in text.split('\n') {
        let mut column = 0;
        for word in line.split_inclusive(' ') {
            let width = anstream::adapter::strip_str(word.trim_end()).to_string().chars().count();
            if column > indent && column + width > WIDTH {
                wrapped.truncate(wrapped.trim_end().len());
                wrapped.push('\n');
                wrapped.push_str(&" ".repeat(indent));
                column = indent;
            }
            wrapped.push_str(word);
            column += width + (word.len() - word.trim_end().len());
        }
        wrapped.push('\n');
    }
    wrapped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wrote_is_one_plain_line() {
        assert_eq!(printable("\u{1b}[31mé\r\n\u{9b}2J\t"), "\\u{1b}[31mé\\r\\n\\u{9b}2J\\t");
        assert_eq!(printable("a\u{202e}b\u{200b}"), "a\\u{202e}b\\u{200b}");
        assert_eq!(printable(&"x".repeat(10_000)).len(), 500);
    }

    #[test]
    fn a_moment_is_in_utc_and_as_a_wait() {
        assert_eq!(moment(UnixTime::from_secs(1_767_226_200)), "2026-01-01T00:10:00Z, which has passed");
        let soon = moment(UnixTime::from(SystemTime::now()) + Duration::from_secs(3600));
        assert!(soon.contains("Z, in "), "{soon}");
        // The last second a token can name.
        assert!(moment(UnixTime::from_secs(253_402_300_799)).starts_with("9999-12-31T23:59:59Z"));
    }

    #[test]
    fn lines_end_before_column_81() {
        let long = "word ".repeat(40);
        let wrapped = wrap(&format!("  next:     {long}"), 12);
        assert!(wrapped.lines().all(|line| line.len() <= 80), "{wrapped}");
        assert!(wrapped.lines().skip(1).all(|line| line.starts_with("            word")), "{wrapped}");
        assert_eq!(wrapped.matches("word").count(), 40);
        assert_eq!(wrap("short", 0), "short\n");
    }
}
