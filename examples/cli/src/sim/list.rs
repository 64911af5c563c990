//! `hub-auth sim --list`: lists the scenarios.

use std::io::Write;

use hub_auth_testkit::Scenario;
use serde::Serialize;

use crate::error::CliError;
use crate::output;

#[derive(Serialize)]
struct Listed {
    scenarios: Vec<Entry>,
}

#[derive(Serialize)]
struct Entry {
    group: &'static str,
    name: &'static str,
    line: &'static str,
    source: &'static str,
}

pub(super) fn print(as_json: bool) -> Result<(), CliError> {
    let written = if as_json { json() } else { text() };
    written.map_err(CliError::Output)
}

fn json() -> std::io::Result<()> {
    let entries = Scenario::all().map(|Scenario { group, name, line, source, .. }| Entry { group, name, line, source });
    output::json(&Listed { scenarios: entries.collect() })
}

fn text() -> std::io::Result<()> {
    let mut text = String::new();
    let mut heading = "";
    for Scenario { group, name, line, source, .. } in Scenario::all() {
        if heading != group {
            heading = group;
            let blank = if text.is_empty() { "" } else { "\n" };
            text.extend([blank, group, "\n"]);
        }
        text.push_str(&output::wrap(&format!("  {name}\n      {line}"), 6));
        text.push_str(&output::wrap(&format!("      ({source})"), 6));
    }
    text.push_str("\nWithout a name nothing goes wrong. Try one: hub-auth login --sim=NAME\n");
    std::io::stdout().write_all(text.as_bytes())
}
