//! The keys the Hub answers with, over all its schemas, from any JSON object.
//!
//! One specification shows seven shapes for errors, and `error` is a boolean in one of them (PROTOCOL.md, "Bodies").

use crate::json::{self, Loose};

pub(crate) type Text<'a> = Loose<'a>;

/// What an answer said. A missing key and a value of another type read the same.
#[derive(Default)]
pub(crate) struct Answer<'a> {
    pub(crate) token: Text<'a>,
    pub(crate) access_token: Text<'a>,
    pub(crate) refresh_token: Text<'a>,
    pub(crate) login_2fa_token: Text<'a>,
    pub(crate) detail: Text<'a>,
    pub(crate) message: Text<'a>,
    pub(crate) text: Text<'a>,
    pub(crate) error: Text<'a>,
    pub(crate) error_description: Text<'a>,
}

impl<'a> Answer<'a> {
    /// `None` if the body is not a JSON object, whatever its content type says.
    pub(crate) fn parse(body: &'a [u8]) -> Option<Answer<'a>> {
        let mut answer = Answer::default();
        json::object(body, |key, value| {
            let place = match key {
                "token" => &mut answer.token,
                "access_token" => &mut answer.access_token,
                "refresh_token" => &mut answer.refresh_token,
                "login_2fa_token" => &mut answer.login_2fa_token,
                "detail" => &mut answer.detail,
                "message" => &mut answer.message,
                "text" => &mut answer.text,
                "error" => &mut answer.error,
                "error_description" => &mut answer.error_description,
                _ => return,
            };
            *place = value;
        })?;
        Some(answer)
    }

    /// The Hub's own words, from the first key that has any.
    pub(crate) fn words(&self) -> Option<&str> {
        [&self.detail, &self.message, &self.text, &self.error_description, &self.error]
            .into_iter()
            .find_map(Loose::filled)
    }

    /// `error: true` is a fault of the Hub under odd statuses too (goharbor/harbor#14803).
    pub(crate) fn is_fault(&self) -> bool {
        matches!(self.error, Loose::Bool(true))
    }
}
