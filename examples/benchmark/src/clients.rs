//! The clients: ours, and their rivals.

use std::time::Duration;

use hub_auth_core::{Account, Code, Credential};
use serde_json::{Value, json};

use crate::by_hand;

/// The clients, each with the rivals that it is compared with.
pub(crate) const CLIENTS: [(&str, &[&str]); 5] = [
    ("hyper", &["hyper-util", "reqwest"]),
    ("hyper-util", &[]),
    ("blocking", &["ureq", "reqwest"]),
    ("ureq", &[]),
    ("reqwest", &[]),
];
pub(crate) const USER: &str = "alice";
pub(crate) const PASSWORD: &str = "correct horse battery staple";
pub(crate) const CODE: &str = "123456";
pub(crate) const USER_AGENT: &str = "hub-auth-benchmark/0.1";
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

/// Logs in so many times over one client.
pub(crate) fn run(client: &str, url: &str, logins: u32) {
    let account = Account::new(USER, Credential::password(PASSWORD)).unwrap();
    let code = || Code::new(CODE).unwrap();
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    match client {
        "hyper" => runtime().block_on(async {
            let options = hub_auth_hyper::Options::new().base(url.parse().unwrap()).no_proxy();
            let client = hub_auth_hyper::Client::new(options).unwrap();
            for _ in 0..logins {
                client.login_with(&account, async |_: &_| Some(code())).await.unwrap();
            }
        }),
        "blocking" => {
            let options = hub_auth_blocking::Options::new().base(url.parse().unwrap()).no_proxy();
            let client = hub_auth_blocking::Client::new(options).unwrap();
            for _ in 0..logins {
                client.login_with(&account, |_| Some(code())).unwrap();
            }
        }
        "hyper-util" => runtime().block_on(async {
            let client = by_hand::Async::new(url);
            for _ in 0..logins {
                client.log_in().await;
            }
        }),
        "ureq" => {
            let client = by_hand::Blocking::new(url);
            for _ in 0..logins {
                client.log_in();
            }
        }
        "reqwest" => runtime().block_on(async {
            let client =
                reqwest::Client::builder().timeout(DEADLINE).no_proxy().user_agent(USER_AGENT).build().unwrap();
            for _ in 0..logins {
                reqwest_login(&client, url).await;
            }
        }),
        _ => panic!("no such client"),
    }
}

/// Logs in with reqwest in the usual way.
async fn reqwest_login(client: &reqwest::Client, url: &str) -> String {
    let post = async |path, body| -> Value {
        client.post(format!("{url}{path}")).json(&body).send().await.unwrap().json().await.unwrap()
    };
    let mut answer = post("v2/users/login", json!({"username": USER, "password": PASSWORD})).await;
    if let Some(ticket) = answer.get("login_2fa_token") {
        answer = post("v2/users/2fa-login", json!({"login_2fa_token": ticket, "code": CODE})).await;
    }
    answer.get("token").and_then(Value::as_str).unwrap().to_owned()
}
