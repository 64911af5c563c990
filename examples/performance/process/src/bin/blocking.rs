//! A login by our blocking client.
#![allow(clippy::expect_used, reason = "a benchmark may stop")]

use hub_auth_blocking::{Account, Client, Credential};
use hub_auth_process::{Job, PASSWORD, USER, options};

fn main() {
    let job = Job::of_arguments();
    let client = Client::new(options::of(&job)).expect("a client");
    let account = Account::new(USER, Credential::password(PASSWORD)).expect("an account");
    let grant = client.login_with(&account, |_| None).expect("a login");
    job.done(grant.expires_at().expect("an expiry").as_secs());
}
