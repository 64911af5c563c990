//! Finds scenarios by name: the demo accounts with one thing wrong. `scenarios.json` holds the table.

use std::sync::LazyLock;
use std::time::Duration;

use serde::Deserialize;

use super::order::Order;
use super::{Fault, SimHub, SimUser, demo};

/// Names one way in which the Hub has answered or the network has failed.
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
    /// The events, in one line.
    pub line: &'static str,
    /// The public thread or document that shows the answer, or from which it is inferred.
    pub source: &'static str,
    /// The heading to list it under.
    pub group: &'static str,
    row: &'static Row<'static>,
}

#[derive(Deserialize)]
struct Group<'a> {
    group: &'a str,
    #[serde(borrow)]
    scenarios: Vec<Row<'a>>,
}

/// Turns [`SimHub::demo`] into the hub of one scenario: a row of the table.
#[derive(Debug, Deserialize)]
struct Row<'a> {
    name: &'a str,
    line: &'a str,
    source: &'a str,
    set: Option<Setting>,
    /// The faults of the first requests, in order.
    #[serde(default)]
    script: Vec<Order>,
    /// The fault of every later request.
    always: Option<Order>,
    /// The fault of every call but the logins.
    api: Option<Order>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Setting {
    NoAccounts,
    NoSecondFactor,
    RateLimit(u64),
    LockOutAfter(u32),
    TicketSeconds(u64),
    Prefix(String),
}

#[expect(clippy::expect_used, reason = "a constant, which the tests read")]
static GROUPS: LazyLock<Vec<Group<'static>>> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../scenarios.json")).expect("a table of scenarios"));

impl Scenario {
    /// Lists every scenario, group by group.
    pub fn all() -> impl Iterator<Item = Scenario> {
        let of_group = |Group { group, scenarios }: &'static Group<'static>| {
            scenarios.iter().map(|row| Scenario { name: row.name, line: row.line, source: row.source, group, row })
        };
        GROUPS.iter().flat_map(of_group)
    }

    /// Builds a new hub in which the scenario happens.
    #[must_use]
    pub fn hub(&self) -> SimHub {
        let mut hub = SimHub::demo();
        match &self.row.set {
            None => {}
            Some(Setting::NoAccounts) => hub = SimHub::new(),
            Some(Setting::NoSecondFactor) => {
                hub.add(SimUser::new(demo::USER, demo::PASSWORD).token(demo::PAT));
            }
            Some(Setting::RateLimit(per_minute)) => drop(hub.rate_limit(*per_minute)),
            Some(Setting::LockOutAfter(failures)) => drop(hub.lock_out_after(*failures)),
            Some(Setting::TicketSeconds(secs)) => drop(hub.ticket_lifetime(Duration::from_secs(*secs))),
            Some(Setting::Prefix(prefix)) => drop(hub.prefix(prefix)),
        }
        hub.script.extend(self.row.script.iter().map(fault));
        hub.always = self.row.always.as_ref().map_or(Fault::Pass, fault);
        hub.on_api_calls = self.row.api.as_ref().map(fault);
        hub
    }
}

#[expect(clippy::expect_used, reason = "a constant, which the tests read")]
fn fault(order: &Order) -> Fault {
    order.fault().expect("a good fault")
}
