//! What a token opens: a few routes that are read only, enough to see a bearer accepted, expire and be refused.

use http::StatusCode;

use super::accounts::Accounts;
use super::answers::{self, Answer};
use super::tags;
use super::tokens::{self, Bearer, Origin};

pub(super) enum Resource<'a> {
    /// `/v2/user`: who am I.
    User,
    /// `/v2/access-tokens`: closed to what came from an access token itself (docker/terraform-provider-docker#84).
    AccessTokens,
    /// `/v2/namespaces/{namespace}/repositories`.
    Repositories(&'a str),
    /// `/v2/namespaces/{namespace}/repositories/hello/tags`, in pages.
    Tags(&'a str),
    /// `/api/publisher/analytics/v1/`: the namespaces that have figures.
    Analytics,
}

/// The resource at this path.
pub(super) fn find(path: &str) -> Option<Resource<'_>> {
    match path {
        "/v2/user" => Some(Resource::User),
        "/v2/access-tokens" => Some(Resource::AccessTokens),
        "/api/publisher/analytics/v1/" => Some(Resource::Analytics),
        _ => match path.strip_prefix("/v2/namespaces/")?.split_once('/')? {
            (namespace, "repositories") => Some(Resource::Repositories(namespace)),
            (namespace, "repositories/hello/tags") => Some(Resource::Tags(namespace)),
            _ => None,
        },
    }
}

impl Resource<'_> {
    /// What this bearer gets to read at this URL.
    pub(super) fn read(&self, bearer: &Bearer, accounts: &Accounts, url: &str, query: &str) -> Answer {
        let name = serde_json::Value::from(bearer.name.as_str());
        let body = match self {
            Resource::User => {
                format!(r#"{{"id":"{}","username":{name},"type":"User"}}"#, tokens::uuid(&bearer.name, 0))
            }
            Resource::AccessTokens => match bearer.origin {
                Origin::Password => {
                    r#"{"count":0,"active_count":0,"next":null,"previous":null,"results":[]}"#.to_owned()
                }
                Origin::PersonalToken => {
                    return answers::personal_token_forbidden();
                }
                Origin::OrganizationToken => {
                    return answers::organization_token_forbidden();
                }
            },
            Resource::Repositories(namespace) if accounts.knows(namespace) => {
                let namespace = serde_json::Value::from(*namespace);
                let repository = format!(r#"{{"name":"hello","namespace":{namespace},"is_private":true}}"#);
                format!(r#"{{"count":1,"next":null,"previous":null,"results":[{repository}]}}"#)
            }
            Resource::Tags(namespace) if accounts.knows(namespace) => return tags::page(url, query),
            Resource::Repositories(_) | Resource::Tags(_) => return answers::not_found(),
            Resource::Analytics => format!(r#"{{"namespaces":[{name}]}}"#),
        };
        answers::json(StatusCode::OK, body)
    }
}
