//! `hub-auth`: logs in to Docker Hub, keeps the session, and puts its token to use.
//!
//! [`args`] defines the command line. Each command is a file: [`login`], [`token`], [`status`], [`logout`],
//! [`api`], [`plan`], [`sim`], [`shell`].
#![allow(rustdoc::bare_urls, reason = "the comments of arguments are the text of --help")]

mod account;
mod api;
mod args;
mod caller;
mod client;
mod codes;
mod demo;
mod error;
mod kept;
mod logging;
mod login;
mod logout;
mod output;
mod plan;
mod progress;
mod secret;
mod shell;
mod sim;
mod status;
mod terminal;
mod token;
mod usage;

use std::env;
use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Command};
use error::CliError;

fn main() -> ExitCode {
    logging::install();
    let words: Vec<OsString> = env::args_os().collect();
    // This option is found without the parser, because a mistake that the parser finds is reported as JSON too.
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
    // `sim` has a handler of its own for Ctrl-C.
    if !matches!(command, Command::Sim(_)) {
        terminal::end_on_signals();
    }
    let result = match command {
        Command::Login(args) => login::run(&args),
        Command::Token(args) => token::run(&args),
        Command::Status(args) => status::run(&args),
        Command::Logout(args) => logout::run(&args),
        Command::Api(args) => api::run(&args),
        Command::Plan(args) => plan::run(&args),
        Command::Sim(args) => sim::run(&args),
        Command::Completions { shell } => shell::completions(shell),
        Command::Man { command } => shell::man(command.as_deref()),
    };
    progress::clear();
    terminal::forget_typed_ahead();
    result
}
