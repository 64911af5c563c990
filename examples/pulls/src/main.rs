//! Charts the pulls of a publisher's namespace, and downloads the CSV exports behind them: `pulls acme --sim`.
//!
//! It shows one session for many calls, and how files are downloaded from another host without the Hub's token.

#![expect(clippy::doc_markdown, reason = "the comments are the help texts")]

mod chart;
mod download;
mod file;
mod hub;

use std::env;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use hub_auth_blocking::{Account, Client, Credential, Options, Session};
use hub_auth_core::printable;
use hub_auth_host::{DockerLogin, Sources};
use hub_auth_testkit::{Loopback, SimHub, demo};

type Error = Box<dyn std::error::Error + Send + Sync>;

/// Charts the pulls of a namespace, from Docker Hub's publisher analytics.
///
/// The account comes from DOCKER_USERNAME and DOCKER_PASSWORD, else from what `docker login` stored.
#[derive(Parser)]
#[command(max_term_width = 80)]
struct Args {
    /// The namespace; without it, lists those that the account may read
    #[arg(value_parser = namespace)]
    namespace: Option<String>,
    /// Counts by month or by week
    #[arg(long, value_enum, default_value = "month")]
    by: Span,
    /// How many months the chart goes back
    #[arg(long, default_value = "3", value_parser = ["2", "3", "6", "12"])]
    months: String,
    /// Draws the chart into this SVG file too
    #[arg(long, value_name = "FILE", requires = "namespace")]
    svg: Option<PathBuf>,
    /// Downloads the CSV export of the last month or week into this directory
    #[arg(long, value_name = "DIR", requires = "namespace")]
    csv: Option<PathBuf>,
    /// The Hub's base URL
    #[arg(long, default_value = "https://hub.docker.com")]
    hub: http::Uri,
    /// Uses a simulated Hub, without an account or a network
    #[arg(long, conflicts_with = "hub")]
    sim: bool,
}

/// The time that one count or one export covers.
#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Span {
    Month,
    Week,
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("pulls: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<(), Error> {
    let simulated = args.sim.then(|| Loopback::start(SimHub::demo())).transpose()?;
    let base = simulated.as_ref().map_or(args.hub.clone(), Loopback::url);
    let client = Client::new(Options::new().base(base).user_agent("pulls/1.0"))?;
    let demo = || Account::new(demo::USER, Credential::personal_token(demo::PAT));
    let given = simulated.as_ref().map(|_| demo()).transpose()?;
    let sources = Sources::new().given(given).environment(|name| env::var_os(name));
    let found = sources.docker_login(&DockerLogin::from_env()).find()?;
    let found = found.ok_or("no account: set DOCKER_USERNAME and DOCKER_PASSWORD")?;
    eprintln!("As {}, from {}.", found.account.user(), found.origin);
    let session = Session::new(client, found.account);
    let Some(namespace) = &args.namespace else {
        for name in hub::namespaces(&session)? {
            // The name comes from the network, and could drive the terminal.
            println!("{}", printable(&name));
        }
        return Ok(());
    };
    let counts = hub::counts(&session, namespace, args.by, &args.months)?;
    print!("{}", chart::text(&counts));
    if let Some(path) = &args.svg {
        file::save(path, chart::svg(namespace, args.by, &counts)?.as_bytes())?;
        eprintln!("Drew {}.", path.display());
    }
    if let Some(directory) = &args.csv {
        let files = hub::exports(&session, namespace, args.by)?;
        download::all(directory, &files, args.sim || args.hub.scheme_str() == Some("http"))?;
        eprintln!("{} files are in {}.", files.len(), directory.display());
    }
    Ok(())
}

impl Span {
    fn name(self) -> &'static str {
        if self == Span::Month { "month" } else { "week" }
    }
}

/// Takes what can stand in a URL's path and in a file's name.
fn namespace(name: &str) -> Result<String, &'static str> {
    let fine = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if name.chars().all(fine) && !name.is_empty() { Ok(name.to_owned()) } else { Err("only letters, digits, - and _") }
}
