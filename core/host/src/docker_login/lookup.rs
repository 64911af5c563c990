//! Which source is asked next.

use super::config::Config;
use super::entry::Entry;
use super::environment::Environment;
use super::error::DockerLoginError;
use super::helper::Helper;
use super::stored::Stored;

/// What to do next to find an entry.
#[derive(Debug)]
#[must_use]
pub(super) enum Next {
    /// This is it.
    Found(Stored),
    /// Read `config.json` and come back with it.
    Read,
    /// Run this; what it answers is the result.
    Ask(Helper),
    /// There is none.
    Nothing,
}

/// Docker's order: the environment; the helper for the key, else the store for all; else the plain file. A helper that has
/// no such entry is not followed by the file. Where nothing is configured at all, `default_store` is asked.
pub(super) fn next(
    entry: Entry,
    environment: Option<&Environment>,
    config: Option<&Config>,
    default_store: Option<&str>,
) -> Result<Next, DockerLoginError> {
    if let Some(stored) = environment.and_then(|environment| environment.find(entry)) {
        return Ok(Next::Found(stored));
    }
    let Some(config) = config else { return Ok(Next::Read) };
    if let Some(suffix) = config.keeper(entry) {
        return Helper::new(&config.place, suffix, entry, false).map(Next::Ask);
    }
    match default_store {
        Some(suffix) if config.is_silent() => Helper::new(&config.place, suffix, entry, true).map(Next::Ask),
        _ => Ok(config.plain(entry).map_or(Next::Nothing, Next::Found)),
    }
}

/// The store docker tries where none is configured, by operating system (as `consts::OS` names it) and by whether the program
/// `pass` is installed, which matters on Linux only. If its helper is missing, docker falls back to the plain file.
#[must_use]
pub(super) fn default_store(os: &str, has_pass: bool) -> Option<&'static str> {
    match os {
        "macos" => Some("osxkeychain"),
        "windows" => Some("wincred"),
        "linux" if has_pass => Some("pass"),
        "linux" => Some("secretservice"),
        _ => None,
    }
}
