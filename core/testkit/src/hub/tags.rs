//! The tags of a repository, in pages as the Hub gives them: `/v2/namespaces/{namespace}/repositories/hello/tags`.
//!
//! Each namespace has one repository, `hello`, with 1,000 tags, newest first.

use std::time::Duration;

use http::StatusCode;
use hub_auth_core::UnixTime;

use super::answers::{self, Answer};
use super::tokens;

const TAGS: usize = 1000;
/// The Hub's own default and maximum of entries a page.
const PER_PAGE: usize = 10;
const MOST_PER_PAGE: usize = 100;
/// The newest tag was pushed on 1 October 2025, and one each six hours before it.
const NEWEST: UnixTime = UnixTime::from_secs(1_759_276_800);
const EVERY: u64 = 6 * 3600;

/// One page. `url` is that of the list, without a query.
pub(super) fn page(url: &str, query: &str) -> Answer {
    let number = |name: &str| {
        query.split('&').find_map(|pair| pair.split_once('=').filter(|(key, _)| *key == name)?.1.parse().ok())
    };
    let size = number("page_size").unwrap_or(PER_PAGE).clamp(1, MOST_PER_PAGE);
    let page = number("page").unwrap_or(1).max(1);
    let first = (page - 1).saturating_mul(size);
    if first >= TAGS {
        return answers::not_found();
    }
    let link = |page: usize| format!(r#""{url}?page={page}&page_size={size}""#);
    let next = if first + size < TAGS { link(page + 1) } else { "null".to_owned() };
    let previous = if page > 1 { link(page - 1) } else { "null".to_owned() };
    let tags: Vec<String> = (first..(first + size).min(TAGS)).map(tag).collect();
    let tags = tags.join(",");
    answers::json(
        StatusCode::OK,
        format!(r#"{{"count":{TAGS},"next":{next},"previous":{previous},"results":[{tags}]}}"#),
    )
}

fn tag(nth: usize) -> String {
    let age = Duration::from_secs(EVERY * nth as u64);
    let pushed = UnixTime::from_millis(NEWEST.as_millis() - u64::try_from(age.as_millis()).unwrap_or_default());
    let size = 5_000_000 + nth * 12_345;
    let image = |architecture: &str| {
        let digest = tokens::hex(architecture, nth as u64);
        format!(r#"{{"architecture":"{architecture}","os":"linux","size":{size},"digest":"sha256:{digest}"}}"#)
    };
    let images = [image("amd64"), image("arm64")].join(",");
    format!(r#"{{"name":"1.{}","full_size":{size},"tag_last_pushed":"{pushed}","images":[{images}]}}"#, TAGS - nth)
}
