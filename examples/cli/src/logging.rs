//! Writes log lines to standard error as `RUST_LOG` asks, and never a secret.

use std::env;
use std::io::Write;

use env_logger::Logger;
use log::{Level, Log, Metadata, Record};

use crate::output::printable;

/// Installs the logger if `RUST_LOG` is set.
pub(crate) fn install() {
    if env::var_os("RUST_LOG").is_none() {
        return;
    }
    let logger = env_logger::Builder::from_env("RUST_LOG")
        .format(|line, record| {
            let text = printable(&record.args().to_string());
            writeln!(line, "{:5} {} {text}", record.level(), record.target())
        })
        .build();
    let most = logger.filter();
    if log::set_boxed_logger(Box::new(Guarded(logger))).is_ok() {
        log::set_max_level(most);
    }
}

/// Passes on lines below INFO of this project's crates only. At TRACE `ureq_proto` logs whole answers with their tokens, and at
/// DEBUG headers that the server chose: it may have put a secret there.
struct Guarded(Logger);

impl Guarded {
    fn is_allowed(metadata: &Metadata<'_>) -> bool {
        let krate = metadata.target().split("::").next().unwrap_or_default();
        metadata.level() <= Level::Info || krate.starts_with("hub_auth")
    }
}

impl Log for Guarded {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        Guarded::is_allowed(metadata) && self.0.enabled(metadata)
    }

    fn log(&self, record: &Record<'_>) {
        if Guarded::is_allowed(record.metadata()) {
            self.0.log(record);
        }
    }

    fn flush(&self) {
        self.0.flush();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_setting_lets_other_crates_log_below_info() {
        let logger = env_logger::Builder::new().parse_filters("trace,ureq_proto::client=trace").build();
        assert_eq!(logger.filter(), log::LevelFilter::Trace);
        let logger = Guarded(logger);
        let enabled = |target, level| logger.enabled(&Metadata::builder().target(target).level(level).build());
        for target in ["ureq_proto", "ureq_proto::client", "ureq::run", "hyper", ""] {
            assert!(!enabled(target, Level::Debug), "{target}");
            assert!(enabled(target, Level::Info), "{target}");
        }
        assert!(enabled("hub_auth::codes", Level::Trace) && enabled("hub_auth_hyper", Level::Trace));
    }
}
