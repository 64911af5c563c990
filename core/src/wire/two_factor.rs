//! Writes `POST /v2/users/2fa-login`: the challenge's ticket and a one-time code, for a token.
//!
//! Source: docker/docs `content/reference/api/hub/latest.yaml`, operation `PostUsers2FALogin`. The code's type is string
//! although the example shows a number; as a string its leading zeros survive.

use serde::Serialize;

use super::request;
use crate::secret::{Body, Code, Secret};

#[derive(Serialize)]
struct Fields<'a> {
    login_2fa_token: &'a str,
    code: &'a str,
}

pub(crate) fn body(ticket: &Secret, code: &Code) -> Body {
    request::body(&Fields { login_2fa_token: ticket.expose(), code: code.expose() })
}
