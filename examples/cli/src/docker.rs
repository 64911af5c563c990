//! `--docker-config`: user and secret from what `docker login` stored.

use hub_auth_core::Secret;
use hub_auth_host::DockerLogin;
use hub_auth_host::docker_login::{DockerLoginError, StoredKind};

use crate::error::CliError;
use crate::output::say;

pub(crate) fn stored() -> Result<(String, Secret), CliError> {
    let key = DockerLogin::KEY;
    let docker = DockerLogin::from_env();
    if let Some(warning) = docker.warning() {
        say!("hub-auth: warning: {warning}; looking on");
    }
    let Some(stored) = docker.find()? else {
        return Err(CliError::usage(format!(
            "docker login stored nothing for the Hub: no entry {key} in config.json (in $DOCKER_CONFIG, else \
             ~/.docker), in the credential helper it names, or in DOCKER_AUTH_CONFIG"
        )));
    };
    match stored.kind {
        StoredKind::Password => Ok((stored.user, stored.secret)),
        // They are for the registry's own login; sent to the Hub's, they would count as wrong passwords.
        _ => Err(CliError::usage(format!(
            "what docker login stored for the Hub, entry {key}, is a token of the image registry, which the Hub's \
             login does not take: run docker login with a password or an access token"
        ))),
    }
}

impl From<DockerLoginError> for CliError {
    fn from(error: DockerLoginError) -> CliError {
        CliError::own(error.kind(), error.to_string())
    }
}
