//! `hub-auth token`: prints a good token for scripts, from the store or by a login that asks nobody.

use crate::args::TokenArgs;
use crate::caller::Caller;
use crate::client::Client;
use crate::error::CliError;
use crate::{kept, output};

pub(crate) fn run(args: &TokenArgs) -> Result<(), CliError> {
    let client = Client::new(&args.reach, None)?;
    let caller = Caller {
        user: args.who.user.as_deref(),
        secrets: &args.who.secrets,
        codes: &args.codes,
        store: kept::store(),
        sim: None,
        asks: false,
        anyway: false,
        min_left: args.min_left,
    };
    let token = caller.log_in(&client)?.bearer;
    output::line(token.token().expose().as_bytes()).map_err(CliError::Output)
}
