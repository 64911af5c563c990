//! Runs the simulated Hub of `--sim`, and knows the secrets of its demo accounts.

use http::Uri;
use hub_auth_core::{CredentialKind, Secret};
use hub_auth_testkit::{Loopback, SimHub, demo};

use crate::error::CliError;

/// A simulated Hub, which runs until this is dropped.
#[derive(Debug)]
pub(crate) struct Sim(Loopback);

impl Sim {
    pub(crate) fn start(hub: SimHub) -> Result<Sim, CliError> {
        let started = Loopback::start(hub);
        started.map(Sim).map_err(|error| CliError::machine("the simulated Hub cannot be started", error))
    }

    pub(crate) fn url(&self) -> Uri {
        self.0.url()
    }

    /// Returns the code that the user's authenticator shows now.
    pub(crate) fn code(&self, user: &str) -> Option<String> {
        self.0.code(user)
    }

    /// Returns the user who logs in if the command line names none.
    #[expect(clippy::unused_self, reason = "only where there is a simulated Hub")]
    pub(crate) fn user(&self, kind: Option<CredentialKind>) -> &'static str {
        match kind {
            Some(CredentialKind::OrganizationToken) => demo::ORGANIZATION,
            _ => demo::USER,
        }
    }

    /// Returns the secret of a demo account.
    #[expect(clippy::unused_self, reason = "only where there is a simulated Hub")]
    pub(crate) fn secret(&self, user: &str, kind: Option<CredentialKind>) -> Option<Secret> {
        let secret = match (user, kind) {
            (demo::USER, Some(CredentialKind::PersonalToken)) => demo::PAT,
            (demo::USER, _) => demo::PASSWORD,
            (demo::USER_WITHOUT_2FA, _) => demo::PASSWORD_WITHOUT_2FA,
            (demo::ORGANIZATION, _) => demo::OAT,
            _ => return None,
        };
        Some(Secret::from(secret))
    }
}
