//! Holds users and organizations, with their secrets.

use std::collections::{BTreeMap, BTreeSet};

use zeroize::Zeroizing;

use super::codes::Authenticator;
use hub_auth_core::UnixTime;

/// Describes a user of the simulated Hub.
pub struct SimUser {
    name: String,
    password: Zeroizing<String>,
    authenticator: Option<Authenticator>,
    used_steps: BTreeSet<u64>,
    tokens: Vec<Zeroizing<String>>,
}

impl SimUser {
    /// Creates a user with a password and without a second factor. Docker IDs are lower case: a login as `Alice` does not
    /// find `alice`.
    #[must_use]
    pub fn new(name: &str, password: &str) -> SimUser {
        SimUser {
            name: name.to_owned(),
            password: Zeroizing::new(password.to_owned()),
            authenticator: None,
            used_steps: BTreeSet::new(),
            tokens: Vec::new(),
        }
    }

    /// Turns the second factor on: codes by RFC 6238 with SHA-1, six digits and 30 seconds.
    #[must_use]
    pub fn totp(mut self, secret: impl Into<Vec<u8>>) -> SimUser {
        self.authenticator = Some(Authenticator::new(&Zeroizing::new(secret.into())));
        self
    }

    /// Adds a personal access token.
    #[must_use]
    pub fn token(mut self, token: &str) -> SimUser {
        self.tokens.push(Zeroizing::new(token.to_owned()));
        self
    }

    /// Returns the code of the authenticator at `now`. `None` without a second factor.
    pub(super) fn code(&self, now: UnixTime) -> Option<String> {
        self.authenticator.as_ref().map(|authenticator| authenticator.code(Authenticator::step(now)))
    }

    /// Takes a code of the last, the current or the next step. Each step is good once.
    pub(super) fn accept_code(&mut self, code: &str, now: UnixTime) -> bool {
        let Some(authenticator) = self.authenticator.as_ref().filter(|_| code.len() == 6) else { return false };
        let step = Authenticator::step(now);
        // The likely one first.
        [step, step.saturating_sub(1), step.saturating_add(1)]
            .into_iter()
            .any(|step| authenticator.code(step) == code && self.used_steps.insert(step))
    }

    pub(super) fn has_second_factor(&self) -> bool {
        self.authenticator.is_some()
    }
}

impl std::fmt::Debug for SimUser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SimUser").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Holds all accounts by name. An organization has no password, only access tokens.
#[derive(Default)]
pub(super) struct Accounts {
    users: BTreeMap<String, SimUser>,
    organizations: BTreeMap<String, Vec<Zeroizing<String>>>,
}

impl Accounts {
    pub(super) fn add(&mut self, user: SimUser) {
        self.users.insert(user.name.clone(), user);
    }

    pub(super) fn add_organization(&mut self, name: &str, tokens: &[&str]) {
        let tokens = tokens.iter().map(|token| Zeroizing::new((*token).to_owned())).collect();
        self.organizations.insert(name.to_owned(), tokens);
    }

    pub(super) fn user(&self, name: &str) -> Option<&SimUser> {
        self.users.get(name)
    }

    pub(super) fn user_mut(&mut self, name: &str) -> Option<&mut SimUser> {
        self.users.get_mut(name)
    }

    /// Lists the names of the organizations.
    pub(super) fn organizations(&self) -> impl Iterator<Item = &str> {
        self.organizations.keys().map(String::as_str)
    }

    /// Returns true if a namespace of this name exists.
    pub(super) fn knows(&self, name: &str) -> bool {
        self.users.contains_key(name) || self.organizations.contains_key(name)
    }

    /// Returns the user of this name and password.
    pub(super) fn by_password(&self, name: &str, password: &str) -> Option<&SimUser> {
        self.users.get(name).filter(|user| *user.password == password)
    }

    /// Returns the owner of a personal access token, under any name (trufflesecurity/trufflehog#4099).
    pub(super) fn by_personal_token(&self, token: &str) -> Option<&str> {
        self.users.values().find(|user| user.tokens.iter().any(|own| **own == token)).map(|user| user.name.as_str())
    }

    /// Returns true if the name or the secret is an organization's.
    pub(super) fn is_organization(&self, name: &str, secret: &str) -> bool {
        self.organizations.contains_key(name) || self.organizations.values().flatten().any(|own| **own == secret)
    }

    /// Returns true if the token belongs to the organization of this name.
    pub(super) fn organization_token_fits(&self, name: &str, token: &str) -> bool {
        self.organizations.get(name).is_some_and(|tokens| tokens.iter().any(|own| **own == token))
    }
}

/// Hides the secrets.
impl std::fmt::Debug for Accounts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.users.keys()).entries(self.organizations.keys()).finish()
    }
}
