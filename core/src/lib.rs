//! Under construction.
mod time;
pub use time::UnixTime;
