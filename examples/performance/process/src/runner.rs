//! What is measured, and how it is built and run.

mod builds;
mod cost;
mod figures;

pub use builds::{Build, builds};
pub use cost::{Cost, Hub};
pub use figures::compare;
