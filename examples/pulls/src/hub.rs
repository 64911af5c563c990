//! The calls of the publisher analytics (docker/docs `content/reference/api/dvp/latest.yaml`). The documentation requires no
//! field of an answer, so each may be missing here.

use std::collections::BTreeMap;

use http::StatusCode;
use hub_auth_blocking::Session;
use hub_auth_core::api::Verdict;
use hub_auth_core::printable;
use serde::Deserialize;

use crate::{Error, Span};

const BASE: &str = "/api/publisher/analytics/v1";

/// Pulls by the first day of each month or week.
pub(crate) type Counts = BTreeMap<String, u64>;

/// A CSV file of an export.
pub(crate) struct Export {
    pub(crate) name: String,
    pub(crate) url: String,
    /// Bytes.
    pub(crate) size: u64,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Answer {
    namespaces: Vec<String>,
    #[serde(alias = "pulls", alias = "years", alias = "months", alias = "weeks", alias = "data")]
    items: Vec<Item>,
}

/// An entry of any of the lists.
#[derive(Deserialize)]
struct Item {
    start: Option<String>,
    #[serde(rename = "pullCount")]
    pulls: Option<u64>,
    #[serde(alias = "year", alias = "month", alias = "week")]
    nth: Option<u16>,
    url: Option<String>,
    size: Option<u64>,
}

pub(crate) fn namespaces(session: &Session) -> Result<Vec<String>, Error> {
    Ok(get(session, "/")?.namespaces)
}

/// Adds up the countries of each month or week.
pub(crate) fn counts(session: &Session, namespace: &str, by: Span, months: &str) -> Result<Counts, Error> {
    // A month is named by 2025-10, a week by its Monday, 2025-10-06.
    let label = if by == Span::Month { 7 } else { 10 };
    let query = format!("timespan={}s&period=last-{months}-months&group=namespace", by.name());
    let mut counts = Counts::new();
    for item in get(session, &format!("/namespaces/{namespace}/pulls?{query}"))?.items {
        let start = printable(&item.start.ok_or("the Hub sent a count without a date")?);
        let count = counts.entry(start.chars().take(label).collect()).or_default();
        *count = item.pulls.unwrap_or_default().saturating_add(*count);
    }
    Ok(counts)
}

/// Lists the files of the newest month's or week's export.
pub(crate) fn exports(session: &Session, namespace: &str, by: Span) -> Result<Vec<Export>, Error> {
    let (years, span) = (format!("/namespaces/{namespace}/pulls/exports/years"), by.name());
    let newest = |path: &str| Ok::<_, Error>(get(session, path)?.items.iter().filter_map(|item| item.nth).max());
    let Some(year) = newest(&years)? else { return Ok(Vec::new()) };
    let Some(nth) = newest(&format!("{years}/{year}/{span}s"))? else { return Ok(Vec::new()) };
    let items = get(session, &format!("{years}/{year}/{span}s/{nth}/summary"))?.items;
    let export = |(part, item): (usize, Item)| {
        let name = format!("{namespace}-{year}-{span}-{nth:02}-summary-{part}.csv");
        match (item.url, item.size) {
            (Some(url), Some(size)) => Ok(Export { name, url, size }),
            _ => Err(format!("the Hub sent no link or no size for {name}").into()),
        }
    };
    items.into_iter().enumerate().map(export).collect()
}

/// Gets one answer. The session logs in at the first call, and again if its token ends on the way.
fn get(session: &Session, path: &str) -> Result<Answer, Error> {
    let answer = session.get(&format!("{BASE}{path}"))?;
    match answer.extensions().get::<Verdict>() {
        Some(Verdict::Fine) => {
            serde_json::from_slice(answer.body()).map_err(|_| format!("{path}: no such JSON as is documented").into())
        }
        Some(Verdict::LogInAgain) => {
            Err("the Hub does not take the token any more, nor a new one: log in again".into())
        }
        Some(Verdict::RetryAt(at)) => Err(format!("the Hub asks to wait: try again at {at}").into()),
        Some(Verdict::NotWithThisToken(advice)) => Err(format!("{} {}", advice.cause, advice.next).into()),
        Some(Verdict::Blocked(failure)) => Err(failure.clone().into()),
        _ if answer.status() == StatusCode::NOT_FOUND => {
            let path = path.split('?').next().unwrap_or_default();
            Err(format!("404: the Hub has no {path}, or this account may not read it").into())
        }
        _ => Err(format!("the Hub answered {}", answer.status()).into()),
    }
}
