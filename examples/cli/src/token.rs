//! `hub-auth token`: prints a good token for scripts, from the store or by a login that asks nobody.

use crate::args::TokenArgs;
use crate::caller::Caller;
use crate::client::Client;
use crate::error::CliError;
use crate::output;

pub(crate) fn run(args: &TokenArgs) -> Result<(), CliError> {
    let client = Client::new(&args.caller.reach, None)?;
    let caller = Caller { min_left: args.min_left, ..Caller::unattended(args.user.as_deref(), &args.caller) };
    let token = caller.log_in(&client)?.bearer;
    output::line(token.token().expose().as_bytes()).map_err(CliError::Output)
}
