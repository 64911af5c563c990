//! What the command line says.

use std::ffi::OsString;
use std::num::NonZeroU8;
use std::path::PathBuf;
use std::time::Duration;

use http::Uri;
use hub_auth_core::{Code, CredentialKind};
use hub_auth_testkit::{Scenario, SimHub};
use lexopt::Arg::{Long, Short, Value};
use lexopt::{Parser, ValueExt};

use crate::trouble::Trouble;

pub(crate) const HELP: &str = "\
login [USER]            log in to Docker Hub; say who you are, which kind of token it is, and until when
  --hub URL             default https://hub.docker.com; http only for loopback; a path stays in front of every route
  --transport NAME      hyper (default) | blocking
  --kind KIND           password (default) | pat | oat; a secret that starts with dckr_pat_ or dckr_oat_ picks its kind
  --secret-stdin        read the secret from standard input (one trailing line ending is cut);
                        else DOCKER_PASSWORD; else a hidden prompt
  --code CODE           the one-time code, good for one sending; else a prompt, if there is a terminal
  --totp-stdin          make codes from the account's TOTP secret (base32), the second line of standard input when
                        --secret-stdin is there too; or HUB_TOTP_SECRET; no code twice, so it may wait 30 seconds
  --docker-config       user and secret from what `docker login` stored: the Hub's own entry, whatever --hub says
  --cache               keep the session in $XDG_CACHE_HOME/hub-auth, else ~/.cache/hub-auth; use it while it is good
  --forget              remove what --cache keeps of USER, and end
  --no-prompt           never ask: a missing code ends 4, a missing user or secret ends 2
  --timeout SECONDS     bounds one attempt (default 30)
  --tries N             bounds the sends of one step, 1 to 255 (default 3)
  --ca FILE             trust the root certificates of this PEM file as well
  --json                one JSON object, on one line, on standard output, and nothing else there
  --print-token         the token: bare on standard output, or as a field with --json
  --plan                print to standard output what would be sent, redacted, and send nothing
                        (with --json as the one field `plan`; without a secret, as for --kind)
  --sim[=NAME]          start the simulated Hub on loopback and log in to it (USER optional); NAME: a scenario of it
  --help, --version

USER falls back to DOCKER_USERNAME. Secrets are never arguments. RUST_LOG writes log lines to standard error.
Exit: 0 logged in, 2 usage, 3 refused, 4 second factor, 5 wait, 6 blocked by the edge, 7 no answer or a fault,
8 malformed answer.
";

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Transport {
    #[default]
    Hyper,
    Blocking,
}

/// What is asked for.
#[derive(Debug)]
pub(crate) enum Asked {
    Help,
    Version,
    LoginOutcome(Box<Args>),
}

#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub(crate) struct Args {
    pub(crate) user: Option<String>,
    pub(crate) hub: Option<Uri>,
    pub(crate) transport: Transport,
    /// `None`: the secret's prefix decides.
    pub(crate) kind: Option<CredentialKind>,
    pub(crate) secret_stdin: bool,
    pub(crate) code: Option<Code>,
    pub(crate) totp_stdin: bool,
    pub(crate) docker_config: bool,
    pub(crate) cache: bool,
    pub(crate) forget: bool,
    pub(crate) no_prompt: bool,
    pub(crate) timeout: Duration,
    pub(crate) tries: NonZeroU8,
    pub(crate) ca: Option<PathBuf>,
    pub(crate) json: bool,
    pub(crate) print_token: bool,
    pub(crate) plan: bool,
    pub(crate) sim: Option<SimHub>,
}

impl Default for Args {
    fn default() -> Args {
        Args {
            user: None,
            hub: None,
            transport: Transport::default(),
            kind: None,
            secret_stdin: false,
            code: None,
            totp_stdin: false,
            docker_config: false,
            cache: false,
            forget: false,
            no_prompt: false,
            timeout: Duration::from_secs(30),
            tries: NonZeroU8::MIN.saturating_add(2),
            ca: None,
            json: false,
            print_token: false,
            plan: false,
            sim: None,
        }
    }
}

pub(crate) fn parse(words: Vec<OsString>) -> Result<Asked, Trouble> {
    let mut parser = Parser::from_args(words);
    let mut args = Args::default();
    while let Some(word) = parser.next().map_err(|error| say(&error))? {
        match word {
            Short('h') | Long("help") => return Ok(Asked::Help),
            Short('V') | Long("version") => return Ok(Asked::Version),
            Long("hub") => args.hub = Some(hub(&text(&mut parser, "--hub")?)?),
            Long("transport") => args.transport = transport(&text(&mut parser, "--transport")?)?,
            Long("kind") => args.kind = Some(kind(&text(&mut parser, "--kind")?)?),
            Long("secret-stdin") => args.secret_stdin = true,
            Long("code") => args.code = Some(Code::new(&text(&mut parser, "--code")?)?),
            Long("totp-stdin") => args.totp_stdin = true,
            Long("docker-config") => args.docker_config = true,
            Long("cache") => args.cache = true,
            Long("forget") => args.forget = true,
            Long("no-prompt") => args.no_prompt = true,
            Long("timeout") => args.timeout = timeout(&text(&mut parser, "--timeout")?)?,
            Long("tries") => args.tries = tries(&text(&mut parser, "--tries")?)?,
            Long("ca") => args.ca = Some(parser.value().map_err(|error| say(&error))?.into()),
            Long("json") => args.json = true,
            Long("print-token") => args.print_token = true,
            Long("plan") => args.plan = true,
            Long("sim") => args.sim = Some(sim(parser.optional_value())?),
            Value(user) if args.user.is_none() => {
                args.user = Some(user.string().map_err(|_| Trouble::usage("the user name is not UTF-8"))?);
            }
            Value(_) => return Err(second_value()),
            other => return Err(say(&other.unexpected())),
        }
    }
    match contradiction(&args) {
        Some(why) => Err(Trouble::usage(why)),
        None => Ok(Asked::LoginOutcome(Box::new(args))),
    }
}

fn contradiction(args: &Args) -> Option<&'static str> {
    if args.sim.is_some() && args.hub.is_some() {
        Some("--sim and --hub exclude each other: the simulated Hub has its own address")
    } else if args.sim.is_some() && (args.cache || args.forget) {
        Some("--sim excludes --cache and --forget: the simulated Hub ends with the program")
    } else if args.docker_config && (args.user.is_some() || args.secret_stdin) {
        Some("--docker-config excludes USER and --secret-stdin: it has both")
    } else if args.totp_stdin && args.code.is_some() {
        Some("--totp-stdin and --code exclude each other: both give codes")
    } else {
        None
    }
}

/// The parser's own words, but for those that repeat a value.
fn say(error: &lexopt::Error) -> Trouble {
    Trouble::usage(match error {
        lexopt::Error::MissingValue { option: Some(option) } => format!("{option} needs a value"),
        lexopt::Error::UnexpectedOption(option) => format!("there is no option {}", option.escape_debug()),
        lexopt::Error::UnexpectedValue { option, .. } => format!("{option} takes no value"),
        lexopt::Error::UnexpectedArgument(_) => return second_value(),
        _ => "an argument cannot be read".to_owned(),
    })
}

fn second_value() -> Trouble {
    Trouble::usage("one user name only; a secret is never an argument: use --secret-stdin or DOCKER_PASSWORD")
}

fn text(parser: &mut Parser, option: &str) -> Result<String, Trouble> {
    let value = parser.value().map_err(|error| say(&error))?;
    value.string().map_err(|_| Trouble::usage(format!("the value of {option} is not UTF-8")))
}

/// Whether secrets may be sent there is the library's to say.
fn hub(value: &str) -> Result<Uri, Trouble> {
    value.parse().map_err(|_| {
        Trouble::usage(format!("--hub: the address has no scheme or no host; write it like https://hub.docker.com"))
    })
}

fn transport(value: &str) -> Result<Transport, Trouble> {
    match value {
        "hyper" => Ok(Transport::Hyper),
        "blocking" => Ok(Transport::Blocking),
        _ => Err(Trouble::usage("--transport is hyper or blocking")),
    }
}

fn kind(value: &str) -> Result<CredentialKind, Trouble> {
    [CredentialKind::Password, CredentialKind::PersonalToken, CredentialKind::OrganizationToken]
        .into_iter()
        .find(|kind| kind.as_str() == value)
        .ok_or_else(|| Trouble::usage("--kind is password, pat or oat"))
}

fn timeout(value: &str) -> Result<Duration, Trouble> {
    value
        .parse()
        .ok()
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .filter(|timeout| *timeout >= Duration::from_millis(1) && *timeout <= Duration::from_secs(86_400))
        .ok_or_else(|| Trouble::usage("--timeout is a number of seconds, from 0.001 to 86400"))
}

fn tries(value: &str) -> Result<NonZeroU8, Trouble> {
    value.parse().map_err(|_| Trouble::usage("--tries is a number from 1 to 255"))
}

fn sim(name: Option<OsString>) -> Result<SimHub, Trouble> {
    let Some(name) = name else { return Ok(SimHub::demo()) };
    name.to_str().and_then(SimHub::scenario).ok_or_else(|| {
        let width = Scenario::all().map(|scenario| scenario.name.len()).max().unwrap_or(0);
        let known = Scenario::all().map(|Scenario { name, line, .. }| format!("\n  {name:width$}  {line}"));
        Trouble::usage(format!("--sim knows no such scenario; it knows:{}", known.collect::<String>()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login(line: &str) -> Args {
        match parse(line.split_whitespace().map(OsString::from).collect()).unwrap() {
            Asked::LoginOutcome(args) => *args,
            other => panic!("{other:?}"),
        }
    }

    fn message(line: &[&str]) -> String {
        match parse(line.iter().map(OsString::from).collect()).unwrap_err() {
            Trouble::Own { message, .. } => message,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn options_and_their_defaults() {
        let args = login("");
        assert_eq!((args.timeout, args.tries.get()), (Duration::from_secs(30), 3));
        assert_eq!((args.transport, args.kind), (Transport::Hyper, None));
        let args = login("--kind=oat acme --tries 255 --timeout 0.5 --transport blocking --sim=flaky");
        assert_eq!((args.timeout, args.tries.get()), (Duration::from_millis(500), 255));
        assert_eq!((args.transport, args.kind), (Transport::Blocking, Some(CredentialKind::OrganizationToken)));
        assert!(args.user.as_deref() == Some("acme") && args.sim.is_some());
    }

    #[test]
    fn a_bad_value_is_named_and_never_repeated() {
        for (line, named) in [
            (&["--hub", "canary canary"][..], "base URL"),
            (&["--hub"], "--hub"),
            (&["--transport", "canary"], "--transport"),
            (&["--kind", "canary"], "--kind"),
            (&["--timeout", "canary"], "--timeout"),
            (&["--timeout", "0"], "--timeout"),
            (&["--timeout", "-1"], "--timeout"),
            (&["--timeout", "NaN"], "--timeout"),
            (&["--timeout", "inf"], "--timeout"),
            (&["--tries", "0"], "--tries"),
            (&["--tries", "256"], "--tries"),
            (&["--sim=canary"], "rate-limited"),
            (&["--sim", "--hub", "http://localhost"], "exclude"),
            (&["--json=canary"], "--json"),
            (&["--password=canary"], "--password"),
            (&["alice", "canary"], "--secret-stdin"),
            (&["--code", " "], "one-time code"),
            (&["--sim", "--cache"], "exclude"),
            (&["--sim", "--forget"], "exclude"),
            (&["--docker-config", "canary"], "exclude"),
            (&["--docker-config", "--secret-stdin"], "exclude"),
            (&["--totp-stdin", "--code", "canary"], "exclude"),
            (&["--totp-stdin=canary"], "--totp-stdin"),
        ] {
            let message = message(line);
            assert!(message.contains(named) && !message.contains("canary"), "{line:?}: {message}");
        }
    }
}
