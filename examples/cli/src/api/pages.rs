//! Reads all pages of a list, one after the other.

use std::collections::BTreeSet;

use bytes::Bytes;
use http::{Request, Uri};
use hub_auth_core::{FailureKind, Hub};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::judge;
use crate::client::Session;
use crate::error::CliError;
use crate::progress;

/// The limits of all pages together, in bytes and in pages. Without both, a server could name a next page for ever.
const LONGEST: usize = 512 * 1024 * 1024;
const MOST: usize = 10_000;

/// A page of the Hub's lists.
#[derive(Deserialize)]
struct Page<'a> {
    next: Option<String>,
    #[serde(borrow)]
    results: Vec<&'a RawValue>,
}

/// Returns the results of all pages as one JSON array, each as the Hub wrote it.
pub(super) fn all(session: &Session<'_>, hub: &Hub, first: Uri) -> Result<Bytes, CliError> {
    let mut results = String::new();
    let (mut count, mut read) = (0, 0);
    let mut seen = BTreeSet::new();
    let mut next = Some(first);
    while let Some(uri) = next {
        if !seen.insert(uri.to_string()) {
            return Err(malformed("the pages lead back to one that was read already"));
        }
        progress::step(format!("page {}, {count} entries so far", seen.len()), None);
        let mut request = Request::new(Bytes::new());
        *request.uri_mut() = uri;
        let answer = session.send(request)?;
        judge(&answer)?;
        read += answer.body().len();
        if read > LONGEST || seen.len() > MOST {
            return Err(CliError::own(FailureKind::AnswerTooLarge, "the list is longer than 512 MiB or 10,000 pages"));
        }
        let page: Page<'_> = serde_json::from_slice(answer.body())
            .map_err(|_| malformed("the answer is no page of a list, with `results` and `next`"))?;
        for result in page.results {
            results.push_str(if count == 0 { "[\n" } else { ",\n" });
            results.push_str(result.get());
            count += 1;
        }
        next = page.next.filter(|next| !next.is_empty()).map(|next| follow(&next, hub)).transpose()?;
    }
    results.push_str(if count == 0 { "[]" } else { "\n]" });
    Ok(results.into())
}

/// Returns the address of the next page if it is the Hub's own: the token goes nowhere else.
fn follow(next: &str, hub: &Hub) -> Result<Uri, CliError> {
    // `//host/path` names another host, and `http` would read it as a path.
    let whole = if next.starts_with("//") { format!("https:{next}") } else { next.to_owned() };
    let uri: Uri = whole.parse().map_err(|_| malformed("the link to the next page is no URL"))?;
    if uri.authority().is_none() || hub.is_origin_of(&uri) {
        return Ok(uri);
    }
    let host = uri.host().unwrap_or_default();
    let message = format!("the next page is said to be at another host, {host}; it was not followed");
    Err(CliError::own(FailureKind::Redirected, message))
}

fn malformed(message: &str) -> CliError {
    CliError::own(FailureKind::MalformedAnswer, message)
}
