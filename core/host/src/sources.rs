//! Finds an account in the first source that has one.

use std::ffi::OsString;
use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use hub_auth_core::session::Session;
use hub_auth_core::{Account, BoxError, Credential, CredentialKind, Hub, Route, Secret};

#[cfg(feature = "docker-login")]
use crate::docker_login::{CredentialHelper, DockerLogin, Stored, StoredKind};
use crate::{StoreKey, TokenStore};

/// The variables that [`Sources::environment`] reads, in order: user and secret.
///
/// Docker's own tools use the first pair, workflows of GitHub the second, docker/hub-mcp the last.
pub(crate) const VARIABLES: [(&str, &str); 4] = [
    ("DOCKER_USERNAME", "DOCKER_PASSWORD"),
    ("DOCKERHUB_USERNAME", "DOCKERHUB_TOKEN"),
    ("DOCKERHUB_USERNAME", "DOCKERHUB_PASSWORD"),
    ("HUB_USERNAME", "HUB_PAT_TOKEN"),
];

/// Finds an account in the first source that has one, in the order of the calls.
///
/// A broken source ends the search with an error that names the source. The search never goes on to the next source after a
/// failure, since that source might belong to somebody else.
///
/// ```
/// use hub_auth_core::{Account, Credential};
/// use hub_auth_host::Sources;
///
/// let variable = |name: &str| match name {
///     "DOCKER_USERNAME" => Some("alice".into()),
///     "DOCKER_PASSWORD" => Some("dckr_pat_x".into()),
///     _ => None,
/// };
/// let given = None::<Account>;
/// let found = Sources::new().given(given).environment(variable).find()?.ok_or("no account")?;
/// assert_eq!((found.account.user(), &*found.origin), ("alice", "DOCKER_PASSWORD"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "`find` returns the account"]
pub struct Sources {
    user: Option<String>,
    credential: fn(Secret) -> Credential,
    found: Option<Result<Found, SourceError>>,
}

/// Holds an account, and names its source.
#[derive(Debug)]
#[non_exhaustive]
pub struct Found {
    /// The account, to log in with.
    pub account: Account,
    /// The source, for people: e.g. `DOCKER_PASSWORD`, or `/home/alice/.docker/config.json by docker-credential-pass`.
    pub origin: String,
}

/// The error of a source whose account cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the account from {origin} cannot be used; correct that source, or leave it out")]
pub struct SourceError {
    origin: String,
    #[source]
    cause: BoxError,
}

impl Default for Sources {
    fn default() -> Sources {
        Sources::new()
    }
}

impl Sources {
    /// Begins without a source.
    pub fn new() -> Sources {
        Sources { user: None, credential: Credential::detect, found: None }
    }

    /// Takes accounts of this user only, and skips a source with the account of another.
    pub fn for_user(self, user: impl Into<String>) -> Sources {
        Sources { user: Some(user.into()), ..self }
    }

    /// Makes credentials by this function, e.g. [`Credential::personal_token`]. By default the prefix of a secret tells its
    /// kind.
    pub fn credential(self, credential: fn(Secret) -> Credential) -> Sources {
        Sources { credential, ..self }
    }

    /// Takes the account of the caller, if there is one.
    pub fn given(self, account: Option<Account>) -> Sources {
        self.or("the caller", || Ok(account))
    }

    /// Reads the environment: `DOCKER_USERNAME` and `DOCKER_PASSWORD`, else `DOCKERHUB_USERNAME` and `DOCKERHUB_TOKEN` or
    /// `DOCKERHUB_PASSWORD`, else `HUB_USERNAME` and `HUB_PAT_TOKEN`. A user alone is no account; a secret alone is an error
    /// unless the user is [given](Sources::for_user). Empty variables count as unset.
    pub fn environment(self, variable: impl Fn(&str) -> Option<OsString>) -> Sources {
        let filled = |name| variable(name).filter(|value| !value.is_empty());
        let pair = VARIABLES.iter().find_map(|(user, secret)| Some((*user, *secret, filled(secret)?)));
        let Some((user, secret, value)) = pair else { return self };
        let wanted = self.user.clone();
        self.pair(secret, || {
            let text = |name, value: OsString| value.into_string().map_err(|_| format!("{name} is not Unicode text"));
            let named = filled(user).map(|value| text(user, value)).transpose()?;
            let user = named
                .or(wanted)
                .ok_or_else(|| format!("{secret} is set, and {user} is not; set {user}, or give the user"))?;
            Ok(Some((user, Secret::from(text(secret, value)?))))
        })
    }

    /// Takes the token of the first of these kept sessions that is still good.
    /// [`FileStore::keys`](crate::FileStore::keys) lists all.
    pub fn store(self, store: &impl TokenStore, hub: &Hub, keys: impl IntoIterator<Item = StoreKey>) -> Sources {
        let user = self.user.clone();
        let is_wanted = |key: &StoreKey| user.as_ref().is_none_or(|user| user.eq_ignore_ascii_case(key.user()));
        keys.into_iter().filter(is_wanted).fold(self, |sources, key| {
            let origin = format!("the kept session of {}", key.user());
            sources.or(&origin, || kept(store, hub, &key))
        })
    }

    /// Takes the access token that `docker login` by browser has stored, while it is good.
    #[cfg(feature = "docker-login")]
    pub fn docker_access_token(self, docker: &DockerLogin) -> Sources {
        self.stored("docker login", || {
            let stored = docker.access_token(crate::now())?;
            Ok(stored.map(|stored| (stored, Credential::access_token as fn(Secret) -> Credential)))
        })
    }

    /// Takes the login of docker or podman.
    #[cfg(feature = "docker-login")]
    pub fn docker_login(self, docker: &DockerLogin) -> Sources {
        let credential = self.credential;
        self.stored("docker login", || Ok(docker.find()?.map(|stored| (stored, credential))))
    }

    /// Takes the entry that a credential helper keeps under `key`, e.g. [`CredentialHelper::OWN_KEY`].
    #[cfg(feature = "docker-login")]
    pub fn credential_helper(self, helper: &CredentialHelper, key: &str) -> Sources {
        let credential = self.credential;
        self.stored("the credential helper", || Ok(helper.get(key)?.map(|stored| (stored, credential))))
    }

    /// Asks a person for user and secret.
    pub fn ask(self, ask: impl FnOnce() -> Result<Option<(String, Secret)>, BoxError>) -> Sources {
        self.pair("the prompt", ask)
    }

    /// Asks a source of your own, named `origin`.
    pub fn or(self, origin: &str, source: impl FnOnce() -> Result<Option<Account>, BoxError>) -> Sources {
        self.source(origin, || Ok(source()?.map(|account| (account, origin.to_owned()))))
    }

    /// Returns the first account, the error of the first source that is broken, or `None` if no source has an account.
    pub fn find(self) -> Result<Option<Found>, SourceError> {
        self.found.transpose()
    }

    fn pair(self, origin: &str, pair: impl FnOnce() -> Result<Option<(String, Secret)>, BoxError>) -> Sources {
        let credential = self.credential;
        self.or(origin, || match pair()? {
            Some((user, secret)) => Ok(Some(Account::new(&user, credential(secret))?)),
            None => Ok(None),
        })
    }

    #[cfg(feature = "docker-login")]
    fn stored(
        self,
        origin: &str,
        find: impl FnOnce() -> Result<Option<(Stored, fn(Secret) -> Credential)>, BoxError>,
    ) -> Sources {
        self.source(origin, || {
            let Some((stored, credential)) = find()? else { return Ok(None) };
            if stored.kind != StoredKind::Password {
                let what = "a token of the image registry, which the Hub's login refuses; \
                            run docker login with a password or a personal access token";
                return Err(format!("{} holds {what}", stored.place).into());
            }
            let account = Account::new(&stored.user, credential(stored.secret));
            let account = account.map_err(|bad| format!("{}: {bad}", stored.place))?;
            Ok(Some((account, stored.place)))
        })
    }

    fn source(mut self, name: &str, find: impl FnOnce() -> Result<Option<(Account, String)>, BoxError>) -> Sources {
        if self.found.is_none() {
            let user = self.user.as_deref();
            let is_wanted = |account: &Account| user.is_none_or(|user| user.eq_ignore_ascii_case(account.user()));
            self.found = match find() {
                Ok(found) => found
                    .filter(|(account, _)| is_wanted(account))
                    .map(|(account, origin)| Ok(Found { account, origin })),
                Err(cause) => Some(Err(SourceError { origin: name.to_owned(), cause })),
            };
        }
        self
    }
}

/// Returns an account with the token of a kept session, if that is still good.
fn kept(store: &impl TokenStore, hub: &Hub, key: &StoreKey) -> Result<Option<Account>, BoxError> {
    // A session opens for its own account, whose secret is not known here. This one is never sent.
    let unknown = || Secret::from(RandomState::new().hash_one(key.as_str()).to_string());
    let credential = match key.kind() {
        kind if kind == CredentialKind::Password.as_str() => Credential::password(unknown()),
        kind if kind == CredentialKind::PersonalToken.as_str() => Credential::personal_token(unknown()),
        kind if kind == CredentialKind::OrganizationToken.as_str() => Credential::organization_token(unknown()),
        _ => return Ok(None),
    };
    let route = if *hub.url(Route::UsersLogin) == *key.url() { Route::UsersLogin } else { Route::AuthToken };
    let account = Account::new(key.user(), credential.via(route))?;
    if StoreKey::new(hub, &account) != *key {
        return Ok(None);
    }
    let Some(sealed) = store.load(key)? else { return Ok(None) };
    let mut session = Session::new(hub.clone(), account);
    session.restore(&sealed, crate::now())?;
    let Some(bearer) = session.ready(Duration::ZERO, crate::now()) else { return Ok(None) };
    Ok(Some(Account::new(key.user(), Credential::access_token(bearer.token().expose()))?))
}

impl SourceError {
    /// Returns the name of the source.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }
}

impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sources").field("user", &self.user).field("found", &self.found).finish_non_exhaustive()
    }
}
