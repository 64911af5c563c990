//! `hub-auth`: log in to Docker Hub, keep the session, and put its token to use.
//!
//! [`args`] holds what the command line can say. Each command is a file: [`login`], [`token`], [`status`], [`logout`],
//! [`api`], [`plan`], [`sim`], [`shell`].

mod args;
mod error;
mod output;
mod shell;
mod sim;
mod usage;

use std::env;
use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Command};
use error::CliError;

fn main() -> ExitCode {
    let words: Vec<OsString> = env::args_os().collect();
    // Looked for before the rest is parsed, since a mistake in the rest is told as JSON too.
    let json = words.iter().take_while(|word| *word != "--").any(|word| word == "--json");
    let result = match Cli::try_parse_from(words) {
        Ok(cli) => run(cli.command),
        Err(error) => usage::answer(&error),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::error(&error, json);
            ExitCode::from(error.exit_code())
        }
    }
}

fn run(command: Command) -> Result<(), CliError> {
    match command {
        Command::Sim(args) => sim::run(&args),
        Command::Completions { shell } => shell::completions(shell),
        Command::Man { command } => shell::man(command.as_deref()),
        _ => Err(CliError::usage("this command is not there yet")),
    }
}
