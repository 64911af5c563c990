//! One run of the program, from the options to the last line of output.

use std::fs;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use hub_auth_core::{Account, Failure, Hub, Policy};
use hub_auth_hyper::{Options, Trust};

use crate::account::Who;
use crate::args::{Args, Asked, HELP};
use crate::cache::Cache;
use crate::client::{Client, Second};
use crate::codes::Codes;
use crate::logged_in::LoggedIn;
use crate::output::{self, say};
use crate::plan::Plan;
use crate::prompt::Terminal;
use crate::secret::Input;
use crate::sim::Sim;
use crate::totp::totp;
use crate::trouble::Trouble;

const PRODUCT: &str = concat!("login/", env!("CARGO_PKG_VERSION"));
/// The libraries' own. While a person types it is all that bounds connecting, so a shorter `--timeout` bounds it too.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

pub(crate) fn run(asked: Asked) -> Result<(), Trouble> {
    match asked {
        Asked::Help => io::stdout().write_all(HELP.as_bytes()).map_err(Trouble::Output),
        Asked::Version => writeln!(io::stdout(), "login {}", env!("CARGO_PKG_VERSION")).map_err(Trouble::Output),
        Asked::LoginOutcome(args) => login(*args),
    }
}

fn login(mut args: Args) -> Result<(), Trouble> {
    let sim = args.sim.take().map(Sim::start).transpose()?.map(Arc::new);
    // What can be refused without a person is refused before one is asked.
    let client = Client::new(args.transport, options(&args, sim.as_deref())?)?;
    let hub = client.hub();
    let terminal = if args.no_prompt { None } else { Terminal::open(args.secret_stdin || args.totp_stdin) };
    let input = Input::read(&args)?;
    let totp = totp(&args, input.totp.as_ref(), sim.as_deref())?;
    let who = Who::find(&args, input.secret, sim.as_deref(), terminal.as_ref())?;
    let mut cache = Cache::open(&args);
    if args.forget {
        return forget(cache.as_ref(), hub, &who, &args);
    }
    if let Some(cache) = cache.as_mut().filter(|_| who.lacks_secret() && !args.plan) {
        if let Some(kept) = cache.look(hub, &who.accounts()?) {
            return output::success(&kept, hub, &args);
        }
    }
    let account = if who.lacks_secret() && terminal.is_some() && !args.plan {
        client.warm_while(|| who.account(false, terminal.as_ref()))?
    } else {
        who.account(args.plan, terminal.as_ref())?
    };
    if args.plan {
        return output::plan(&Plan::new(hub, &account)?, &account, args.json);
    }
    let (origin, user, kind, transport) = (hub.origin(), account.user(), account.kind(), args.transport);
    log::info!("logging in to {origin} as {user}, kind {kind}, by {transport:?}");
    if sim.is_some() {
        say!("The simulated Hub is at {origin}; logging in as {user}.");
    }
    let codes = Codes::new(args.code.take(), terminal, sim.clone());
    let second = totp.map_or(Second::Codes(codes), Second::Totp);
    let logged_in = log_in(&client, account, second, cache)?;
    output::success(&logged_in, hub, &args)
}

/// By a session, if there is anything to keep, in a file or from one code to the next.
fn log_in(client: &Client, account: Account, second: Second, cache: Option<Cache>) -> Result<LoggedIn, Failure> {
    let second = match (second, &cache) {
        (Second::Codes(codes), None) => return Ok(LoggedIn::once(&client.login(account, codes)?)),
        (second, _) => second,
    };
    let (bearer, fault) = client.session(&account, second, cache.as_ref().map(Cache::store));
    if let (Some(mut cache), Some(fault)) = (cache, &fault) {
        cache.warn(fault);
    }
    Ok(LoggedIn::by_session(&bearer?, &account))
}

fn forget(cache: Option<&Cache>, hub: &Hub, who: &Who, args: &Args) -> Result<(), Trouble> {
    let accounts = who.accounts()?;
    let forgotten = cache.map(|cache| cache.forget(hub, &accounts)).transpose()?.unwrap_or_default();
    output::forgotten(who.user(), &forgotten, hub, args.json)
}

fn options(args: &Args, sim: Option<&Sim>) -> Result<Options, Trouble> {
    let mut options = Options::new()
        .user_agent(PRODUCT)
        .timeout(args.timeout)
        .connect_timeout(args.timeout.min(CONNECT_TIMEOUT))
        .policy(Policy::new(seed()).with_sends(args.tries));
    if let Some(base) = sim.map(Sim::url).or_else(|| args.hub.clone()) {
        options = options.base(base);
    }
    if let Some(path) = &args.ca {
        let pem =
            fs::read(path).map_err(|error| Trouble::usage(format!("the file of --ca cannot be read: {error}")))?;
        let trust = Trust::system().with_ca_pem(&pem).map_err(|bad| Trouble::usage(format!("--ca: {bad}")))?;
        options = options.trust(trust);
    }
    Ok(options)
}

/// For jitter, which must differ between processes and need not be more.
fn seed() -> u64 {
    RandomState::new().build_hasher().finish()
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;
    use crate::args;

    #[test]
    fn the_timeout_bounds_connecting_as_well() {
        for (given, attempt, connecting) in [("2", 2, 2), ("10", 10, 10), ("60", 60, 10)] {
            let words = ["--hub", "http://localhost", "--timeout", given].map(OsString::from);
            let Ok(Asked::LoginOutcome(args)) = args::parse(words.into()) else { panic!("no login") };
            let setup = options(&args, None).unwrap().build().unwrap();
            assert_eq!((setup.timeout.as_secs(), setup.connect_timeout.as_secs()), (attempt, connecting));
        }
    }
}
