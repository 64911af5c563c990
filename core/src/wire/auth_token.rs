//! Writes `POST /v2/auth/token`: a name and an access token, for a bearer token that lives ten minutes. The one route for
//! organization tokens, whose name is the organization's.
//!
//! Source: docker/docs `content/reference/api/hub/latest.yaml`, operation `AuthCreateAccessToken`.

use serde::Serialize;

use super::request;
use crate::secret::{Body, Secret};

#[derive(Serialize)]
struct Fields<'a> {
    identifier: &'a str,
    secret: &'a str,
}

pub(crate) fn body(user: &str, secret: &Secret) -> Body {
    request::body(&Fields { identifier: user, secret: secret.expose() })
}
