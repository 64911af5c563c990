//! `hub-auth sim`: serves the simulated Hub to programs in any language.

mod accounts;
mod list;

use std::fs;
use std::io::Write;
use std::sync::mpsc;

use hub_auth_testkit::tls::Authority;
use hub_auth_testkit::{Loopback, SimHub};
use serde::Serialize;

use crate::args::SimArgs;
use crate::error::CliError;
use crate::output::{self, say};

pub(crate) use accounts::User;

/// The address of the simulated Hub, in JSON.
#[derive(Serialize)]
struct Served<'a> {
    url: &'a str,
    /// The file of the certificate to trust.
    #[serde(skip_serializing_if = "Option::is_none")]
    ca: Option<&'a str>,
}

/// Serves until Ctrl-C or a signal to end.
pub(crate) fn run(args: &SimArgs) -> Result<(), CliError> {
    if args.list {
        return list::print(args.output.json);
    }
    let mut hub = args.scenario.hub();
    accounts::add(&mut hub, &args.users, args.accounts.as_deref())?;
    let (end, ended) = mpsc::channel();
    // After the first signal nobody listens any more, so a second one may fail.
    let end = move || {
        let _ = end.send(());
    };
    ctrlc::set_handler(end).map_err(|error| CliError::machine("Ctrl-C cannot be waited for", error))?;
    let server = start(args, hub)?;
    server.serve_controls();
    announce(args, &server)?;
    // It can fail only if the handler is gone.
    let _ = ended.recv();
    say!("\nServed {} requests.", server.hub().seen().len());
    Ok(())
}

fn start(args: &SimArgs, hub: SimHub) -> Result<Loopback, CliError> {
    let port = args.port;
    let failed = |error| CliError::machine(format!("port {port} of 127.0.0.1 cannot be served"), error);
    let Some(ca) = &args.tls else { return Loopback::start_at(hub, port).map_err(failed) };
    let made = |error| CliError::machine("no certificate could be made", error);
    let authority = Authority::new().map_err(made)?;
    let identity = authority.issue(&["localhost", "127.0.0.1"]).map_err(made)?;
    fs::write(ca, authority.pem())
        .map_err(|error| CliError::machine(format!("{} cannot be written", ca.display()), error))?;
    Loopback::start_tls_at(hub, port, &identity).map_err(failed)
}

/// Writes the URL alone to standard output, for scripts, and its use to standard error.
fn announce(args: &SimArgs, server: &Loopback) -> Result<(), CliError> {
    // A base URL ends without the slash that a URI shows for an empty path.
    let url = server.url().to_string();
    let url = url.trim_end_matches('/');
    let ca = args.tls.as_ref().map(|ca| ca.display().to_string());
    if args.output.json {
        return output::json(&Served { url, ca: ca.as_deref() }).map_err(CliError::Output);
    }
    output::line(url.as_bytes()).map_err(CliError::Output)?;
    let trust = ca.map_or_else(String::new, |ca| format!(" --ca {ca}"));
    say!("Try it: hub-auth login bob --hub {url}{trust}");
    for (label, text) in accounts::DEMO {
        output::detail(label, text);
    }
    output::detail("code", &format!("GET {url}/_sim/code/alice"));
    output::detail("log", &format!("GET {url}/_sim/requests"));
    say!("Ctrl-C ends it.");
    std::io::stderr().flush().map_err(CliError::Output)
}
