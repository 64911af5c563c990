//! The id to quote to Docker's support.

use std::borrow::Cow;

use http::{HeaderMap, HeaderName};

use super::bytes;

/// The longest id kept, in bytes.
const LONGEST: usize = 128;

static TRACE_ID: HeaderName = HeaderName::from_static("x-trace-id");
static CF_RAY: HeaderName = HeaderName::from_static("cf-ray");

/// `x-trace-id`, else `cf-ray`, cut to 128 visible ASCII characters. `is_clean` judges each before it is cut.
pub(crate) fn id(headers: &HeaderMap, is_clean: impl Fn(&str) -> bool) -> Option<Box<str>> {
    let mut values = [&TRACE_ID, &CF_RAY].into_iter().filter_map(|name| headers.get(name));
    values.find_map(|value| visible(value.as_bytes(), &is_clean))
}

/// An id from a sealed challenge, held to the same form.
pub(crate) fn unsealed(id: &str) -> Option<Box<str>> {
    visible(id.as_bytes(), |_| true)
}

fn visible(value: &[u8], is_clean: impl Fn(&str) -> bool) -> Option<Box<str>> {
    let id: Cow<'_, str> = if bytes::all(value, |byte| byte.is_ascii_graphic()) {
        std::str::from_utf8(value).ok()?.into()
    } else {
        value.iter().filter(|byte| byte.is_ascii_graphic()).map(|&byte| char::from(byte)).collect()
    };
    if id.is_empty() || !is_clean(&id) {
        return None;
    }
    Some(id.get(..LONGEST).unwrap_or(&id).into())
}
