//! Adds accounts to `hub-auth sim`, from options or a file.

use std::fs;
use std::path::Path;

use data_encoding::BASE32_NOPAD;
use hub_auth_testkit::{SimHub, SimUser};
use serde::Deserialize;

use crate::error::CliError;

/// The demo accounts, which log in nowhere else.
pub(super) const DEMO: [(&str, &str); 3] = [
    ("alice", "correct horse battery staple, and a code"),
    ("bob", "hunter2 is not enough"),
    ("acme", "dckr_oat_DemoDemoDemoDemoDemoDemo456 (an organization)"),
];

/// A user to add.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct User {
    name: String,
    password: String,
    /// The secret of the second factor, in base32.
    #[serde(default)]
    totp: Option<String>,
    /// Personal access tokens.
    #[serde(default)]
    tokens: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Organization {
    name: String,
    tokens: Vec<String>,
}

/// `[[user]]` and `[[organization]]` tables.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default, rename = "user")]
    users: Vec<User>,
    #[serde(default, rename = "organization")]
    organizations: Vec<Organization>,
}

impl User {
    /// Reads `NAME:PASSWORD` or `NAME:PASSWORD:TOTP`.
    pub(crate) fn from_flag(text: &str) -> Result<User, &'static str> {
        let mut parts = text.splitn(3, ':').map(str::to_owned);
        match (parts.next(), parts.next(), parts.next()) {
            (Some(name), Some(password), totp) if !name.is_empty() => {
                Ok(User { name, password, totp, tokens: Vec::new() })
            }
            _ => Err("write it as NAME:PASSWORD or NAME:PASSWORD:TOTP"),
        }
    }

    fn build(&self) -> Result<SimUser, CliError> {
        let mut user = SimUser::new(&self.name, &self.password);
        if let Some(totp) = &self.totp {
            let text = totp.trim_end_matches('=').to_ascii_uppercase();
            let secret = BASE32_NOPAD.decode(text.as_bytes());
            let secret =
                secret.map_err(|_| CliError::usage(format!("the TOTP secret of {} is not base32", self.name)))?;
            user = user.totp(secret);
        }
        Ok(self.tokens.iter().fold(user, |user, token| user.token(token)))
    }
}

impl std::fmt::Debug for User {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("User").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Adds the users of flags and the accounts of a file to the hub.
pub(super) fn add(hub: &mut SimHub, users: &[User], file: Option<&Path>) -> Result<(), CliError> {
    let File { users: more, organizations } = file.map(read).transpose()?.unwrap_or_default();
    for user in users.iter().chain(&more) {
        hub.add(user.build()?);
    }
    for Organization { name, tokens } in organizations {
        hub.add_organization(&name, &tokens.iter().map(String::as_str).collect::<Vec<_>>());
    }
    Ok(())
}

fn read(path: &Path) -> Result<File, CliError> {
    let named = |why: &str| CliError::usage(format!("--accounts: {}: {why}", path.display()));
    let text = fs::read_to_string(path).map_err(|error| named(&error.to_string()))?;
    // Only the message: the line of the file may hold a secret.
    toml::from_str(&text).map_err(|error| named(error.message()))
}
