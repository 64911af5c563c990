//! The command line: its commands, options and values.
#![expect(clippy::doc_markdown, reason = "the comments are the help texts")]

use std::num::NonZeroU8;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use http::Uri;
use hub_auth_core::{Code, CredentialKind};
use hub_auth_testkit::Scenario;

/// Logs in to Docker Hub, keeps the session, and puts its token to use.
#[derive(Debug, Parser)]
#[command(
    name = "hub-auth",
    version,
    max_term_width = 80,
    term_width = 80,
    disable_help_subcommand = true,
    args_override_self = true,
    arg_required_else_help = true,
    after_help = "Exit codes: 0 done, 1 an answer such as 404, 2 usage, 3 refused, 4 second factor, \
                  5 wait, 6 blocked by the edge, 7 no answer or a fault, 8 malformed answer.\n\
                  RUST_LOG writes log lines to standard error; NO_COLOR turns colours off.\n\
                  A trial without an account or a network: hub-auth login --sim"
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Log in, and keep the session for later commands
    Login(LoginArgs),
    /// Print a good token and nothing else; never ask
    Token(TokenArgs),
    /// Show the kept sessions, and the source of the next account
    Status(StatusArgs),
    /// Remove the kept sessions of a user
    Logout(LogoutArgs),
    /// Call the Hub's API with the token of a session
    Api(ApiArgs),
    /// Show what a login would send, without sending it
    Plan(PlanArgs),
    /// Serve a simulated Hub, for trials and for tests in any language
    Sim(SimArgs),
    /// Print a completion script
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page, or that of one command
    Man {
        /// The command
        command: Option<String>,
    },
}

#[derive(Args, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub(crate) struct LoginArgs {
    /// The Docker ID, or an organization's name; else DOCKER_USERNAME
    #[arg(value_parser = user)]
    pub(crate) user: Option<String>,
    #[command(flatten)]
    pub(crate) caller: CallerArgs,
    /// Send a login even if a session is kept or an earlier login was refused
    #[arg(long)]
    pub(crate) anyway: bool,
    /// Do not keep the session, and use no kept one
    #[arg(long)]
    pub(crate) no_store: bool,
    /// Keep the session; the default, accepted for older scripts
    #[arg(long, hide = true, conflicts_with = "no_store")]
    pub(crate) cache: bool,
    /// The same as `hub-auth logout`
    #[arg(long, hide = true, conflicts_with_all = ["sim", "no_store"])]
    pub(crate) forget: bool,
    /// Print the token: bare on standard output, or as a field with --json
    #[arg(long)]
    pub(crate) print_token: bool,
    /// Log in to a simulated Hub of this program; NAME is one of `hub-auth sim --list`
    #[arg(long, value_name = "NAME", num_args = 0..=1, require_equals = true, default_missing_value = "demo",
          value_parser = scenario, conflicts_with = "hub")]
    pub(crate) sim: Option<Scenario>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Args, Debug)]
pub(crate) struct TokenArgs {
    /// The Docker ID, or an organization's name; else DOCKER_USERNAME
    #[arg(value_parser = user)]
    pub(crate) user: Option<String>,
    #[command(flatten)]
    pub(crate) caller: CallerArgs,
    /// Renew a token that is good for less than this
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = seconds)]
    pub(crate) min_left: Duration,
}

#[derive(Args, Debug)]
pub(crate) struct StatusArgs {
    /// Only the sessions of this user
    pub(crate) user: Option<String>,
    /// The Hub that the next command calls
    #[arg(long, value_name = "URL", value_parser = url)]
    pub(crate) hub: Option<Uri>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Args, Debug)]
pub(crate) struct LogoutArgs {
    /// The user; else DOCKER_USERNAME
    pub(crate) user: Option<String>,
    /// Remove every kept session, of all users and Hubs
    #[arg(long, conflicts_with = "user")]
    pub(crate) all: bool,
    /// Only the sessions at this Hub
    #[arg(long, value_name = "URL", value_parser = url)]
    pub(crate) hub: Option<Uri>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Args, Debug)]
#[command(override_usage = "hub-auth api [OPTIONS] [METHOD] PATH")]
pub(crate) struct ApiArgs {
    /// The path, such as /v2/user, after the method if it is not GET (with --field,
    /// not POST)
    #[arg(required = true, num_args = 1..=2, value_name = "PATH")]
    pub(crate) call: Vec<String>,
    /// A field of the JSON body, as text; with GET, of the query
    #[arg(short, long = "field", value_name = "KEY=VALUE", value_parser = field)]
    pub(crate) fields: Vec<(String, String)>,
    /// Follow the `next` links, and print one JSON array of all results
    #[arg(long)]
    pub(crate) paginate: bool,
    /// The user; needed if sessions of several users are kept
    #[arg(long)]
    pub(crate) user: Option<String>,
    #[command(flatten)]
    pub(crate) caller: CallerArgs,
    /// Errors of this program as one JSON object on standard output
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct PlanArgs {
    /// The Docker ID, or an organization's name; else DOCKER_USERNAME
    #[arg(value_parser = user)]
    pub(crate) user: Option<String>,
    #[command(flatten)]
    pub(crate) secrets: SecretArgs,
    #[command(flatten)]
    pub(crate) reach: ReachArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Args, Debug)]
#[command(after_help = "Routes of its own: GET /_sim/code/USER, GET /_sim/requests, POST /_sim/fault.")]
pub(crate) struct SimArgs {
    /// The scenario, one of --list
    #[arg(value_parser = scenario, default_value = "demo", hide_default_value = true)]
    pub(crate) scenario: Scenario,
    /// List the scenarios: name, what happens, and its public source
    #[arg(long)]
    pub(crate) list: bool,
    /// The port on 127.0.0.1; a free one by default
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    pub(crate) port: u16,
    /// Serve https, and write the certificate to trust to this file
    #[arg(long, value_name = "CA_FILE")]
    pub(crate) tls: Option<PathBuf>,
    /// Add a user; TOTP is the base32 secret of a second factor
    #[arg(long = "user", value_name = "NAME:PASSWORD[:TOTP]", value_parser = sim_user)]
    pub(crate) users: Vec<crate::sim::User>,
    /// Add the accounts of a TOML file
    #[arg(long, value_name = "FILE")]
    pub(crate) accounts: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// Groups the options for the account, its codes, and the way to the Hub.
#[derive(Args, Debug)]
pub(crate) struct CallerArgs {
    #[command(flatten)]
    pub(crate) secrets: SecretArgs,
    #[command(flatten)]
    pub(crate) codes: CodeArgs,
    #[command(flatten)]
    pub(crate) reach: ReachArgs,
}

/// Names the source of an account's secret.
#[derive(Args, Debug)]
pub(crate) struct SecretArgs {
    /// The kind of the secret: password, pat, oat or bearer (a token of a login
    /// elsewhere); else its prefix, dckr_pat_ or dckr_oat_, tells
    #[arg(long, value_parser = kind, hide_possible_values = true)]
    pub(crate) kind: Option<CredentialKind>,
    /// Read the secret from standard input; else DOCKER_PASSWORD has it
    #[arg(long)]
    pub(crate) secret_stdin: bool,
    /// Take the account from what `docker login` stored, and from nothing else
    #[arg(long, conflicts_with_all = ["user", "secret_stdin"])]
    pub(crate) docker_config: bool,
    /// Never ask: a missing code ends 4, a missing user or secret ends 2
    #[arg(long)]
    pub(crate) no_prompt: bool,
}

/// Names the source of one-time codes.
#[derive(Args, Debug)]
pub(crate) struct CodeArgs {
    /// The one-time code, sent once
    #[arg(long, value_parser = code)]
    pub(crate) code: Option<Arc<Code>>,
    /// Make codes from the base32 TOTP secret on standard input, its second line
    /// with --secret-stdin; else HUB_TOTP_SECRET
    #[arg(long, conflicts_with = "code")]
    pub(crate) totp_stdin: bool,
}

/// Tells how to reach the Hub.
#[derive(Args, Clone, Debug)]
pub(crate) struct ReachArgs {
    /// The Hub's base URL [default: https://hub.docker.com]; http to loopback only
    #[arg(long, value_name = "URL", value_parser = url)]
    pub(crate) hub: Option<Uri>,
    /// The HTTP library
    #[arg(long, value_name = "NAME", value_enum, default_value_t)]
    pub(crate) transport: Transport,
    /// How long one attempt may take
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = timeout)]
    pub(crate) timeout: Duration,
    /// How often one request may be sent, 1 to 255
    #[arg(long, value_name = "N", default_value = "3", value_parser = tries)]
    pub(crate) tries: NonZeroU8,
    /// Trust the root certificates of this PEM file as well
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct OutputArgs {
    /// One JSON object on standard output, and nothing else there
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Transport {
    #[default]
    Hyper,
    Blocking,
}

// The messages of these parsers never repeat the value: it may be a secret in the wrong place.

fn user(value: &str) -> Result<String, String> {
    if value == "help" {
        return Err("did you mean --help? For a user of that name, set DOCKER_USERNAME".to_owned());
    }
    crate::account::check_user(value).map_err(|bad| bad.to_string())
}

/// Checks the form only. The library says if secrets may be sent there.
fn url(value: &str) -> Result<Uri, &'static str> {
    value.parse().map_err(|_| "the base URL has no scheme or no host; write it like https://hub.docker.com")
}

const KINDS: [CredentialKind; 4] = [
    CredentialKind::Password,
    CredentialKind::PersonalToken,
    CredentialKind::OrganizationToken,
    CredentialKind::AccessToken,
];

fn kind(value: &str) -> Result<CredentialKind, &'static str> {
    KINDS.into_iter().find(|kind| kind.as_str() == value).ok_or("give password, pat, oat or bearer")
}

fn code(value: &str) -> Result<Arc<Code>, String> {
    Code::new(value).map(Arc::new).map_err(|bad| bad.to_string())
}

fn seconds(value: &str) -> Result<Duration, &'static str> {
    let seconds = value.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    seconds.filter(|time| *time <= Duration::from_secs(86_400)).ok_or("give a number of seconds, up to 86400")
}

fn timeout(value: &str) -> Result<Duration, &'static str> {
    const RANGE: &str = "give a number of seconds, from 0.001 to 86400";
    seconds(value).ok().filter(|time| *time >= Duration::from_millis(1)).ok_or(RANGE)
}

fn tries(value: &str) -> Result<NonZeroU8, &'static str> {
    value.parse().map_err(|_| "give a number from 1 to 255")
}

fn scenario(value: &str) -> Result<Scenario, &'static str> {
    Scenario::all()
        .find(|scenario| scenario.name == value)
        .ok_or("there is no such scenario; `hub-auth sim --list` shows all")
}

fn field(value: &str) -> Result<(String, String), &'static str> {
    let (key, value) = value.split_once('=').filter(|(key, _)| !key.is_empty()).ok_or("write it as KEY=VALUE")?;
    Ok((key.to_owned(), value.to_owned()))
}

fn sim_user(value: &str) -> Result<crate::sim::User, &'static str> {
    crate::sim::User::from_flag(value)
}
