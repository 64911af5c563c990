//! Serves the resources that a token opens, which the first page of the crate lists. No data is real, and the same request
//! always gets the same data.

mod analytics;
mod catalog;
mod downloads;
mod page;

use http::{Method, StatusCode};
use serde_json::{Value, json};

pub(super) use catalog::Catalog;

use super::answers::{self, Answer};
use super::handle::Call;
use super::sim_hub::SimHub;
use super::tokens::{self, Bearer, Origin};
use hub_auth_core::UnixTime;

/// Holds the JSON of a resource, or the answer that refuses it.
type Read = Result<Value, Answer>;

impl SimHub {
    /// Answers a request that is no login.
    pub(super) fn resource(&self, call: &Call<'_>, now: UnixTime) -> Answer {
        let path: Vec<&str> = call.path.trim_matches('/').split('/').collect();
        if call.method != Method::GET && is_resource(&path) {
            return answers::method_not_allowed("GET");
        }
        if let ["exports", file] = path[..] {
            return downloads::read(file, call);
        }
        if !is_resource(&path) {
            return answers::not_found();
        }
        let Some(bearer) = self.bearer(call.headers, now) else { return answers::unauthorized() };
        match self.read(&path, call, bearer) {
            Ok(json) => answers::json(StatusCode::OK, json.to_string()),
            Err(answer) => answer,
        }
    }

    fn read(&self, path: &[&str], call: &Call<'_>, bearer: &Bearer) -> Read {
        match *path {
            ["v2", "user"] => Ok(json!({"id": tokens::uuid(&bearer.name, 0), "username": bearer.name, "type": "User"})),
            ["v2", "access-tokens"] => match bearer.origin {
                Origin::Password | Origin::Browser => {
                    Ok(json!({"count": 0, "active_count": 0, "next": null, "previous": null, "results": []}))
                }
                Origin::PersonalToken => Err(answers::personal_token_forbidden()),
                Origin::OrganizationToken => Err(answers::organization_token_forbidden()),
            },
            ["v2", "repositories", ..] if bearer.origin == Origin::OrganizationToken => {
                Err(answers::organization_token_forbidden())
            }
            ["v2", "namespaces", namespace, "repositories", ref rest @ ..]
            | ["v2", "repositories", namespace, ref rest @ ..] => self.catalog.read(self, namespace, rest, call),
            ["api", "publisher", "analytics", "v1", ref rest @ ..] => analytics::read(self, rest, call, bearer),
            _ => Err(answers::not_found()),
        }
    }
}

fn is_resource(path: &[&str]) -> bool {
    matches!(
        path,
        ["v2", "user" | "access-tokens"]
            | ["v2", "namespaces", _, "repositories", ..]
            | ["v2", "repositories", _, ..]
            | ["api", "publisher", "analytics", "v1"]
            | ["api", "publisher", "analytics", "v1", "namespaces" | "repos", ..]
            | ["exports", _]
    )
}

/// Returns the values of a parameter of the query, with `%2F` and `%2C` decoded.
fn parameters<'a>(query: &'a str, name: &'a str) -> impl Iterator<Item = String> + 'a {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.filter(move |(key, _)| *key == name).map(|(_, value)| value.replace("%2F", "/").replace("%2C", ","))
}
