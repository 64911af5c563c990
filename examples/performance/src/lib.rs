//! What a login costs, beside hand-written code with the same duties. README.md has the figures and the commands.
#![allow(clippy::expect_used, clippy::panic, reason = "a benchmark may stop")]

mod answers;
mod case;
pub mod figures;
mod floor;
mod growth;
mod in_memory;
mod kept_alive;
pub mod server;
pub mod session;
mod simulated;

pub use case::Case;

/// Everything that is measured.
#[must_use]
pub fn cases() -> Vec<Case> {
    let all = [in_memory::cases(), kept_alive::cases(), growth::cases(), simulated::cases(), session::cases()];
    all.into_iter().flatten().collect()
}
