//! Gets a token in a job that nobody attends, and hides it from the job's log.
//!
//! It shows an explicit order of sources, a store that all jobs of a machine share, so that they log in once, and codes of a
//! TOTP secret. See the page beside it for GitHub Actions, GitLab and cron.

use std::env;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use hub_auth_blocking::{Client, FileStore, Options, Session, Totp};
use hub_auth_host::{DockerLogin, Sources};

type Error = Box<dyn std::error::Error>;

/// A job gets a token that is good for as long as it may take.
const JOB: Duration = Duration::from_secs(5 * 60);

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("ci-token: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Error> {
    let mut options = Options::new().user_agent("ci-token/1.0");
    if let Ok(hub) = env::var("HUB_URL") {
        options = options.base(hub.parse().map_err(|_| "HUB_URL is no URL")?);
    }
    let client = Client::new(options)?;
    // The first source that has an account is taken. One that is broken ends the job: it must not log in as somebody else.
    let sources = Sources::new().environment(|name| env::var_os(name)).docker_login(&DockerLogin::from_env());
    let found = sources.find()?.ok_or("no account: set DOCKER_USERNAME and DOCKER_PASSWORD")?;
    eprintln!("As {}, from {}.", found.account.user(), found.origin);

    let mut session = Session::new(client, found.account);
    if let Ok(secret) = env::var("HUB_TOTP_SECRET") {
        session = session.totp(Totp::from_base32(&secret)?);
    }
    if let Some(store) = FileStore::user_cache() {
        session = session.store(store);
    }
    let bearer = session.token(JOB)?;
    if let Some(error) = session.store_fault() {
        eprintln!("ci-token: warning: {error}");
    }
    hand_over(bearer.token().expose()).map_err(|error| format!("the token cannot be handed over: {error}").into())
}

/// In GitHub Actions masks the token in the log and makes it the step's output `token`; elsewhere prints it.
fn hand_over(token: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match env::var_os("GITHUB_OUTPUT") {
        Some(file) => {
            writeln!(out, "::add-mask::{token}")?;
            let mut file = OpenOptions::new().append(true).create(true).open(file)?;
            writeln!(file, "token={token}")
        }
        None => writeln!(out, "{token}"),
    }
}
