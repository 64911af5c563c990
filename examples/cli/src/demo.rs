//! The demo accounts of the simulated Hub of `--sim`.

use hub_auth_core::{CredentialKind, Secret};
use hub_auth_testkit::demo;

/// Returns the user who logs in if the command line names none.
pub(crate) fn user(kind: Option<CredentialKind>) -> &'static str {
    match kind {
        Some(CredentialKind::OrganizationToken) => demo::ORGANIZATION,
        _ => demo::USER,
    }
}

/// Returns the secret of a demo account.
pub(crate) fn secret(user: &str, kind: Option<CredentialKind>) -> Option<Secret> {
    let secret = match (user, kind) {
        (demo::USER, Some(CredentialKind::PersonalToken)) => demo::PAT,
        (demo::USER, _) => demo::PASSWORD,
        (demo::USER_WITHOUT_2FA, _) => demo::PASSWORD_WITHOUT_2FA,
        (demo::ORGANIZATION, _) => demo::OAT,
        _ => return None,
    };
    Some(Secret::from(secret))
}
