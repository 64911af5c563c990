//! What `docker login` knows: reading `config.json`, `DOCKER_AUTH_CONFIG` and the answers of credential helpers.
//!
//! Pure as everything here: [`next`] says which source is asked next, the caller reads files and runs programs. The crate
//! `hub-auth-host` does both behind its feature `docker-login`.
//!
//! ```text
//! next ──► Found(Stored)      in DOCKER_AUTH_CONFIG, else in config.json
//!      ├─► Read               read config.json, then next again
//!      ├─► Ask(Helper)        run docker-credential-NAME, hand its output to Helper::read
//!      └─► Nothing
//! ```
//!
//! Sources of the facts: [`crate::protocol`], section "What docker login stores".

mod config;
mod entry;
mod environment;
mod error;
mod helper;
mod lookup;
mod stored;
#[cfg(test)]
mod tests;

pub use config::{Config, MAX_CONFIG};
pub use entry::Entry;
pub use environment::{Environment, VARIABLE};
pub use error::{DockerLoginError, Problem};
pub use helper::{Helper, MAX_OUTPUT};
pub use lookup::{Next, default_store, next};
pub use stored::{Source, Stored, StoredKind};
