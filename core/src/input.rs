//! What a caller can get wrong before anything is sent.

use std::{error, fmt};

use crate::failure::Kind;

/// A value that cannot be used, found before anything was sent. Names the field; never repeats the value.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BadInput {
    /// Which value is wrong.
    pub field: Field,
    /// What is wrong with it.
    pub problem: Problem,
}

/// The value that was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Field {
    /// The user (or organization) name.
    User,
    /// The password.
    Password,
    /// The personal access token.
    PersonalToken,
    /// The organization access token.
    OrganizationToken,
    /// The one-time code.
    Code,
    /// The TOTP secret.
    TotpSecret,
    /// The product name put before this library's own in `User-Agent`.
    Product,
}

/// What is wrong with a refused value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// Nothing there, or nothing but white space.
    Empty,
    /// White space where there can be none.
    WhiteSpace,
    /// A control character, most often a line ending left over from a file; in a user name any character that is not shown.
    ControlCharacter,
    /// Longer than any real value: over 255 bytes for a name, over 64 KiB for a secret.
    TooLong,
    /// A character that cannot stand in a header.
    NotAHeader,
    /// Not base32.
    NotBase32,
}

impl BadInput {
    pub(crate) fn new(field: Field, problem: Problem) -> BadInput {
        BadInput { field, problem }
    }

    /// Always [`Kind::Usage`].
    #[must_use]
    pub fn kind(&self) -> Kind {
        Kind::Usage
    }
}

impl fmt::Display for BadInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let field = match self.field {
            Field::User => "the user name",
            Field::Password => "the password",
            Field::PersonalToken => "the personal access token",
            Field::OrganizationToken => "the organization access token",
            Field::Code => "the one-time code",
            Field::TotpSecret => "the TOTP secret",
            Field::Product => "the product name for User-Agent",
        };
        let problem = match self.problem {
            Problem::Empty => "is empty",
            Problem::WhiteSpace => "contains white space",
            Problem::ControlCharacter => "contains a control character, perhaps a line ending left over from a file",
            Problem::TooLong => "is too long to be one",
            Problem::NotBase32 => "is not base32, the letters A to Z and digits 2 to 7",
            Problem::NotAHeader => "contains a character that cannot stand in a header",
        };
        write!(f, "{field} {problem}")
    }
}

impl error::Error for BadInput {}
