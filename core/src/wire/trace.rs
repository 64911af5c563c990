//! The id to quote to Docker's support.

use http::HeaderMap;

/// The longest id kept, in bytes.
const LONGEST: usize = 128;

/// `x-trace-id`, else `cf-ray`, cut to 128 visible ASCII characters.
pub(crate) fn id(headers: &HeaderMap) -> Option<Box<str>> {
    ["x-trace-id", "cf-ray"].into_iter().find_map(|name| {
        let id: String = headers
            .get(name)?
            .as_bytes()
            .iter()
            .take(LONGEST)
            .filter(|b| b.is_ascii_graphic())
            .map(|&b| char::from(b))
            .collect();
        (!id.is_empty()).then(|| id.into_boxed_str())
    })
}
