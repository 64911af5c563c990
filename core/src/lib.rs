//! Under construction.
#[cfg(feature = "sim")]
pub mod sim;
mod time;
pub use time::UnixTime;
