//! `hub-auth token`: a good token for scripts, from the store if there is one, else by a login that asks nobody.

use crate::args::TokenArgs;
use crate::client::Client;
use crate::error::CliError;
use crate::{caller, output};

pub(crate) fn run(args: &TokenArgs) -> Result<(), CliError> {
    let client = Client::new(&args.reach, None)?;
    let options = (&args.who.secrets, &args.codes, &args.reach);
    let (_, bearer) = caller::session(&client, args.who.user.as_deref(), options, args.min_left)?;
    output::line(bearer.token().expose().as_bytes()).map_err(CliError::Output)
}
