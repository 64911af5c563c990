//! `login`: log in to Docker Hub and say who you are, which kind of token it is, and until when.
//!
//! It is also the example of a whole program on this library: both transports, prompts, sessions, exit codes. What it
//! takes is in [`args`], where the user and the secret come from in [`account`], where the codes come from in [`codes`]
//! and [`totp`], where the session is kept in [`cache`].

mod account;
mod args;
mod cache;
mod client;
mod codes;
mod docker;
mod exit;
mod logged_in;
mod logging;
mod output;
mod plan;
mod prompt;
mod run;
mod secret;
mod sim;
mod totp;
mod trouble;

use std::env;
use std::ffi::OsString;
use std::process::ExitCode;

fn main() -> ExitCode {
    logging::install();
    let words: Vec<OsString> = env::args_os().skip(1).collect();
    // Known before the rest is read, since a mistake in the rest is told as JSON too.
    let json = words.iter().take_while(|word| *word != "--").any(|word| word == "--json");
    match args::parse(words).and_then(run::run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(trouble) => {
            output::trouble(&trouble, json);
            ExitCode::from(exit::code(&trouble))
        }
    }
}
