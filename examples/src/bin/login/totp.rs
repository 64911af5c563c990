//! The TOTP secret of an account that nobody attends.

use hub_auth_core::{Secret, Totp};

use crate::account::variables_count;
use crate::args::Args;
use crate::secret;
use crate::sim::Sim;
use crate::trouble::Trouble;

const VARIABLE: &str = "HUB_TOTP_SECRET";

/// From standard input, else from the variable, which an explicit code wins over.
pub(crate) fn totp(args: &Args, given: Option<&Secret>, sim: Option<&Sim>) -> Result<Option<Totp>, Trouble> {
    let from = |text: &str, origin: &str| {
        Totp::from_base32(text).map(Some).map_err(|bad| Trouble::usage(format!("{bad} ({origin})")))
    };
    if let Some(given) = given {
        return from(given.expose(), "from standard input");
    }
    if args.code.is_some() || !variables_count(args, sim) {
        return Ok(None);
    }
    match secret::from_variable(VARIABLE)? {
        Some(text) => from(&text, "from HUB_TOTP_SECRET"),
        None => Ok(None),
    }
}
