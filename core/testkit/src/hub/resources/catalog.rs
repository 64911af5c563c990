//! Serves repositories and their tags, in pages (docker/docs `content/reference/api/hub/latest.yaml`).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Read, page};
use crate::hub::answers;
use crate::hub::handle::Call;
use crate::hub::sim_hub::SimHub;
use crate::hub::tokens;
use hub_auth_core::UnixTime;

/// The number of tags of the repository `hello`: ten full pages.
const HELLO: usize = 1000;
const NEWEST: u64 = 1_759_276_800;
const EVERY: u64 = 6 * 3600;
const PLATFORMS: [&str; 2] = ["amd64", "arm64"];

/// Holds the number of tags of each repository, by namespace and name. Each namespace has a repository `hello`.
#[derive(Debug, Default)]
pub(in crate::hub) struct Catalog(BTreeMap<String, BTreeMap<String, usize>>);

impl Catalog {
    pub(in crate::hub) fn add(&mut self, namespace: &str, name: &str, tags: usize) {
        self.0.entry(namespace.to_owned()).or_default().insert(name.to_owned(), tags);
    }

    /// Lists the repositories of a namespace.
    pub(super) fn repositories(&self, namespace: &str) -> BTreeMap<&str, usize> {
        let added = self.0.get(namespace).into_iter().flatten().map(|(name, tags)| (name.as_str(), *tags));
        [("hello", HELLO)].into_iter().chain(added).collect()
    }

    pub(super) fn read(&self, hub: &SimHub, namespace: &str, path: &[&str], call: &Call<'_>) -> Read {
        if !hub.accounts.knows(namespace) {
            return Err(answers::not_found());
        }
        let repositories = self.repositories(namespace);
        let Some((name, path)) = path.split_first() else {
            let names: Vec<&str> = repositories.into_keys().collect();
            return page::of(hub, call, names.len(), |nth| {
                names.get(nth).map_or(Value::Null, |name| repository(namespace, name))
            });
        };
        let tags = *repositories.get(name).ok_or_else(answers::not_found)?;
        match path {
            [] => Ok(repository(namespace, name)),
            ["tags"] => page::of(hub, call, tags, |nth| tag(tags, nth)),
            ["tags", wanted] => {
                let nth = (0..tags).find(|nth| tag_name(tags, *nth) == *wanted).ok_or_else(answers::not_found)?;
                Ok(tag(tags, nth))
            }
            _ => Err(answers::not_found()),
        }
    }
}

fn repository(namespace: &str, name: &str) -> Value {
    json!({
        "name": name,
        "namespace": namespace,
        "repository_type": "image",
        "status": 1,
        "status_description": "active",
        "description": "simulated",
        "is_private": true,
        "star_count": 0,
        "pull_count": 1234,
        "last_updated": "2025-12-30T12:00:00.000000Z",
    })
}

fn tag_name(tags: usize, nth: usize) -> String {
    format!("1.{}", tags - nth)
}

/// Describes a tag. The newest was pushed on 1 October 2025, each other one six hours before the next.
fn tag(tags: usize, nth: usize) -> Value {
    let pushed = UnixTime::from_secs(NEWEST.saturating_sub(EVERY * nth as u64)).to_string();
    let size = 5_000_000 + nth * 12_345;
    let images = PLATFORMS.map(|architecture| {
        let digest = format!("sha256:{}", tokens::hex(architecture, nth as u64));
        json!({"architecture": architecture, "os": "linux", "size": size, "digest": digest})
    });
    json!({"name": tag_name(tags, nth), "full_size": size, "tag_last_pushed": pushed, "images": images})
}
