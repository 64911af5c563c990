//! The Hub's entries among those of all registries.

/// What `docker login` keeps for the Hub, by its exact key. `docker.io` and `index.docker.io` are not keys: an entry
/// under them is not found, by docker neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Entry {
    /// User, and password or personal token: what a login takes.
    Login,
    /// The access token of a login by browser, a JWT. With a second factor it may do what a personal token may not
    /// (docker/terraform-provider-docker#84).
    AccessToken,
    /// The refresh token of a login by browser: the token, two dots, the client's id. Without the dots it is Docker
    /// Desktop's own.
    RefreshToken,
}

impl Entry {
    /// The key, to be asked for in full: a helper may match a host alone loosely.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Entry::Login => "https://index.docker.io/v1/",
            Entry::AccessToken => "https://index.docker.io/v1/access-token",
            Entry::RefreshToken => "https://index.docker.io/v1/refresh-token",
        }
    }
}
