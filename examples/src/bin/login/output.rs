//! What is said: JSON and tokens on standard output, everything for people on standard error.
//! No escape sequence is ever written, so `NO_COLOR` has nothing to turn off.

use std::io::{self, Write};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hub_auth_core::{Account, Failure, FailureKind, Hub, UnixTime};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::args::Args;
use crate::logged_in::LoggedIn;
use crate::plan::Plan;
use crate::trouble::Trouble;

/// A line for people on standard error. A reader that went away changes nothing.
macro_rules! say {
    ($($text:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stderr(), $($text)*);
    }};
}
pub(crate) use say;

/// Success in JSON.
#[derive(Serialize)]
struct Success<'a> {
    user: &'a str,
    name_mismatch: bool,
    kind: &'a str,
    route: &'a str,
    /// Unix seconds.
    expires_at: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'a str>,
}

/// What `--forget` removed, in JSON.
#[derive(Serialize)]
struct Removed<'a> {
    user: &'a str,
    hub: &'a str,
    /// The kinds of credential that sessions were kept for.
    forgotten: Vec<&'a str>,
}

/// Failure in JSON.
#[derive(Serialize)]
struct Failed<'a> {
    error: &'a str,
    advice: &'a str,
    status: Option<u16>,
    /// Unix seconds.
    retry_at: Option<u64>,
    trace_id: Option<&'a str>,
}

/// `--plan` in JSON.
#[derive(Serialize)]
struct Planned<'a> {
    plan: Request<'a>,
}

#[derive(Serialize)]
struct Request<'a> {
    method: &'a str,
    url: String,
    headers: serde_json::Map<String, serde_json::Value>,
    body: &'a str,
    kind: &'a str,
    route: &'a str,
    reason: &'a str,
}

pub(crate) fn success(logged_in: &LoggedIn, hub: &Hub, args: &Args) -> Result<(), Trouble> {
    let LoggedIn { user, name_mismatch, kind, route, expires_at, token } = logged_in;
    if args.json {
        return json(&Success {
            user,
            name_mismatch: *name_mismatch,
            kind: kind.as_str(),
            route: route.as_str(),
            expires_at: expires_at.map(UnixTime::as_secs),
            token: args.print_token.then(|| token.expose()),
        })
        .map_err(Trouble::Output);
    }
    say!("Logged in to {} as {user}.", hub.origin());
    if *name_mismatch {
        say!("  note:    that is the user the token names, not the name given");
    }
    say!("  kind:    {kind}, by {route}");
    let expires = expires_at.map_or_else(|| "the token does not say".to_owned(), moment);
    say!("  expires: {expires}");
    if args.print_token { line(token.expose().as_bytes()).map_err(Trouble::Output) } else { Ok(()) }
}

pub(crate) fn forgotten(user: &str, accounts: &[&Account], hub: &Hub, as_json: bool) -> Result<(), Trouble> {
    let kinds: Vec<_> = accounts.iter().map(|account| account.kind().as_str()).collect();
    if as_json {
        return json(&Removed { user, hub: hub.origin(), forgotten: kinds }).map_err(Trouble::Output);
    }
    if kinds.is_empty() {
        say!("Nothing was kept of {user} at {}.", hub.origin());
    } else {
        say!("Removed what was kept of {user} at {}: the session by {}.", hub.origin(), kinds.join(", by "));
    }
    Ok(())
}

pub(crate) fn plan(plan: &Plan, account: &Account, as_json: bool) -> Result<(), Trouble> {
    let written = if as_json {
        let headers = plan.request.headers().iter();
        json(&Planned {
            plan: Request {
                method: plan.request.method().as_str(),
                url: plan.request.uri().to_string(),
                headers: headers
                    .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into()))
                    .collect(),
                body: &plan.body(),
                kind: account.kind().as_str(),
                route: account.route().as_str(),
                reason: plan.reason(),
            },
        })
    } else {
        write!(io::stdout(), "{plan}")
    };
    written.map_err(Trouble::Output)
}

/// A failure, on both streams if JSON is asked for.
pub(crate) fn trouble(trouble: &Trouble, as_json: bool) {
    match trouble {
        Trouble::Own { kind, message, .. } => {
            say!("login: {kind}: {message}");
            if *kind == FailureKind::Usage {
                say!("  next:     see login --help");
            }
        }
        Trouble::Failed(failure) => failed(failure),
        Trouble::Output(_) => say!("login: standard output cannot be written"),
    }
    for cause in trouble.causes() {
        say!("  cause:    {}", printable(&cause));
    }
    if as_json {
        // If standard output is broken, the exit code still tells.
        let _ = told(trouble);
    }
}

fn failed(failure: &Failure) {
    let advice = failure.advice();
    say!("login: {}: {}", failure.kind(), advice.cause);
    say!("  next:     {}", advice.next);
    if let Some(said) = failure.server_message() {
        say!("  Hub said: {said}");
    }
    if let Some(status) = failure.status() {
        say!("  status:   {status}");
    }
    if let Some(host) = failure.redirected_to() {
        say!("  to:       {host}");
    }
    if let Some(at) = failure.retry_at() {
        say!("  retry at: {}", moment(at));
    }
    if let Some(trace_id) = failure.trace_id() {
        say!("  trace id: {trace_id}");
    }
}

fn told(trouble: &Trouble) -> io::Result<()> {
    match trouble {
        Trouble::Own { kind, message, .. } => {
            json(&Failed { error: kind.as_str(), advice: message, status: None, retry_at: None, trace_id: None })
        }
        Trouble::Failed(failure) => json(&Failed {
            error: failure.kind().as_str(),
            advice: &failure.to_string(),
            status: failure.status().map(|status| status.as_u16()),
            retry_at: failure.retry_at().map(UnixTime::as_secs),
            trace_id: failure.trace_id(),
        }),
        Trouble::Output(_) => Ok(()),
    }
}

fn json(object: &impl Serialize) -> io::Result<()> {
    let text = Zeroizing::new(serde_json::to_vec(object)?);
    line(&text)
}

/// One line on standard output.
fn line(text: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text)?;
    out.write_all(b"\n")?;
    out.flush()
}

/// An instant in UTC, and how far away it is.
fn moment(at: UnixTime) -> String {
    let now = UnixTime::from(SystemTime::now());
    // Claims end with the year 9999, waits after a day: it can be written.
    let instant = humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(at.as_secs()));
    // Rounded up, so that a token just given for ten minutes is said to be.
    match (at + Duration::from_millis(999)).since(now).as_secs() {
        0 => format!("{instant}, which has passed"),
        left => format!("{instant}, in {}", humantime::format_duration(Duration::from_secs(left))),
    }
}

/// A text that others had a hand in, in a few hundred characters: nothing in it may drive a terminal, look like two lines, or
/// turn the direction of writing.
pub(crate) fn printable(text: &str) -> String {
    const LONGEST: usize = 500;
    let shown = |c: char| matches!(c, '"' | '\'' | '\\') || c.escape_debug().len() == 1;
    text.chars().take(LONGEST).flat_map(|c| if shown(c) { vec![c] } else { c.escape_default().collect() }).collect()
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
}
