//! A home with docker's files and helpers.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use hub_auth_host::DockerLogin;

use super::Folder;

/// The file of docker 28.2 after a login as alice with hun:ter2.
pub(crate) const PLAIN: &str = "{\n\t\"auths\": {\n\t\t\"https://index.docker.io/v1/\": {\n\t\t\t\"auth\": \"YWxpY2U6aHVuOnRlcjI=\"\n\t\t}\n\t}\n}";
pub(crate) const STORE: &str = r#"{"credsStore":"test"}"#;

/// A home with `.docker`, and a `bin` that is all of PATH, so that no helper of the machine is found.
pub(crate) struct Home(pub(crate) Folder);

impl Home {
    pub(crate) fn new(config: &str) -> Home {
        let home = Home(Folder::new());
        fs::create_dir(home.0.join(".docker")).unwrap();
        fs::create_dir(home.0.join("bin")).unwrap();
        home.config(config);
        home
    }

    pub(crate) fn config(&self, config: &str) {
        fs::write(self.0.join(".docker/config.json"), config).unwrap();
    }

    /// Puts a shell script into PATH. Another process writes the file: a file that this process has open for writing may be
    /// inherited by a child of another test, and then it cannot be run.
    pub(crate) fn program(&self, name: &str, script: &str) {
        let script = format!("#!/bin/sh\nPATH=/usr/bin:/bin\ncd '{}'\n{script}\n", self.0.display());
        install(&self.0, &self.0.join("bin").join(name), &script);
    }

    pub(crate) fn helper(&self, script: &str) {
        self.program("docker-credential-test", script);
    }

    pub(crate) fn docker(&self) -> DockerLogin {
        self.docker_with(|_| None)
    }

    /// Adds variables to HOME and PATH.
    pub(crate) fn docker_with(&self, more: impl Fn(&str) -> Option<OsString>) -> DockerLogin {
        let path = self.0.join("bin");
        DockerLogin::from_env_with(|name| match name {
            "HOME" => Some(self.0.as_os_str().to_owned()),
            "PATH" => Some(path.clone().into()),
            _ => more(name),
        })
        .timeout(Duration::from_secs(120))
    }

    /// Returns the text of a file that a helper has written.
    pub(crate) fn said(&self, file: &str) -> String {
        fs::read_to_string(self.0.join(file)).unwrap_or_default()
    }
}

/// Writes a program, by another process.
pub(crate) fn install(folder: &Path, place: &Path, content: &str) {
    let source = folder.join("source");
    fs::write(&source, content).unwrap();
    assert!(Command::new("install").args(["-m", "755"]).arg(source).arg(place).status().unwrap().success());
}
