//! The id to quote to Docker's support.

use http::HeaderMap;

/// The longest id kept, in bytes.
const LONGEST: usize = 128;

/// `x-trace-id`, else `cf-ray`, cut to 128 visible ASCII characters. `is_clean` judges each before it is cut.
pub(crate) fn id(headers: &HeaderMap, is_clean: impl Fn(&str) -> bool) -> Option<Box<str>> {
    let mut values = ["x-trace-id", "cf-ray"].into_iter().filter_map(|name| headers.get(name));
    values.find_map(|value| visible(value.as_bytes(), &is_clean))
}

/// An id from a sealed challenge, held to the same form.
pub(crate) fn unsealed(id: &str) -> Option<Box<str>> {
    visible(id.as_bytes(), |_| true)
}

fn visible(value: &[u8], is_clean: impl Fn(&str) -> bool) -> Option<Box<str>> {
    let mut id: String = value.iter().filter(|b| b.is_ascii_graphic()).map(|&b| char::from(b)).collect();
    if id.is_empty() || !is_clean(&id) {
        return None;
    }
    id.truncate(LONGEST);
    Some(id.into_boxed_str())
}
