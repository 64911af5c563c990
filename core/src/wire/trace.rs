//! Finds the id to quote to Docker's support.

use http::HeaderMap;

use super::leak::Leaks;

/// The longest id kept, in bytes.
const LONGEST: usize = 128;

/// Returns `x-trace-id`, else `cf-ray`, in at most 128 visible ASCII characters. An id that repeats a secret is left out.
pub(crate) fn id(headers: &HeaderMap, leaks: &Leaks<'_>) -> Option<Box<str>> {
    let mut values = ["x-trace-id", "cf-ray"].into_iter().filter_map(|name| headers.get(name));
    values.find_map(|value| leaks.keep(&String::from_utf8_lossy(value.as_bytes()), visible))
}

/// Returns the visible ASCII characters of an id, which may come from a sealed challenge.
pub(crate) fn visible(id: &str) -> Option<Box<str>> {
    let id: String = id.chars().filter(char::is_ascii_graphic).take(LONGEST).collect();
    (!id.is_empty()).then(|| id.into_boxed_str())
}
