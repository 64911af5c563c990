//! The shape of a client that openapi-generator 7.26 makes (`generate -g rust`): one call, and the fields that it uses.

use serde::Deserialize;

#[derive(Clone)]
pub struct Configuration {
    pub base_path: String,
    pub user_agent: Option<String>,
    pub client: reqwest::Client,
    pub bearer_access_token: Option<String>,
}

#[derive(Debug)]
pub struct ResponseContent {
    pub status: reqwest::StatusCode,
    pub content: String,
}

#[derive(Debug)]
pub enum Error {
    Reqwest(reqwest::Error),
    Serde(serde_json::Error),
    ResponseError(ResponseContent),
}

impl From<reqwest::Error> for Error {
    fn from(error: reqwest::Error) -> Error {
        Error::Reqwest(error)
    }
}

#[derive(Debug, Deserialize)]
pub struct Page {
    pub count: i64,
    pub results: Vec<Repository>,
}

#[derive(Debug, Deserialize)]
pub struct Repository {
    pub name: String,
}

pub async fn list_repositories(configuration: &Configuration, namespace: &str) -> Result<Page, Error> {
    let url = format!("{}/v2/namespaces/{namespace}/repositories", configuration.base_path);
    let mut request = configuration.client.get(&url);
    if let Some(user_agent) = &configuration.user_agent {
        request = request.header(reqwest::header::USER_AGENT, user_agent.clone());
    }
    if let Some(token) = &configuration.bearer_access_token {
        request = request.bearer_auth(token);
    }
    let response = request.send().await?;
    let status = response.status();
    let content = response.text().await?;
    if status.is_client_error() || status.is_server_error() {
        return Err(Error::ResponseError(ResponseContent { status, content }));
    }
    serde_json::from_str(&content).map_err(Error::Serde)
}
