//! The calls of the publisher analytics (docker/docs `content/reference/api/dvp/latest.yaml`). The documentation requires no
//! field of an answer, so each may be missing here.

use std::collections::BTreeMap;
use std::time::Duration;

use http::StatusCode;
use hub_auth_blocking::Session;
use hub_auth_core::api::Verdict;
use hub_auth_host::now;
use serde::Deserialize;

use crate::{Error, Span, printable};

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
    let query = format!("timespan={}s&period=last-{months}-months&group=namespace", by.name());
    let mut counts = Counts::new();
    for item in get(session, &format!("/namespaces/{namespace}/pulls?{query}"))?.items {
        let start = printable(&item.start.ok_or("the Hub sent a count without a date")?);
        let count = counts.entry(start.chars().take(by.label()).collect()).or_default();
        *count = item.pulls.unwrap_or_default().saturating_add(*count);
    }
    Ok(counts)
}

/// Lists the files of the newest exports.
pub(crate) fn exports(
    session: &Session,
    namespace: &str,
    by: Span,
    last: usize,
    view: &str,
) -> Result<Vec<Export>, Error> {
    let (years, span) = (format!("/namespaces/{namespace}/pulls/exports/years"), by.name());
    let mut spans = Vec::new();
    for year in get(session, &years)?.items.iter().filter_map(|item| item.nth) {
        let items = get(session, &format!("{years}/{year}/{span}s"))?.items;
        spans.extend(items.iter().filter_map(|item| item.nth).map(|nth| (year, nth)));
    }
    spans.sort_unstable();
    let mut files = Vec::new();
    for (year, nth) in spans.into_iter().rev().take(last) {
        let items = get(session, &format!("{years}/{year}/{span}s/{nth}/{view}"))?.items;
        for (part, item) in items.into_iter().enumerate() {
            let name = format!("{namespace}-{year}-{span}-{nth:02}-{view}-{part}.csv");
            let (Some(url), Some(size)) = (item.url, item.size) else {
                return Err(format!("the Hub sent no link or no size for {name}").into());
            };
            files.push(Export { name, url, size });
        }
    }
    Ok(files)
}

/// Gets one answer. The session logs in at the first call, and again if its token ends on the way.
fn get(session: &Session, path: &str) -> Result<Answer, Error> {
    let answer = session.get(&format!("{BASE}{path}"))?;
    let bearer = session.token(Duration::ZERO)?;
    match Verdict::of(answer.status(), answer.headers(), answer.body(), bearer.token(), now()) {
        Verdict::Fine => {
            serde_json::from_slice(answer.body()).map_err(|_| format!("{path}: no such JSON as is documented").into())
        }
        Verdict::LogInAgain => Err("the Hub does not take the token any more, nor a new one: log in again".into()),
        Verdict::RetryAt(at) => Err(format!("the Hub asks to wait: try again at {at}").into()),
        Verdict::NotWithThisToken(advice) => Err(format!("{} {}", advice.cause, advice.next).into()),
        Verdict::Blocked(failure) => Err(failure.into()),
        Verdict::Other if answer.status() == StatusCode::NOT_FOUND => {
            let path = path.split('?').next().unwrap_or_default();
            Err(format!("404: the Hub has no {path}, or this account may not read it").into())
        }
        Verdict::Other => Err(format!("the Hub answered {}", answer.status()).into()),
    }
}

impl Span {
    pub(crate) fn name(self) -> &'static str {
        if self == Span::Month { "month" } else { "week" }
    }

    /// Returns how many characters of a date name the span: 2025-10, or the Monday 2025-10-06.
    fn label(self) -> usize {
        if self == Span::Month { 7 } else { 10 }
    }
}
