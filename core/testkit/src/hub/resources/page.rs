//! Writes the envelope of a list: `count`, `next`, `previous`, `results` (docker/docs `content/reference/api/hub/latest.yaml`).

use std::ops::Range;

use serde_json::{Value, json};

use super::{Read, parameters};
use crate::hub::answers;
use crate::hub::handle::Call;
use crate::hub::sim_hub::SimHub;

const DEFAULT_SIZE: usize = 10;
const LARGEST: usize = 100;

/// Returns one page of a list of `count` entries. A page behind the end is a 404, as at the Hub.
pub(super) fn of(hub: &SimHub, call: &Call<'_>, count: usize, entry: impl Fn(usize) -> Value) -> Read {
    let number = |name, default| match parameters(call.query, name).next() {
        Some(text) => text.parse().ok().filter(|number| *number > 0).ok_or_else(|| answers::bad_field(name)),
        None => Ok(default),
    };
    let (page, size) = (number("page", 1_usize)?, number("page_size", DEFAULT_SIZE)?.min(LARGEST));
    let start = (page - 1).saturating_mul(size);
    if start >= count.max(1) {
        return Err(answers::not_found());
    }
    let Range { start, end } = start..(start + size).min(count);
    let url = |page| format!("{}{}{}?page={page}&page_size={size}", hub.origin, hub.prefix, call.path);
    Ok(json!({
        "count": count,
        "next": (end < count).then(|| url(page + 1)),
        "previous": (page > 1).then(|| url(page - 1)),
        "results": (start..end).map(entry).collect::<Vec<_>>(),
    }))
}
