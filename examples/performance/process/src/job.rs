//! What a measured program is to do, and the end of it.

use std::{env, fs, io};

/// A user of the simulated Hub, without a second factor.
pub const USER: &str = "bob";
/// The user's password.
pub const PASSWORD: &str = "hunter2 is not enough";

/// Where to log in.
#[derive(Debug)]
pub struct Job {
    /// The Hub's base URL.
    pub base: String,
    /// The certificate it is known by, as PEM.
    pub ca_pem: Vec<u8>,
}

impl Job {
    /// As the program's arguments say: a URL and a file.
    #[must_use]
    pub fn of_arguments() -> Job {
        let mut arguments = env::args().skip(1);
        let base = arguments.next().expect("the Hub's URL");
        let ca = arguments.next().expect("a file of its authority's certificate");
        Job { base, ca_pem: fs::read(ca).expect("a readable file") }
    }

    /// Says when the token ends. The process stays until its input ends, so that it can be looked at.
    pub fn done(&self, expires_at: u64) {
        println!("{expires_at}");
        io::stdin().read_line(&mut String::new()).expect("input, or none");
    }
}
