//! Scenarios: the demo accounts with one thing wrong, by name. Each file is a group of them, as a table.

mod account;
mod api;
mod canned;
mod edge;
mod limits;
mod malformed;
mod policy;
mod tokens;

use super::SimHub;

/// One way in which the Hub has answered, or the network has failed, to rehearse by name.
///
/// The answer is the same for every account and credential, unless the line names a demo account.
///
/// ```
/// use hub_auth_testkit::Scenario;
///
/// for scenario in Scenario::all().filter(|scenario| scenario.group == "Rate limits and waits") {
///     println!("{:28} {} ({})", scenario.name, scenario.line, scenario.source);
/// }
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Scenario {
    /// The name, in kebab-case. It is stable.
    pub name: &'static str,
    /// Says in one line what happens.
    pub line: &'static str,
    /// Names the public thread or document that the answer is taken from, or inferred from.
    pub source: &'static str,
    /// The heading to list it under.
    pub group: &'static str,
    change: Change,
}

/// Turns [`SimHub::demo`] into the hub of a scenario.
type Change = fn(&mut SimHub) -> &mut SimHub;

const GROUPS: &[(&str, &[Scenario])] = &[
    ("Accounts, secrets and codes", account::ALL),
    ("Refusals and faults of the Hub", policy::ALL),
    ("Rate limits and waits", limits::ALL),
    ("The edge, gateways, proxies and the network", edge::ALL),
    ("Malformed and odd answers", malformed::ALL),
    ("Tokens", tokens::ALL),
    ("API calls after a login", api::ALL),
];

impl Scenario {
    const fn new(name: &'static str, line: &'static str, source: &'static str, change: Change) -> Scenario {
        Scenario { name, line, source, group: "", change }
    }

    /// Lists every scenario, group by group.
    pub fn all() -> impl Iterator<Item = Scenario> {
        GROUPS.iter().flat_map(|(group, table)| table.iter().map(|scenario| Scenario { group, ..*scenario }))
    }

    /// Builds a new hub in which the scenario happens.
    #[must_use]
    pub fn hub(&self) -> SimHub {
        let mut hub = SimHub::demo();
        (self.change)(&mut hub);
        hub
    }
}
