//! Names the accounts of [`SimHub::demo`](super::SimHub::demo), which every example uses. None of these secrets is good
//! anywhere else.

/// A user with a second factor.
pub const USER: &str = "alice";
/// The password of [`USER`].
pub const PASSWORD: &str = "correct horse battery staple";
/// The TOTP secret of [`USER`], as bytes.
pub const TOTP_SECRET: &[u8] = b"hub-auth-demo-secret";
/// The TOTP secret of [`USER`] as authenticator apps take it: base32.
pub const TOTP_SECRET_BASE32: &str = "NB2WELLBOV2GQLLEMVWW6LLTMVRXEZLU";
/// A personal access token of [`USER`].
pub const PAT: &str = "dckr_pat_DemoDemoDemoDemoDemoDemo123";

/// A user without a second factor.
pub const USER_WITHOUT_2FA: &str = "bob";
/// The password of [`USER_WITHOUT_2FA`].
pub const PASSWORD_WITHOUT_2FA: &str = "hunter2 is not enough";

/// An organization.
pub const ORGANIZATION: &str = "acme";
/// An access token of [`ORGANIZATION`].
pub const OAT: &str = "dckr_oat_DemoDemoDemoDemoDemoDemo456";
