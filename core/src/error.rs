//! Defines the errors of the caller, which are found before anything is sent.

use std::{error, fmt};

use crate::sanitize;

/// Refuses a value before anything is sent. It names the field, and never repeats the value but for one character that is
/// not part of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InvalidInput {
    /// The value that is wrong.
    pub field: Field,
    /// The reason.
    pub reason: Reason,
}

/// Names the value that was refused.
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
    /// An access token that was obtained elsewhere (a bearer token).
    AccessToken,
    /// The one-time code.
    Code,
    /// The TOTP secret.
    TotpSecret,
    /// The program's name and version for `User-Agent`.
    UserAgent,
    /// The base URL of the Hub.
    BaseUrl,
}

/// Names the reason why a value was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// The value is empty, or has nothing but white space.
    Empty,
    /// White space where there can be none.
    WhiteSpace,
    /// A control character, most often a line ending left over from a file; in a user name any character that is not shown.
    ControlCharacter,
    /// A character that no such token has: quotes, white space or invisible characters around it, most often. In a password, an
    /// invisible character that nobody types.
    ForeignCharacter(char),
    /// Longer than any real value: over 255 bytes for a name, over 64 KiB for a secret.
    TooLong,
    /// A character that cannot stand in a header.
    NotAHeader,
    /// Not base32.
    NotBase32,
    /// No scheme or no host.
    NoHost,
    /// Neither https nor a loopback host.
    NotHttps,
    /// A user name or password in the URL.
    UserInfo,
    /// A query in the URL.
    Query,
    /// A port that is not between 0 and 65535.
    Port,
}

impl InvalidInput {
    pub(crate) fn new(field: Field, reason: Reason) -> InvalidInput {
        InvalidInput { field, reason }
    }
}

impl fmt::Display for InvalidInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let field = match self.field {
            Field::User => "the user name",
            Field::Password => "the password",
            Field::PersonalToken => "the personal access token",
            Field::OrganizationToken => "the organization access token",
            Field::AccessToken => "the access token",
            Field::Code => "the one-time code",
            Field::TotpSecret => "the TOTP secret",
            Field::UserAgent => "the name for User-Agent",
            Field::BaseUrl => "the base URL",
        };
        let reason = match self.reason {
            Reason::ForeignCharacter('\u{feff}') => {
                return write!(
                    f,
                    "{field} contains a byte order mark (U+FEFF); save the file or send the text without it"
                );
            }
            Reason::ForeignCharacter(foreign) => {
                let code = u32::from(foreign);
                if sanitize::is_printable(foreign) {
                    return write!(
                        f,
                        "{field} contains '{foreign}' (U+{code:04X}), which no such token has; remove it, and quotes or spaces around the token"
                    );
                }
                return write!(
                    f,
                    "{field} contains a character that is not shown (U+{code:04X}), as copied text may; remove it, or type the text anew"
                );
            }
            Reason::Empty => "is empty; give one, and check that the variable or file it comes from is not empty",
            Reason::WhiteSpace => "contains white space; remove it",
            Reason::ControlCharacter => {
                "contains a control character, perhaps a line ending left over from a file; remove it"
            }
            Reason::TooLong => "is too long to be one; check where it comes from",
            Reason::NotBase32 => "is not base32; give the letters A to Z and digits 2 to 7 shown beside the QR code",
            Reason::NotAHeader => "contains a character that cannot stand in a header; give visible ASCII",
            Reason::NoHost => "has no scheme or no host; write it like https://hub.docker.com",
            Reason::NotHttps => "is not https; http is allowed to a loopback host only",
            Reason::UserInfo => "holds a user name or password; give them apart from it",
            Reason::Query => "has a query; leave it out",
            Reason::Port => "has a port that is not between 0 and 65535; correct it",
        };
        write!(f, "{field} {reason}")
    }
}

impl error::Error for InvalidInput {}

/// Tells why a sealed challenge or session cannot be taken up. It never repeats what was sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SealError {
    /// The text is not a sealed form, or it is damaged.
    Damaged,
    /// The sealed form has a version this library does not know.
    UnknownVersion(u64),
    /// The sealed form belongs to another Hub, user, kind of credential or route.
    Other,
}

impl fmt::Display for SealError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SealError::Damaged => {
                f.write_str("the sealed text is damaged, or is no sealed challenge or session; log in again")
            }
            SealError::UnknownVersion(version) => {
                write!(f, "the sealed text has version {version}, which this program does not know; log in again")
            }
            SealError::Other => {
                f.write_str("the sealed text belongs to another Hub, user or kind of credential; log in again")
            }
        }
    }
}

impl error::Error for SealError {}
