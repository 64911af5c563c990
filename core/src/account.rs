//! Who logs in: a user and a credential, checked. The kind of the credential picks the route.

use std::fmt;
use std::sync::Arc;

use crate::error::{Field, InvalidInput, Reason};
use crate::route::Route;
use crate::sanitize;
use crate::secret::Secret;

/// The longest user name accepted, in bytes: room for an e-mail address, no more.
const LONGEST_USER: usize = 255;
/// The longest secret accepted, in bytes.
const LONGEST_SECRET: usize = 64 * 1024;

/// What a credential is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CredentialKind {
    /// The account's password.
    Password,
    /// A personal access token (PAT).
    PersonalToken,
    /// An organization access token (OAT).
    OrganizationToken,
}

impl CredentialKind {
    /// The stable name: `password`, `pat` or `oat`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            CredentialKind::Password => "password",
            CredentialKind::PersonalToken => "pat",
            CredentialKind::OrganizationToken => "oat",
        }
    }

    pub(crate) const fn field(self) -> Field {
        match self {
            CredentialKind::Password => Field::Password,
            CredentialKind::PersonalToken => Field::PersonalToken,
            CredentialKind::OrganizationToken => Field::OrganizationToken,
        }
    }
}

impl fmt::Display for CredentialKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A secret that knows what it is, and so where it goes.
///
/// | kind | route | why |
/// |---|---|---|
/// | password | `/v2/users/login` | the only route with a documented second step |
/// | personal token | `/v2/auth/token`, or `/v2/users/login` when asked | the latter's token lives longer |
/// | organization token | `/v2/auth/token` | the other route refuses it |
///
/// Sources: [`crate::protocol`], section "Routes".
#[derive(Debug)]
pub struct Credential {
    kind: CredentialKind,
    route: Route,
    secret: Secret,
}

impl Credential {
    /// The account's password.
    #[must_use]
    pub fn password(secret: impl Into<Secret>) -> Credential {
        Credential { kind: CredentialKind::Password, route: Route::UsersLogin, secret: secret.into() }
    }

    /// A personal access token, exchanged for a bearer token that lives ten minutes.
    #[must_use]
    pub fn personal_token(secret: impl Into<Secret>) -> Credential {
        Credential { kind: CredentialKind::PersonalToken, route: Route::AuthToken, secret: secret.into() }
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

    /// An organization access token; the account's user is then the organization's name.
    #[must_use]
    pub fn organization_token(secret: impl Into<Secret>) -> Credential {
        Credential { kind: CredentialKind::OrganizationToken, route: Route::AuthToken, secret: secret.into() }
    }

    /// Lets the prefix choose: `dckr_pat_` is a personal token, `dckr_oat_` an organization token, anything else is taken
    /// for a password. (Old personal tokens are plain UUIDs: name the kind if you hold one.)
    #[must_use]
    pub fn detect(secret: impl Into<Secret>) -> Credential {
        let secret = secret.into();
        if secret.expose().starts_with("dckr_pat_") {
            Credential::personal_token(secret)
        } else if secret.expose().starts_with("dckr_oat_") {
            Credential::organization_token(secret)
        } else {
            Credential::password(secret)
        }
    }

    /// What it is.
    #[must_use]
    pub fn kind(&self) -> CredentialKind {
        self.kind
    }
}

/// A user and a credential, checked. Clones share one allocation; the last one dropped wipes the secret.
///
/// ```
/// use hub_auth_core::{Account, Credential};
///
/// let account = Account::new("Alice", Credential::password("hunter2"))?;
/// assert_eq!(account.user(), "alice");
/// assert_eq!(Account::new("", Credential::password("x")).unwrap_err().to_string(), "the user name is empty");
/// # Ok::<(), hub_auth_core::InvalidInput>(())
/// ```
#[derive(Clone, Debug)]
pub struct Account(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    identity: Arc<Identity>,
    secret: Secret,
}

/// An account without its secret: all that outlives the first call.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) user: Box<str>,
    pub(crate) kind: CredentialKind,
    pub(crate) route: Route,
    /// The name was given with capitals, which the Hub does not have.
    pub(crate) had_capitals: bool,
}

impl Account {
    /// Checks both: neither empty nor with control characters. A name without `@` is lower-cased (ASCII), as all Docker
    /// IDs are; nothing else is changed, the secret never.
    pub fn new(user: &str, credential: Credential) -> Result<Account, InvalidInput> {
        let Credential { kind, route, secret } = credential;
        check_user(user)?;
        check_secret(secret.expose(), kind.field())?;
        let had_capitals = !user.contains('@') && user.bytes().any(|b| b.is_ascii_uppercase());
        let user = if had_capitals { user.to_ascii_lowercase() } else { user.to_owned() };
        let identity = Identity { user: user.into_boxed_str(), kind, route, had_capitals };
        Ok(Account(Arc::new(Inner { identity: Arc::new(identity), secret })))
    }

    /// The user (or organization) name as it will be sent.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.0.identity.user
    }

    /// What the credential is.
    #[must_use]
    pub fn kind(&self) -> CredentialKind {
        self.0.identity.kind
    }

    /// The route a login will take first.
    #[must_use]
    pub fn route(&self) -> Route {
        self.0.identity.route
    }

    /// Whether this is the same user with the same credential, for the same route.
    pub(crate) fn is(&self, other: &Account) -> bool {
        let (ours, theirs) = (&self.0.identity, &other.0.identity);
        (&ours.user, ours.kind, ours.route) == (&theirs.user, theirs.kind, theirs.route)
            && self.0.secret.expose() == other.0.secret.expose()
    }

    pub(crate) fn identity(&self) -> &Arc<Identity> {
        &self.0.identity
    }

    pub(crate) fn secret(&self) -> &Secret {
        &self.0.secret
    }
}

pub(crate) fn check_user(user: &str) -> Result<(), InvalidInput> {
    let reason = if user.trim().is_empty() {
        Reason::Empty
    } else if user.chars().any(|c| !sanitize::is_printable(c) && !c.is_whitespace() || c.is_control()) {
        Reason::ControlCharacter
    } else if user.chars().any(char::is_whitespace) {
        Reason::WhiteSpace
    } else if user.len() > LONGEST_USER {
        Reason::TooLong
    } else {
        return Ok(());
    };
    Err(InvalidInput::new(Field::User, reason))
}

fn check_secret(secret: &str, field: Field) -> Result<(), InvalidInput> {
    let reason = if secret.trim().is_empty() {
        Reason::Empty
    } else if secret.chars().any(char::is_control) {
        Reason::ControlCharacter
    } else if secret.len() > LONGEST_SECRET {
        Reason::TooLong
    } else {
        return Ok(());
    };
    Err(InvalidInput::new(field, reason))
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
            let account = Account::new("alice", credential).unwrap();
            assert_eq!((account.kind().as_str(), account.route()), (kind, route));
        }
    }

    #[test]
    fn names_are_lower_cased_unless_they_are_addresses() {
        let user = |name| Account::new(name, Credential::password("X")).unwrap().user().to_owned();
        assert_eq!(user("Alice"), "alice");
        assert_eq!(user("Alice@Example.org"), "Alice@Example.org");
        assert_eq!(user("ÄRGER"), "Ärger");
    }

    #[test]
    fn bad_input_names_the_field() {
        let bad = |user: &str, credential| Account::new(user, credential).unwrap_err();
        let field = |bad: InvalidInput| (bad.field, bad.reason);
        assert_eq!(field(bad(" ", Credential::password("x"))), (Field::User, Reason::Empty));
        assert_eq!(field(bad("a\nb", Credential::password("x"))), (Field::User, Reason::ControlCharacter));
        assert_eq!(field(bad("a b", Credential::password("x"))), (Field::User, Reason::WhiteSpace));
        assert_eq!(field(bad(&"a".repeat(256), Credential::password("x"))), (Field::User, Reason::TooLong));
        assert_eq!(field(bad("a", Credential::password(" "))), (Field::Password, Reason::Empty));
        assert_eq!(field(bad("a", Credential::password("x\n"))), (Field::Password, Reason::ControlCharacter));
        assert_eq!(field(bad("a", Credential::personal_token(""))), (Field::PersonalToken, Reason::Empty));
        assert_eq!(field(bad("a", Credential::organization_token("\0"))).0, Field::OrganizationToken);
    }

    #[test]
    fn a_login_lets_the_account_go_at_the_second_factor() {
        use crate::{Hub, Policy, Step, UnixTime};
        let account = Account::new("alice", Credential::password("x")).unwrap();
        let held = Arc::downgrade(&account.0);
        let Step::Send(exchange) = Hub::docker(Policy::new(0)).login(&account) else { panic!() };
        drop(account);
        let (request, awaiting) = exchange.send();
        drop(request);
        assert!(held.upgrade().is_some(), "it may have to be sent again");
        let mut answer = http::Response::new(&br#"{"login_2fa_token":"t"}"#[..]);
        *answer.status_mut() = http::StatusCode::UNAUTHORIZED;
        let step = awaiting.reply(answer, UnixTime::default());
        assert!(matches!(step, Step::NeedCode(_)));
        assert!(held.upgrade().is_none(), "and with it the password");
    }

    #[test]
    fn clones_share_the_secret() {
        let account = Account::new("alice", Credential::password("x")).unwrap();
        let place = account.secret().expose().as_ptr();
        assert_eq!(account.clone().secret().expose().as_ptr(), place);
        assert!(!format!("{account:?}").contains("\"x\""));
    }
}
