//! The programs, each with its features, and what cargo says of them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// A program to measure.
#[derive(Clone, Copy, Debug)]
pub struct Build {
    /// What it is called in the figures.
    pub name: &'static str,
    bin: &'static str,
    features: &'static str,
}

const BUILDS: [Build; 8] = [
    Build { name: "hyper by hand", bin: "hyper-by-hand", features: "hyper-by-hand" },
    Build { name: "hyper, ring, webpki-roots", bin: "hyper", features: "hyper,ring,webpki-roots" },
    Build { name: "hyper, ring, system's roots", bin: "hyper", features: "hyper,ring,platform-verifier" },
    Build { name: "hyper, defaults", bin: "hyper", features: "hyper,aws-lc-rs,platform-verifier" },
    Build { name: "ureq by hand", bin: "ureq-by-hand", features: "ureq-by-hand" },
    Build { name: "blocking, ring, webpki-roots", bin: "blocking", features: "blocking,ring,webpki-roots" },
    Build { name: "blocking, ring, system's roots", bin: "blocking", features: "blocking,ring,platform-verifier" },
    Build { name: "blocking, defaults", bin: "blocking", features: "blocking,aws-lc-rs,platform-verifier" },
];

/// All of them; or those whose name contains this program's argument.
pub fn builds() -> impl Iterator<Item = Build> {
    let wanted = env::args().skip(1).find(|argument| !argument.starts_with("--")).unwrap_or_default();
    BUILDS.into_iter().filter(move |build| build.name.contains(&wanted))
}

impl Build {
    /// Builds it, and says where it is.
    #[must_use]
    pub fn build(self, profile: &str) -> PathBuf {
        let own = env::current_exe().expect("this program's path");
        let target = own.parent().and_then(Path::parent).expect("a target folder");
        self.build_in(target, profile)
    }

    /// Builds it from nothing, and says what processor time that took, in seconds.
    #[must_use]
    pub fn clean_build(self, profile: &str) -> f64 {
        let target = env::temp_dir().join(format!("hub-auth-process-{}", std::process::id()));
        let before = children();
        let _program = self.build_in(&target, profile);
        let took = children() - before;
        fs::remove_dir_all(&target).expect("the folder just made");
        took
    }

    fn build_in(self, target: &Path, profile: &str) -> PathBuf {
        let mut cargo = self.cargo("build");
        cargo.args(["--quiet", "--profile", profile, "--bin", self.bin, "--target-dir"]).arg(target);
        assert!(cargo.status().expect("cargo").success());
        target.join(profile).join(self.bin)
    }

    /// How many crates of others are in it, procedural macros included.
    #[must_use]
    pub fn crates(self) -> usize {
        let mut cargo = self.cargo("tree");
        let tree = cargo.args(["--edges", "normal", "--prefix", "none"]).output().expect("cargo");
        assert!(tree.status.success());
        let tree = String::from_utf8(tree.stdout).expect("text");
        let crates = tree.lines().filter(|name| !name.starts_with("hub-auth-"));
        crates.filter_map(|line| line.split(" (").next()).collect::<BTreeSet<_>>().len()
    }

    fn cargo(self, command: &str) -> Command {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.arg(command).args(["--locked", "--package", env!("CARGO_PKG_NAME"), "--no-default-features"]);
        cargo.args(["--features", self.features]).current_dir(env!("CARGO_MANIFEST_DIR"));
        // As the profiles say, whatever who measures likes for other work.
        cargo.env_remove("CARGO_INCREMENTAL");
        cargo
    }
}

/// The processor time of all child processes that have ended, in seconds, as Linux tells it in hundredths.
fn children() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").expect("Linux");
    // From the third field on; the second is a name in brackets.
    let (_, fields) = stat.rsplit_once(')').expect("a name");
    let ticks = fields.split_whitespace().skip(13).take(2).map(|field| field.parse::<u32>().expect("a number"));
    f64::from(ticks.sum::<u32>()) / 100.0
}
