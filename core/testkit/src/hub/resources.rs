//! What a token opens: a few routes that are read only, enough to see a bearer accepted, expire and be refused.

use http::StatusCode;

use super::accounts::Accounts;
use super::answers::{self, Answer};
use super::tokens::{self, Bearer, Origin};

pub(super) enum Resource<'a> {
    /// `/v2/user`: who am I.
    User,
    /// `/v2/access-tokens`: closed to what came from an access token itself (docker/terraform-provider-docker#84).
    AccessTokens,
    /// `/v2/namespaces/{namespace}/repositories`.
    Repositories(&'a str),
    /// `/api/publisher/analytics/v1/`: the namespaces that have figures.
    Analytics,
}

/// The resource at this path.
pub(super) fn find(path: &str) -> Option<Resource<'_>> {
    match path {
        "/v2/user" => Some(Resource::User),
        "/v2/access-tokens" => Some(Resource::AccessTokens),
        "/api/publisher/analytics/v1/" => Some(Resource::Analytics),
        _ => path
            .strip_prefix("/v2/namespaces/")
            .and_then(|rest| rest.strip_suffix("/repositories"))
            .filter(|namespace| !namespace.contains('/'))
            .map(Resource::Repositories),
    }
}

impl Resource<'_> {
    /// What this bearer gets to read.
    pub(super) fn read(&self, bearer: &Bearer, accounts: &Accounts) -> Answer {
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
            Resource::Repositories(_) => return answers::not_found(),
            Resource::Analytics => format!(r#"{{"namespaces":[{name}]}}"#),
        };
        answers::json(StatusCode::OK, body)
    }
}
