//! Reads the kept sessions.

use std::error::Error;
use std::time::Duration;

use hub_auth_core::session::{Bearer, Session};
use hub_auth_core::{Account, CredentialKind, FailureKind, Hub, Policy, Route, Secret, UnixTime};
use hub_auth_host::{FileStore, StoreError, StoreKey, TokenStore, now};

use crate::error::CliError;
use crate::output::{printable, say};

/// Returns the store of this user's sessions; `None` if neither `XDG_CACHE_HOME` nor `HOME` is an absolute path.
pub(crate) fn store() -> Option<FileStore> {
    FileStore::user_cache()
}

/// A session in the store.
pub(crate) struct Kept {
    pub(crate) key: StoreKey,
    /// The account. Its secret is not kept.
    pub(crate) account: Account,
    /// The Hub's base URL.
    pub(crate) hub: String,
    /// The token, if it is still good.
    pub(crate) bearer: Option<Bearer>,
    /// When the token ends, on the local clock.
    pub(crate) ends: Option<UnixTime>,
}

impl Kept {
    /// Returns every session in the store that can be read, and warns of each that cannot.
    pub(crate) fn all(store: &FileStore) -> Result<Vec<Kept>, StoreError> {
        let keys = store.keys()?;
        Ok(keys.into_iter().filter_map(|key| Kept::load(store, key)).collect())
    }

    /// Returns whether the session is of this Hub.
    pub(crate) fn is_at(&self, hub: &Hub) -> bool {
        *self.key.url() == *hub.url(self.account.route())
    }

    /// Returns whether the token is good for at least `min_left`.
    pub(crate) fn is_good_for(&self, min_left: Duration) -> bool {
        self.bearer.is_some() && self.ends.is_none_or(|ends| ends >= now() + min_left)
    }

    fn load(store: &FileStore, key: StoreKey) -> Option<Kept> {
        let sealed = store.load(&key).map_err(|fault| warn(&fault)).ok()??;
        Kept::read(key, &sealed)
    }

    fn read(key: StoreKey, sealed: &Secret) -> Option<Kept> {
        let kinds = [CredentialKind::Password, CredentialKind::PersonalToken, CredentialKind::OrganizationToken];
        let kind = kinds.into_iter().find(|kind| kind.as_str() == key.kind())?;
        let mut routes = [Route::UsersLogin, Route::AuthToken].into_iter();
        let (hub, route) = routes.find_map(|route| Some((key.url().strip_suffix(route.path())?, route)))?;
        let hub = hub.to_owned();
        let account = Account::without_secret(key.user(), kind, route).ok()?;
        let mut session = Session::new(Hub::new(hub.parse().ok()?, Policy::new(0)).ok()?, account.clone());
        session.restore(sealed, now()).ok()?;
        let ends = session.expires_at();
        Some(Kept { key, account, hub, bearer: session.ready(Duration::ZERO, now()), ends })
    }
}

/// Warns of a fault of the store.
pub(crate) fn warn(fault: &StoreError) {
    let mut text = printable(&fault.to_string());
    if let Some(cause) = fault.source() {
        text = format!("{text}: {}", printable(&cause.to_string()));
    }
    say!("hub-auth: warning: the kept session: {text}");
}

/// Converts the error for commands that work on the store. A login goes on without the store.
impl From<StoreError> for CliError {
    fn from(error: StoreError) -> CliError {
        CliError::Own {
            kind: FailureKind::Usage,
            message: "the kept sessions cannot be used".to_owned(),
            cause: Some(error.into()),
        }
    }
}
