//! What a login costs, beside hand-written code with the same duties. README.md has the figures and the commands.
#![allow(clippy::expect_used, clippy::panic, reason = "a benchmark may stop")]

mod answers;
mod case;
pub mod figures;
mod floor;
mod growth;
mod in_memory;
pub mod session;
mod simulated;

pub use case::Case;

/// Everything that is measured.
#[must_use]
pub fn cases() -> Vec<Case> {
    [in_memory::cases(), growth::cases(), simulated::cases(), session::cases()].into_iter().flatten().collect()
}
