//! By hand and no more than that: nothing is checked, nothing wiped, there is no deadline, and the expiry is not read.

use serde::{Deserialize, Serialize};

pub(super) mod hyper;
pub(super) mod pool;
pub(super) mod reqwest;
pub(super) mod ureq;

#[derive(Deserialize)]
struct Answer {
    token: Option<String>,
    login_2fa_token: Option<String>,
}

impl Answer {
    fn read(body: &[u8]) -> Answer {
        serde_json::from_slice(body).expect("an answer")
    }
}

fn json(content: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(content).expect("a request")
}
