//! Fuzz targets of `hub-auth` as library functions. Each takes any bytes, states its invariant in its first words, and panics if
//! the invariant does not hold. libFuzzer runs them through `fuzz_targets/`; [`replay`] feeds them their committed corpora.

mod api;
mod checks;
mod docker;
mod model;
mod proxy;
mod reply;
mod script;
mod sealed;
pub mod seeds;

pub use api::api;
pub use docker::docker;
pub use proxy::proxy;
pub use reply::reply;
pub use script::script;
pub use sealed::sealed;

use std::path::{Path, PathBuf};

/// A target takes any bytes.
pub type Target = fn(&[u8]);

/// The targets, by name.
pub const TARGETS: [(&str, Target); 6] =
    [("reply", reply), ("script", script), ("api", api), ("sealed", sealed), ("docker", docker), ("proxy", proxy)];

/// Returns the folder with the corpus of a target.
#[must_use]
pub fn corpus(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target)
}

/// Runs a target on every input of its corpus, in the order of their names, and returns their number. Each is named before it
/// runs, so a failing test ends with the name of the culprit.
///
/// # Panics
///
/// If the invariant does not hold, there is no such target, or its corpus cannot be read.
#[must_use]
#[expect(clippy::expect_used, reason = "a test helper")]
pub fn replay(target: &str) -> usize {
    let (_, run) = TARGETS.iter().find(|(name, _)| *name == target).expect("a target by this name");
    let files = std::fs::read_dir(corpus(target)).expect("the corpus");
    let mut files: Vec<_> = files.map(|file| file.expect("an input").path()).collect();
    files.sort();
    for file in &files {
        println!("{}", file.display());
        run(&std::fs::read(file).expect("an input"));
    }
    files.len()
}
