//! Running a program against the simulated Hub, which is in this process and not in the measured one.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs, io};

use hub_auth_core::sim::SimHub;
use hub_auth_testkit::Loopback;
use hub_auth_testkit::tls::Authority;

/// What one process takes for its login.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// Instructions, from the process's start to its end, the dynamic linker's included.
    pub instructions: u64,
    /// Resident memory at its peak, in KiB.
    pub peak: u64,
}

/// The simulated Hub over TLS, with a certificate on P-256, and its authority in a file.
#[derive(Debug)]
pub struct Hub {
    server: Loopback,
    ca: PathBuf,
}

impl Hub {
    /// Starts it.
    pub fn start() -> io::Result<Hub> {
        let authority = Authority::new()?;
        let server = Loopback::start_tls(SimHub::demo(), &authority.issue(&["localhost", "127.0.0.1"])?)?;
        let ca = env::temp_dir().join(format!("hub-auth-process-{}.pem", std::process::id()));
        fs::write(&ca, authority.pem())?;
        Ok(Hub { server, ca })
    }

    /// What this program takes.
    #[must_use]
    pub fn cost(&self, program: &Path) -> Cost {
        Cost { instructions: self.instructions(program), peak: self.peak(program) }
    }

    fn instructions(&self, program: &Path) -> u64 {
        let mut valgrind = Command::new("valgrind");
        valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(program);
        let output = self.job(&mut valgrind).stdin(Stdio::null()).output();
        let output = output.expect("valgrind, from the package of that name");
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{told}");
        let figure = told.lines().find_map(|line| line.split_once("Collected : "));
        figure.and_then(|(_, figure)| figure.trim().parse().ok()).expect("callgrind's figure")
    }

    /// Looks at the process when it is done and has not yet ended.
    fn peak(&self, program: &Path) -> u64 {
        let mut command = Command::new(program);
        let mut process =
            self.job(&mut command).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the program");
        let mut done = String::new();
        BufReader::new(process.stdout.take().expect("its output")).read_line(&mut done).expect("a line");
        let status = fs::read_to_string(format!("/proc/{}/status", process.id())).expect("Linux");
        assert!(process.wait().expect("an end").success() && !done.is_empty());
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        peak.and_then(|peak| peak.trim().strip_suffix(" kB")?.parse().ok()).expect("the peak")
    }

    fn job<'a>(&self, program: &'a mut Command) -> &'a mut Command {
        program.arg(self.server.url().to_string()).arg(&self.ca)
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        drop(fs::remove_file(&self.ca));
    }
}
