//! `hub-auth token`: a good token for scripts, from the store if there is one, else by a login that asks nobody.

use crate::args::TokenArgs;
use crate::caller::Caller;
use crate::client::Client;
use crate::error::CliError;
use crate::output;

pub(crate) fn run(args: &TokenArgs) -> Result<(), CliError> {
    let client = Client::new(&args.reach, None)?;
    let options = (&args.who.secrets, &args.codes, &args.reach);
    let caller = Caller::find(&client, args.who.user.as_deref(), options, args.min_left)?;
    let bearer = caller.token(args.min_left)?;
    output::line(bearer.token().expose().as_bytes()).map_err(CliError::Output)
}
