//! Names the kinds of credential, and joins a secret to its kind.

use std::fmt;

use crate::error::Field;
use crate::route::Route;
use crate::secret::Secret;

const PERSONAL_PREFIX: &str = "dckr_pat_";
const ORGANIZATION_PREFIX: &str = "dckr_oat_";

/// Names the kinds of credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CredentialKind {
    /// The account's password.
    Password,
    /// A personal access token (PAT).
    PersonalToken,
    /// An organization access token (OAT).
    OrganizationToken,
    /// A bearer token that a login elsewhere has yielded.
    AccessToken,
}

impl CredentialKind {
    /// Returns the stable name: `password`, `pat`, `oat` or `bearer`.
    pub const fn as_str(self) -> &'static str {
        match self {
            CredentialKind::Password => "password",
            CredentialKind::PersonalToken => "pat",
            CredentialKind::OrganizationToken => "oat",
            CredentialKind::AccessToken => "bearer",
        }
    }

    pub(crate) const fn field(self) -> Field {
        match self {
            CredentialKind::Password => Field::Password,
            CredentialKind::PersonalToken => Field::PersonalToken,
            CredentialKind::OrganizationToken => Field::OrganizationToken,
            CredentialKind::AccessToken => Field::AccessToken,
        }
    }
}

impl fmt::Display for CredentialKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Holds a secret together with its kind, which decides where it is sent.
///
/// | kind | route | why |
/// |---|---|---|
/// | password | `/v2/users/login` | the only route with a documented second step |
/// | personal token | `/v2/auth/token`, or `/v2/users/login` when asked | the latter's token lives longer |
/// | organization token | `/v2/auth/token` | the other route refuses it |
/// | access token | none | it is what the other kinds are exchanged for |
///
/// Sources: [`crate::protocol`], section "Routes".
#[derive(Debug)]
pub struct Credential {
    pub(crate) kind: CredentialKind,
    pub(crate) route: Route,
    pub(crate) secret: Secret,
}

impl Credential {
    /// Takes the account's password.
    pub fn password(secret: impl Into<Secret>) -> Credential {
        Credential { kind: CredentialKind::Password, route: Route::UsersLogin, secret: secret.into() }
    }

    /// Takes a personal access token, to be exchanged for a bearer token that lives ten minutes.
    pub fn personal_token(secret: impl Into<Secret>) -> Credential {
        Credential { kind: CredentialKind::PersonalToken, route: Route::AuthToken, secret: secret.into() }
    }

    /// Takes an organization access token. The account's user is then the organization's name.
    pub fn organization_token(secret: impl Into<Secret>) -> Credential {
        Credential { kind: CredentialKind::OrganizationToken, route: Route::AuthToken, secret: secret.into() }
    }

    /// Takes a bearer token that a login elsewhere has yielded, such as the one that `docker login` by browser stores. A login
    /// with it sends nothing and succeeds at once; the token ends when its claims say so, and cannot be renewed.
    pub fn access_token(secret: impl Into<Secret>) -> Credential {
        Credential { kind: CredentialKind::AccessToken, route: Route::AuthToken, secret: secret.into() }
    }

    /// Sends the secret to another route than the one its kind picks.
    ///
    /// A personal token works at [`Route::UsersLogin`] too, in place of the password: that route is deprecated, and its
    /// token lives longer. An organization token is refused there, and a password has no other route with a second step,
    /// so both keep their own route whatever is asked.
    #[must_use]
    pub fn via(self, route: Route) -> Credential {
        match (self.kind, route) {
            (CredentialKind::PersonalToken, Route::UsersLogin | Route::AuthToken) => Credential { route, ..self },
            _ => self,
        }
    }

    /// Tells the kind by the prefix: `dckr_pat_` begins a personal token, `dckr_oat_` an organization token, and anything else
    /// is taken for a password. Quotes or invisible characters before the prefix do not hide it; [`Account::new`](crate::Account::new) then
    /// refuses them by name.
    ///
    /// Old personal tokens are plain UUIDs: call [`personal_token`](Credential::personal_token) for one.
    pub fn detect(secret: impl Into<Secret>) -> Credential {
        let secret = secret.into();
        let bare = bare(secret.expose());
        if bare.starts_with(PERSONAL_PREFIX) {
            Credential::personal_token(secret)
        } else if bare.starts_with(ORGANIZATION_PREFIX) {
            Credential::organization_token(secret)
        } else {
            Credential::password(secret)
        }
    }

    /// Returns the kind.
    pub fn kind(&self) -> CredentialKind {
        self.kind
    }
}

/// Returns whether a text is an access token of Docker's, whatever stands around it.
pub(crate) fn is_prefixed(secret: &str) -> bool {
    let bare = bare(secret);
    bare.starts_with(PERSONAL_PREFIX) || bare.starts_with(ORGANIZATION_PREFIX)
}

/// Returns what stands behind quotes, spaces and invisible characters.
fn bare(secret: &str) -> &str {
    secret.trim_start_matches(|c: char| !c.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_picks_the_route() {
        for (credential, kind, route) in [
            (Credential::password("x"), "password", Route::UsersLogin),
            (Credential::personal_token("x"), "pat", Route::AuthToken),
            (Credential::personal_token("x").via(Route::UsersLogin), "pat", Route::UsersLogin),
            (Credential::organization_token("x"), "oat", Route::AuthToken),
            (Credential::detect("dckr_pat_x"), "pat", Route::AuthToken),
            (Credential::detect("dckr_oat_x"), "oat", Route::AuthToken),
            (Credential::detect("0a1b2c3d-uuid"), "password", Route::UsersLogin),
            (Credential::password("dckr_pat_x"), "password", Route::UsersLogin),
        ] {
            assert_eq!((credential.kind.as_str(), credential.route), (kind, route));
        }
    }
}
