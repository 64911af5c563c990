//! One run of the program, from the options to the last line of output.

use std::fs;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, Write};
use std::sync::Arc;

use hub_auth_core::Policy;
use hub_auth_hyper::{Options, Trust};

use crate::account::account;
use crate::args::{Args, Asked, HELP};
use crate::client::Client;
use crate::codes::Codes;
use crate::output::{self, say};
use crate::prompt::Terminal;
use crate::sim::Sim;
use crate::trouble::Trouble;

const PRODUCT: &str = concat!("login/", env!("CARGO_PKG_VERSION"));

pub(crate) fn run(asked: Asked) -> Result<(), Trouble> {
    match asked {
        Asked::Help => io::stdout().write_all(HELP.as_bytes()).map_err(Trouble::Output),
        Asked::Version => writeln!(io::stdout(), "login {}", env!("CARGO_PKG_VERSION")).map_err(Trouble::Output),
        Asked::Login(args) => login(*args),
    }
}

fn login(mut args: Args) -> Result<(), Trouble> {
    let sim = args.sim.take().map(Sim::start).transpose()?.map(Arc::new);
    // What can be refused without a person is refused before one is asked.
    let client = Client::new(args.transport, options(&args, sim.as_deref())?)?;
    let hub = client.hub();
    let terminal = if args.no_prompt { None } else { Terminal::open(args.secret_stdin) };
    let account = account(&args, sim.as_deref(), terminal.as_ref())?;
    if args.plan {
        return output::plan(&hub.plan(&account), &account, args.json);
    }
    let (origin, user, kind, transport) = (hub.origin(), account.user(), account.kind(), args.transport);
    log::info!("logging in to {origin} as {user}, kind {kind}, by {transport:?}");
    if sim.is_some() {
        say!("The simulated Hub is at {origin}; logging in as {user}.");
    }
    let codes = Codes::new(args.code.take(), terminal, sim.clone());
    let grant = client.login(&account, codes)?;
    output::success(&grant, hub, &args)
}

fn options(args: &Args, sim: Option<&Sim>) -> Result<Options, Trouble> {
    let mut options =
        Options::new().product(PRODUCT).timeout(args.timeout).policy(Policy::new(seed()).sends(args.tries));
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
