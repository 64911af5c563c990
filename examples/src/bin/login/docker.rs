//! `--docker-config`: user and secret from what `docker login` stored.

use hub_auth_core::Secret;
use hub_auth_host::DockerLogin;
use hub_auth_host::docker_login::{Entry, StoredKind};

use crate::trouble::Trouble;

pub(crate) fn stored() -> Result<(String, Secret), Trouble> {
    let key = Entry::Login.key();
    let Some(stored) = DockerLogin::from_env().find()? else {
        return Err(Trouble::usage(format!(
            "docker login stored nothing for the Hub: no entry {key} in config.json (in $DOCKER_CONFIG, else \
             ~/.docker), in the credential helper it names, or in DOCKER_AUTH_CONFIG"
        )));
    };
    match stored.kind {
        StoredKind::Password => Ok((stored.user.into(), stored.secret)),
        // They are for the registry's own login; sent to the Hub's, they would count as wrong passwords.
        _ => Err(Trouble::usage(format!(
            "what docker login stored for the Hub, entry {key}, is a token of the image registry, which the Hub's \
             login does not take: run docker login with a password or an access token"
        ))),
    }
}
