//! `POST /v2/auth/token`: a name and an access token, for a bearer token that lives ten minutes. The one route for
//! organization tokens, whose name is the organization's.
//!
//! Source: docker/docs `content/reference/api/hub/latest.yaml`, operation `AuthCreateAccessToken`.

use super::answer::{Answer, Text};
use super::request;
use crate::secret::{Body, Secret};

pub(crate) fn body(user: &str, secret: &Secret) -> Body {
    request::body([("identifier", user), ("secret", secret.expose())])
}

/// Where a 200 has the token.
pub(crate) fn token<'a>(answer: &'a Answer<'_>) -> &'a Text<'a> {
    &answer.access_token
}
