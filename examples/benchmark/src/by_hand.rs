//! Logs in by hand on the libraries of our adapters, with the same deadlines, caps and headers, and without redirects. Ends as ours
//! do: with a header for the next call, and the end of the token.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::{HeaderValue, Request, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use serde::{Deserialize, Serialize};

use crate::clients::{CODE, DEADLINE, PASSWORD, USER, USER_AGENT};

const LARGEST: usize = 1024 * 1024;

#[derive(Serialize)]
struct Login<'a> {
    username: &'a str,
    password: &'a str,
}

#[derive(Serialize)]
struct Second<'a> {
    login_2fa_token: &'a str,
    code: &'a str,
}

/// The fields of an answer, and of the claims of a token.
#[derive(Deserialize)]
struct Answer {
    token: Option<String>,
    login_2fa_token: Option<String>,
    exp: Option<u64>,
}

type Token = (HeaderValue, u64);

fn request(url: &str, path: &str, body: &impl Serialize) -> Request<Vec<u8>> {
    let body = serde_json::to_vec(body).unwrap();
    let request = Request::post(format!("{url}{path}")).header("content-type", "application/json");
    let request = request.header("accept", "application/json").header("accept-encoding", "identity");
    request.header("user-agent", USER_AGENT).header("content-length", body.len()).body(body).unwrap()
}

fn first(url: &str) -> Request<Vec<u8>> {
    request(url, "v2/users/login", &Login { username: USER, password: PASSWORD })
}

/// Returns the token as a header with its end, or the request with the code that the answer asks for.
fn read(url: &str, status: StatusCode, body: &[u8]) -> Result<Token, Request<Vec<u8>>> {
    let answer: Answer = serde_json::from_slice(body).unwrap();
    let ticket = answer.login_2fa_token.as_deref().filter(|ticket| !ticket.is_empty());
    if let Some(login_2fa_token) = ticket.filter(|_| status == StatusCode::UNAUTHORIZED) {
        return Err(request(url, "v2/users/2fa-login", &Second { login_2fa_token, code: CODE }));
    }
    let token = answer.token.expect("a token");
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    let claims: Answer = serde_json::from_slice(&claims).unwrap();
    let mut header = HeaderValue::try_from(format!("Bearer {token}")).unwrap();
    header.set_sensitive(true);
    Ok((header, claims.exp.unwrap()))
}

pub(crate) struct Async {
    client: Client<HttpConnector, Full<Bytes>>,
    url: String,
}

impl Async {
    pub(crate) fn new(url: &str) -> Async {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(DEADLINE));
        let mut builder = Client::builder(TokioExecutor::new());
        Async { client: builder.pool_timer(TokioTimer::new()).build(connector), url: url.to_owned() }
    }

    pub(crate) async fn log_in(&self) -> Token {
        match self.send(first(&self.url)).await {
            Ok(token) => token,
            Err(second) => self.send(second).await.expect("a token"),
        }
    }

    async fn send(&self, request: Request<Vec<u8>>) -> Result<Token, Request<Vec<u8>>> {
        let send = async {
            let response = self.client.request(request.map(|body| Full::new(body.into()))).await.unwrap();
            let (head, body) = response.into_parts();
            (head.status, Limited::new(body, LARGEST).collect().await.unwrap().to_bytes())
        };
        let (status, body) = tokio::time::timeout(DEADLINE, send).await.expect("in time");
        read(&self.url, status, &body)
    }
}

pub(crate) struct Blocking {
    agent: ureq::Agent,
    url: String,
}

impl Blocking {
    pub(crate) fn new(url: &str) -> Blocking {
        let config = ureq::Agent::config_builder();
        let config = config.timeout_global(Some(DEADLINE)).timeout_connect(Some(DEADLINE)).max_redirects(0);
        let config = config.http_status_as_error(false).proxy(None).build();
        Blocking { agent: config.into(), url: url.to_owned() }
    }

    pub(crate) fn log_in(&self) -> Token {
        match self.send(first(&self.url)) {
            Ok(token) => token,
            Err(second) => self.send(second).expect("a token"),
        }
    }

    fn send(&self, request: Request<Vec<u8>>) -> Result<Token, Request<Vec<u8>>> {
        let mut response = self.agent.run(request).unwrap();
        let body = response.body_mut().with_config().limit(LARGEST as u64).read_to_vec().unwrap();
        read(&self.url, response.status(), &body)
    }
}
