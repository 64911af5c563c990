//! `hub-auth completions` and `hub-auth man`: writes both from the definition of the command line.

use std::io::{self, Write};

use clap::CommandFactory;
use clap_complete::Shell;

use crate::args::Cli;
use crate::error::CliError;

pub(crate) fn completions(shell: Shell) -> Result<(), CliError> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "hub-auth", &mut script);
    io::stdout().write_all(&script).map_err(CliError::Output)
}

pub(crate) fn man(name: Option<&str>) -> Result<(), CliError> {
    let mut cli = Cli::command();
    cli.build();
    let command = match name {
        None => cli,
        Some(name) => {
            let command = cli.find_subcommand(name).cloned();
            command.ok_or_else(|| CliError::usage("there is no such command; see hub-auth --help"))?
        }
    };
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page).map_err(CliError::Output)?;
    io::stdout().write_all(&page).map_err(CliError::Output)
}
