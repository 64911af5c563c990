//! A login by our async client.
#![allow(clippy::expect_used, reason = "a benchmark may stop")]

use hub_auth_hyper::{Account, Client, Credential};
use hub_auth_process::{Job, PASSWORD, USER, options};
use tokio::runtime::Builder;

fn main() {
    let job = Job::of_arguments();
    let client = Client::new(options::of(&job)).expect("a client");
    let account = Account::new(USER, Credential::password(PASSWORD)).expect("an account");
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let grant = runtime.block_on(client.login_with(&account, async |_| None)).expect("a login");
    job.done(grant.expires_at().expect("an expiry").as_secs());
}
