//! `POST /v2/users/2fa-login`: the challenge's ticket and a one-time code, for a token.
//!
//! Source: docker/docs `content/reference/api/hub/latest.yaml`, operation `PostUsers2FALogin`. The code's type is string
//! although the example shows a number; as a string its leading zeros survive.

use super::answer::{Answer, Text};
use super::request;
use crate::secret::{Body, Code, Secret};

pub(crate) fn body(ticket: &Secret, code: &Code) -> Body {
    request::body([("login_2fa_token", ticket.expose()), ("code", code.expose())])
}

/// Where a 200 has the token.
pub(crate) fn token<'a>(answer: &'a Answer<'_>) -> &'a Text<'a> {
    &answer.token
}
