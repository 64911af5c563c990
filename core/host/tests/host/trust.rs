//! Roots are read, and a bad file or an empty store is explained.

use hub_auth_core::FailureKind;
use hub_auth_host::{BuildError, Options, Trust};
use hub_auth_testkit::tls::Authority;

#[test]
fn a_file_without_a_certificate_is_refused() {
    for (file, why) in [
        ("", "the CA file has no certificate in it"),
        ("nothing of the kind", "the CA file has no certificate in it"),
        ("-----BEGIN CERTIFICATE-----\n????\n-----END CERTIFICATE-----\n", "the CA file is not PEM"),
        ("-----BEGIN CERTIFICATE-----\nAAAA", "the CA file is not PEM"),
        (
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            "certificate 1 of the CA file cannot be read",
        ),
    ] {
        let bad = Trust::none().with_ca_pem(file.as_bytes()).unwrap_err();
        assert_eq!(bad.to_string(), why, "{file:?}");
        assert_eq!(bad.kind(), FailureKind::Usage);
    }
    let good = Authority::new().unwrap().pem();
    let mixed = format!("{good}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    assert_eq!(
        Trust::none().with_ca_pem(mixed.as_bytes()).unwrap_err().to_string(),
        "certificate 2 of the CA file cannot be read"
    );
}

#[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
#[test]
fn an_empty_list_of_roots_is_refused() {
    let error = Options::new().trust(Trust::none()).build().unwrap_err();
    assert!(matches!(error, BuildError::NoRoots { setting: None, .. }), "{error:?}");
    assert_eq!(error.kind(), FailureKind::Transport);
}

#[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
#[test]
fn an_own_authority_is_enough() {
    let pem = Authority::new().unwrap().pem();
    let trust = Trust::none().with_ca_pem(pem.as_bytes()).unwrap();
    let setup = Options::new().trust(trust).build().unwrap();
    assert_eq!(setup.tls.unwrap().alpn_protocols, [b"http/1.1"]);
}

#[cfg(not(feature = "platform-verifier"))]
#[test]
fn the_systems_roots_without_the_feature_name_it() {
    let error = Options::new().build().unwrap_err();
    assert!(matches!(error, BuildError::MissingFeature { .. }), "{error:?}");
}

#[cfg(all(target_os = "linux", feature = "platform-verifier", any(feature = "aws-lc-rs", feature = "ring")))]
mod system {
    use super::*;
    use std::process::Command;

    const CHILD: &str = "trust::system::with_an_empty_store";

    /// The store is named by the environment, so the test is its own child.
    #[test]
    fn an_empty_store_is_named() {
        // astral-sh/uv#18526, #20741: a file that is not there.
        for (variable, path) in
            [("SSL_CERT_FILE", "/dev/null"), ("SSL_CERT_FILE", "/nonexistent"), ("SSL_CERT_DIR", "/nonexistent")]
        {
            let mut child = Command::new(std::env::current_exe().unwrap());
            child.args(["--exact", CHILD, "--ignored"]).env_remove("SSL_CERT_FILE").env_remove("SSL_CERT_DIR");
            child.env(variable, path).env("SETTING", format!("{variable}={path}"));
            let output = child.output().unwrap();
            let said = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success() && said.contains("1 passed"), "{said}");
        }
    }

    #[test]
    #[ignore = "run by the test above, with an empty store"]
    fn with_an_empty_store() {
        let error = Options::new().build().unwrap_err();
        let setting = std::env::var("SETTING").unwrap();
        assert!(error.to_string().contains(&setting), "{error}");
        let pem = Authority::new().unwrap().pem();
        let trust = Trust::system().with_ca_pem(pem.as_bytes()).unwrap();
        assert!(Options::new().trust(trust).build().is_ok(), "an own root is enough");
    }
}
