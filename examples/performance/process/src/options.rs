//! What our own clients are told.

use hub_auth_host::{Options, Trust};

use crate::Job;

/// The defaults, with the roots that were compiled in and the authority of the job.
pub fn of(job: &Job) -> Options {
    #[cfg(feature = "webpki-roots")]
    let trust = Trust::webpki();
    #[cfg(not(feature = "webpki-roots"))]
    let trust = Trust::system();
    let trust = trust.with_ca_pem(&job.ca_pem).expect("a certificate");
    Options::new().base(job.base.parse().expect("a URL")).trust(trust)
}
