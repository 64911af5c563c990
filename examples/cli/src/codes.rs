//! Gets one-time codes: from the command line, the terminal, the simulated Hub, or a TOTP secret.

use std::sync::Arc;

use hub_auth_core::{Challenge, Code, Secret, Totp};
use hub_auth_testkit::Loopback;

use crate::args::CodeArgs;
use crate::error::CliError;
use crate::output::say;
use crate::secret;
use crate::terminal::Terminal;

const VARIABLE: &str = "HUB_TOTP_SECRET";

/// Returns the TOTP secret, from standard input or else from the variable. An explicit code wins over the variable.
pub(crate) fn totp(args: &CodeArgs, given: Option<&Secret>, use_variable: bool) -> Result<Option<Totp>, CliError> {
    let from = |text: &str, origin: &str| {
        Totp::from_base32(text).map(Some).map_err(|bad| CliError::usage(format!("{origin}: {bad}")))
    };
    match given {
        Some(given) => from(given.expose(), "standard input"),
        None if args.code.is_some() || !use_variable => Ok(None),
        None => match secret::from_variable(VARIABLE)? {
            Some(text) => from(&text, "HUB_TOTP_SECRET"),
            None => Ok(None),
        },
    }
}

#[derive(Debug)]
pub(crate) struct Codes {
    /// The code of `--code`. It is sent once.
    given: Option<Arc<Code>>,
    terminal: Option<Terminal>,
    sim: Option<Arc<Loopback>>,
    /// The last code of the simulated Hub that was sent. The Hub would refuse it a second time.
    sent: Option<String>,
}

impl Codes {
    pub(crate) fn new(given: Option<Arc<Code>>, terminal: Option<Terminal>, sim: Option<Arc<Loopback>>) -> Codes {
        Codes { given, terminal, sim, sent: None }
    }

    /// Returns the next code to send, or `None` if there is no source for another one.
    pub(crate) fn next(&mut self, challenge: &Challenge) -> Option<Code> {
        log::info!("a one-time code is asked for, {} left", challenge.codes_left());
        if let Some(code) = self.given.take() {
            return Code::new(code.expose()).ok();
        }
        let shown = self.sim.as_ref().and_then(|sim| sim.code(challenge.user()));
        match &self.terminal {
            Some(terminal) => ask(terminal, challenge, shown.as_deref()),
            None => self.simulated(shown?),
        }
    }

    fn simulated(&mut self, shown: String) -> Option<Code> {
        if self.sent.as_ref() == Some(&shown) {
            return None;
        }
        let code = Code::new(&shown).ok();
        self.sent = Some(shown);
        code
    }
}

/// Asks until the user types a possible code or ends the input.
fn ask(terminal: &Terminal, challenge: &Challenge, shown: Option<&str>) -> Option<Code> {
    let user = challenge.user();
    crate::progress::clear();
    match challenge.previous_failure() {
        Some(failure) => say!("{}", failure.advice().cause),
        None => say!(
            "The account has two-factor authentication on: type the code of your authenticator, or a recovery code."
        ),
    }
    if let Some(shown) = shown {
        say!("(The simulated authenticator of {user} shows {shown}.)");
    }
    let left = match challenge.codes_left() {
        1 => "the last attempt".to_owned(),
        left => format!("{left} attempts left"),
    };
    loop {
        let typed = terminal.ask(&format!("Code for {user} ({left}): ")).ok()??;
        match Code::new(typed.expose()) {
            Ok(code) => return Some(code),
            Err(bad) => say!("{bad}"),
        }
    }
}
