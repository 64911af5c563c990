//! Scenarios: the demo accounts with one thing wrong, by name. One entry of a table each, and each table a file.

mod account;
mod canned;
mod edge;
mod limits;
mod malformed;
mod policy;
mod tokens;

use super::SimHub;

/// One way the Hub has answered, or broken off, to be rehearsed by name: [`SimHub::scenario`].
///
/// Its answer is the same for every account and credential, unless its line speaks of the demo accounts.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Scenario {
    /// The name, in kebab-case. It is stable.
    pub name: &'static str,
    /// What happens in it.
    pub line: &'static str,
    /// The public thread or document it is taken from, or inferred from.
    pub source: &'static str,
    change: Change,
}

/// What makes the scenario out of [`SimHub::demo`].
type Change = fn(&mut SimHub) -> &mut SimHub;

impl Scenario {
    const fn new(name: &'static str, line: &'static str, source: &'static str, change: Change) -> Scenario {
        Scenario { name, line, source, change }
    }

    /// A new hub in which it happens.
    #[must_use]
    pub fn hub(&self) -> SimHub {
        let mut hub = SimHub::demo();
        (self.change)(&mut hub);
        hub
    }
}

/// Every table, with a headline.
pub(super) const GROUPS: [(&str, &[Scenario]); 6] = [
    ("Accounts, secrets and codes", account::ALL),
    ("Refusals and faults of the Hub", policy::ALL),
    ("Rate limits and waits", limits::ALL),
    ("The edge, gateways, proxies and the line", edge::ALL),
    ("Malformed and odd answers", malformed::ALL),
    ("Tokens", tokens::ALL),
];

pub(super) fn all() -> impl Iterator<Item = &'static Scenario> {
    GROUPS.into_iter().flat_map(|(_, table)| table)
}

pub(super) fn build(name: &str) -> Option<SimHub> {
    all().find(|scenario| scenario.name == name).map(Scenario::hub)
}
