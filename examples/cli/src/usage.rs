//! Answers a command line that asks for help or cannot be used.
//!
//! clap's own messages repeat the word that is wrong, which may be a secret in the wrong place. The messages here name the option instead.

use std::io::Write;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::error::CliError;

/// Prints what help or version is asked for; anything else is a mistake.
pub(crate) fn answer(error: &clap::Error) -> Result<(), CliError> {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            write!(anstream::stdout(), "{}", error.render().ansi()).map_err(CliError::Output)
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            // If nobody reads it, the exit code still reports the mistake.
            let _ = write!(anstream::stderr(), "{}", error.render().ansi());
            Err(CliError::usage("give a command"))
        }
        _ => Err(CliError::usage(message(error))),
    }
}

fn message(error: &clap::Error) -> String {
    // The name of an option ends where its value begins.
    let named = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.split([' ', '=']).next().unwrap_or_default().to_owned(),
        Some(ContextValue::Strings(texts)) => texts.join(" or "),
        _ => String::new(),
    };
    let arg = named(ContextKind::InvalidArg);
    let suggestion = |kind| match named(kind) {
        name if name.is_empty() => String::new(),
        name => format!("; did you mean {name}?"),
    };
    match error.kind() {
        ErrorKind::InvalidSubcommand => {
            format!("there is no such command{}", suggestion(ContextKind::SuggestedSubcommand))
        }
        ErrorKind::UnknownArgument if arg.starts_with('-') => {
            format!("there is no option {}{}", arg.escape_debug(), suggestion(ContextKind::SuggestedArg))
        }
        ErrorKind::UnknownArgument => {
            "one argument too many; a secret is never an argument: use --secret-stdin or DOCKER_PASSWORD".to_owned()
        }
        ErrorKind::ArgumentConflict => {
            format!("{arg} excludes {}", named(ContextKind::PriorArg))
        }
        ErrorKind::MissingRequiredArgument => format!("{arg} is missing"),
        ErrorKind::InvalidValue if named(ContextKind::InvalidValue).is_empty() => format!("{arg} needs a value"),
        ErrorKind::InvalidValue => format!("{arg}: give one of {}", named(ContextKind::ValidValue)),
        ErrorKind::ValueValidation => {
            let why = std::error::Error::source(error).map_or_else(String::new, ToString::to_string);
            format!("{arg}: {why}")
        }
        ErrorKind::TooManyValues => format!("{arg} takes no value"),
        ErrorKind::InvalidUtf8 => "an argument is not UTF-8".to_owned(),
        _ => "the arguments cannot be read".to_owned(),
    }
}
