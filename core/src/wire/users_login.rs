//! Writes `POST /v2/users/login`: user name and password, for a token or a second factor. Deprecated, but the one route with a
//! documented second step.
//!
//! Source: docker/docs `content/reference/api/hub/latest.yaml`, operation `PostUsersLogin`.

use serde::Serialize;

use super::request;
use crate::secret::{Body, Secret};

#[derive(Serialize)]
struct Fields<'a> {
    username: &'a str,
    password: &'a str,
}

pub(crate) fn body(user: &str, secret: &Secret) -> Body {
    request::body(&Fields { username: user, password: secret.expose() })
}
