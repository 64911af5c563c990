//! `POST /v2/users/login`: user name and password, for a token or a second factor. Deprecated, but the one route with a
//! documented second step.
//!
//! Source: docker/docs `content/reference/api/hub/latest.yaml`, operation `PostUsersLogin`.

use super::answer::{Answer, Text};
use super::request;
use crate::secret::{Body, Secret};

pub(crate) fn body(user: &str, secret: &Secret) -> Body {
    request::body([("username", user), ("password", secret.expose())])
}

/// Where a 200 has the token.
pub(crate) fn token<'a>(answer: &'a Answer<'_>) -> &'a Text<'a> {
    &answer.token
}
