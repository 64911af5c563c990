//! Holds the wire format: one file per endpoint, the reader of answers, and how long to wait.

pub(crate) mod answer;
pub(crate) mod auth_token;
pub(crate) mod edge;
pub(crate) mod leak;
pub(crate) mod rate_limit;
pub(crate) mod request;
pub(crate) mod response;
pub(crate) mod retry_after;
pub(crate) mod trace;
pub(crate) mod two_factor;
pub(crate) mod users_login;
