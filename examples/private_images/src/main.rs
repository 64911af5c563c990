//! Lists the tags and images of a private repository: `private-images alice/hello`.
//!
//! It shows where an unattended program finds its account, how all pages of a list are read with one session, and what an
//! answer other than 200 means.

#![expect(clippy::doc_markdown, reason = "the comments are the help texts")]

mod pages;
mod table;

use std::env;
use std::process::ExitCode;

use clap::Parser;
use hub_auth_blocking::{Client, FileStore, Options, Session};
use hub_auth_host::{DockerLogin, Sources};

type Error = Box<dyn std::error::Error>;

/// Lists the tags and images of a private repository on Docker Hub.
///
/// The account comes from DOCKER_USERNAME and DOCKER_PASSWORD, else from a session that `hub-auth login` keeps, else from
/// what `docker login` stored.
#[derive(Parser)]
#[command(max_term_width = 80)]
struct Args {
    /// The repository, as NAMESPACE/NAME
    repository: String,
    /// One JSON array instead of a table
    #[arg(long)]
    json: bool,
    /// The Hub's base URL
    #[arg(long, default_value = "https://hub.docker.com")]
    hub: http::Uri,
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("private-images: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<(), Error> {
    let (namespace, name) = args.repository.split_once('/').ok_or("give the repository as NAMESPACE/NAME")?;
    let client = Client::new(Options::new().base(args.hub.clone()).user_agent("private-images/1.0"))?;
    let store = FileStore::user_cache();

    let mut sources = Sources::new().environment(|name| env::var_os(name));
    if let Some(store) = &store {
        sources = sources.store(store, client.hub(), store.keys()?);
    }
    let found = sources.docker_login(&DockerLogin::from_env()).find()?;
    let found = found.ok_or("no account: run hub-auth login, or set DOCKER_USERNAME and DOCKER_PASSWORD")?;
    eprintln!("As {}, from {}.", found.account.user(), found.origin);

    let session = Session::new(client, found.account);
    let session = store.into_iter().fold(session, Session::store);
    let tags = pages::all(&session, &format!("/v2/namespaces/{namespace}/repositories/{name}/tags?page_size=100"))?;
    if args.json {
        println!("{}", serde_json::to_string(&tags)?);
    } else {
        print!("{}", table::of(&tags));
    }
    Ok(())
}
