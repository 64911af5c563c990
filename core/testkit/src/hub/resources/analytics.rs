//! Serves publisher analytics (docker/docs `content/reference/api/dvp/latest.yaml`), with figures of 2025.

use serde_json::{Value, json};

use super::{Read, downloads, parameters};
use crate::hub::answers;
use crate::hub::handle::Call;
use crate::hub::sim_hub::SimHub;
use crate::hub::tokens::{Bearer, Origin};

/// The views of an export.
const VIEWS: [&str; 4] = ["raw", "summary", "repo-summary", "namespace-summary"];
const COUNTRIES: [&str; 2] = ["DE", "US"];
/// The most repositories that one request may name.
const MOST_REPOSITORIES: usize = 50;
/// The first Monday of 2025 is the sixth of January.
const WEEKS: u64 = 51;
const DAYS: [u64; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

pub(super) fn read(hub: &SimHub, path: &[&str], call: &Call<'_>, bearer: &Bearer) -> Read {
    let own = namespaces(hub, bearer);
    match *path {
        [] | [""] => Ok(json!({ "namespaces": own })),
        ["namespaces"] => Ok(own.iter().map(|name| namespace(name)).collect()),
        ["repos", "pulls"] => {
            let names: Vec<String> = parameters(call.query, "repos").collect();
            if names.is_empty() || names.len() > MOST_REPOSITORIES {
                return Err(answers::bad_field("repos"));
            }
            let known = names.iter().filter_map(|name| name.split_once('/')).filter(|(ns, _)| own.contains(ns));
            let pulls =
                known.map(|(ns, repo)| Ok((format!("{ns}/{repo}"), json!({ "pulls": pulls(ns, &[repo], call)? }))));
            Ok(json!({ "repos": pulls.collect::<Result<serde_json::Map<_, _>, _>>()? }))
        }
        ["namespaces", name, ref rest @ ..] if own.contains(&name) => of_namespace(hub, name, rest, call),
        _ => Err(answers::not_found()),
    }
}

/// Lists the namespaces that a token may read: its owner's, and for a user those of the organizations too.
fn namespaces<'a>(hub: &'a SimHub, bearer: &'a Bearer) -> Vec<&'a str> {
    let mut names = vec![bearer.name.as_str()];
    if bearer.origin != Origin::OrganizationToken {
        names.extend(hub.accounts.organizations());
    }
    names
}

fn namespace(name: &str) -> Value {
    let datasets = ["pulls"].map(|set| json!({"name": set, "views": VIEWS, "timespans": ["months", "weeks"]}));
    json!({"namespace": name, "extraRepos": [], "datasets": datasets})
}

fn of_namespace(hub: &SimHub, name: &str, path: &[&str], call: &Call<'_>) -> Read {
    let repositories = hub.catalog.repositories(name);
    let spans = |kind: &str| match kind {
        "months" => Ok(("month", 12)),
        "weeks" => Ok(("week", WEEKS)),
        _ => Err(answers::not_found()),
    };
    let span = |kind: &str, span: &str| {
        let (word, last) = spans(kind)?;
        let number = span.parse::<u64>().ok().filter(|number| (1..=last).contains(number));
        number.map(|number| (word, number)).ok_or_else(answers::not_found)
    };
    match *path {
        [] => Ok(namespace(name)),
        ["pulls"] => {
            let names: Vec<&str> = repositories.into_keys().collect();
            Ok(json!({ "pulls": pulls(name, &names, call)? }))
        }
        ["repos", repository, "pulls"] if repositories.contains_key(repository) => {
            Ok(json!({ "pulls": pulls(name, &[repository], call)? }))
        }
        ["pulls", "exports", "years"] => Ok(json!({"years": [{"year": 2025}]})),
        ["pulls", "exports", "years", "2025", kind] => {
            let (word, last) = spans(kind)?;
            Ok(json!({ kind: (1..=last).map(|number| json!({ word: number })).collect::<Vec<_>>() }))
        }
        ["pulls", "exports", "years", "2025", kind, number] => {
            let (word, number) = span(kind, number)?;
            Ok(json!({ word: number }))
        }
        ["pulls", "exports", "years", "2025", kind, number, view] if VIEWS.contains(&view) => {
            let (word, number) = span(kind, number)?;
            Ok(json!({ "data": downloads::links(hub, &format!("{name}-2025-{word}-{number}-{view}")) }))
        }
        _ => Err(answers::not_found()),
    }
}

/// Returns pull counts by week or month, for each repository or for the namespace, and for each country.
fn pulls(namespace: &str, repositories: &[&str], call: &Call<'_>) -> Result<Vec<Value>, crate::hub::answers::Answer> {
    let parameter = |name, default: &str| parameters(call.query, name).next().unwrap_or_else(|| default.to_owned());
    let months: u64 = match &*parameter("period", "last-3-months") {
        "last-2-months" => 2,
        "last-3-months" => 3,
        "last-6-months" => 6,
        "last-12-months" => 12,
        _ => return Err(answers::bad_field("period")),
    };
    let spans: Vec<(u64, u64)> = match &*parameter("timespan", "months") {
        "months" => (12 - months..12).map(month).collect(),
        "weeks" => (WEEKS.saturating_sub(months * 13 / 3)..WEEKS).map(|week| (5 + 7 * week, 11 + 7 * week)).collect(),
        _ => return Err(answers::bad_field("timespan")),
    };
    let groups: Vec<&str> = match &*parameter("group", "repo") {
        "repo" => repositories.to_vec(),
        "namespace" => vec![""],
        _ => return Err(answers::bad_field("group")),
    };
    let entry = |(first, last): (u64, u64), repository: &str, country: usize| {
        let count = 1000 + first * 3 + (last - first) * 10 + repository.len() as u64 * 100 + country as u64;
        json!({
            "start": date(first), "end": date(last), "repo": repository, "namespace": namespace,
            "pullCount": count, "ipCount": count / 4, "country": COUNTRIES.get(country),
        })
    };
    let all = spans.iter().flat_map(|span| groups.iter().map(move |repository| (*span, *repository)));
    Ok(all
        .flat_map(|(span, repository)| (0..COUNTRIES.len()).map(move |country| entry(span, repository, country)))
        .collect())
}

/// Returns the first and last day of a month of 2025, counted from the first of January as zero.
fn month(nth: u64) -> (u64, u64) {
    let before = |months: u64| DAYS.iter().zip(0..months).map(|(days, _)| days).sum::<u64>();
    (before(nth), before(nth + 1) - 1)
}

fn date(day: u64) -> String {
    let nth = (0..12).rfind(|nth| month(*nth).0 <= day).unwrap_or_default();
    format!("2025-{:02}-{:02}", nth + 1, day - month(nth).0 + 1)
}
