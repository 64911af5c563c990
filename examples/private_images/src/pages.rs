//! All pages of the list of tags.

use bytes::Bytes;
use http::{Request, StatusCode};
use hub_auth_blocking::Session;
use hub_auth_core::api::Verdict;
use indicatif::{ProgressBar, ProgressStyle};
use serde::{Deserialize, Serialize};

use crate::Error;

/// A tag, as the Hub describes it.
#[derive(Deserialize, Serialize)]
pub(crate) struct Tag {
    pub(crate) name: String,
    /// Bytes of the compressed layers.
    pub(crate) full_size: u64,
    #[serde(rename = "tag_last_pushed")]
    pub(crate) pushed: Option<String>,
    #[serde(default)]
    pub(crate) images: Vec<Image>,
}

/// The image of one platform.
#[derive(Deserialize, Serialize)]
pub(crate) struct Image {
    pub(crate) os: String,
    pub(crate) architecture: String,
}

#[derive(Deserialize)]
struct Page {
    count: u64,
    next: Option<String>,
    results: Vec<Tag>,
}

/// Reads page after page. The session logs in at the first, and once more if its token ends on the way. It refuses a link to
/// any other host.
pub(crate) fn all(session: &Session, first: &str) -> Result<Vec<Tag>, Error> {
    let style = ProgressStyle::with_template("{pos} of {len} tags {wide_bar}")?;
    // It draws on standard error, if that is a terminal.
    let progress = ProgressBar::new(0).with_style(style);
    let mut tags = Vec::new();
    let mut next = Some(first.to_owned());
    while let Some(url) = next {
        let mut request = Request::new(Bytes::new());
        *request.uri_mut() = url.parse()?;
        let answer = session.send(request)?;
        judge(&answer)?;
        let page: Page = serde_json::from_slice(answer.body()).map_err(|_| "the Hub's answer is no list of tags")?;
        if page.results.is_empty() {
            break;
        }
        tags.extend(page.results);
        next = page.next;
        progress.set_length(page.count);
        progress.set_position(tags.len() as u64);
    }
    progress.finish_and_clear();
    Ok(tags)
}

/// Says why there is no page.
fn judge(answer: &http::Response<Bytes>) -> Result<(), Error> {
    match answer.extensions().get::<Verdict>() {
        Some(Verdict::Fine) => Ok(()),
        Some(Verdict::LogInAgain) => Err("the Hub does not take the token any more: log in again".into()),
        Some(Verdict::RetryAt(at)) => Err(format!("too many requests: try again at {at}").into()),
        Some(Verdict::NotWithThisToken(advice)) => Err(format!("{} {}", advice.cause, advice.next).into()),
        Some(Verdict::Blocked(failure)) => Err(failure.clone().into()),
        _ if answer.status() == StatusCode::NOT_FOUND => {
            Err("the repository does not exist, was deleted, or is not visible to this account".into())
        }
        _ => Err(format!("the Hub answered {}", answer.status()).into()),
    }
}
