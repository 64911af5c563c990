//! `hub-auth api`: one call of the Hub's API, or all pages of one.

mod pages;
mod show;

use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{Method, Request, Response, Uri};
use hub_auth_core::api::Verdict;
use hub_auth_core::{Advice, FailureKind, Hub};
use hub_auth_host::now;

use crate::args::ApiArgs;
use crate::client::{Client, Session};
use crate::error::CliError;
use crate::{caller, progress};

pub(crate) fn run(args: &ApiArgs) -> Result<(), CliError> {
    let client = Client::new(&args.reach, None)?;
    let request = request(args, &client.base(&args.reach), client.hub())?;
    if args.paginate && request.method() != Method::GET {
        return Err(CliError::usage("--paginate goes with GET only"));
    }
    let options = (&args.secrets, &args.codes, &args.reach);
    let (session, _) = caller::session(&client, args.user.as_deref(), options, Duration::ZERO)?;
    let result = if args.paginate {
        pages::all(&session, client.hub(), request.uri().clone())
    } else {
        one(&session, request, args.json)
    };
    progress::clear();
    show::body(&result?)
}

/// The body of the answer. That of one such as 404 is shown as well, unless the error is to be the only JSON object.
fn one(session: &Session<'_>, request: Request<Bytes>, error_only: bool) -> Result<Bytes, CliError> {
    let answer = session.send(request)?;
    progress::clear();
    let judged = judge(session, &answer);
    if let (Err(CliError::Answered(_)), false) = (&judged, error_only) {
        show::body(answer.body())?;
    }
    judged.map(|()| answer.into_body())
}

fn request(args: &ApiArgs, base: &str, hub: &Hub) -> Result<Request<Bytes>, CliError> {
    let (method, path) = match args.call.as_slice() {
        [method, path] => (Some(method.to_ascii_uppercase()), path),
        [path] => (None, path),
        _ => return Err(CliError::usage("give METHOD and PATH, or PATH alone")),
    };
    let method = match method {
        Some(method) => method.parse().map_err(|_| CliError::usage("METHOD is none of HTTP"))?,
        None if args.fields.is_empty() || args.paginate => Method::GET,
        None => Method::POST,
    };
    let mut url = absolute(path, base);
    let mut body = Bytes::new();
    if !args.fields.is_empty() && method == Method::GET {
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(&args.fields).finish();
        url = format!("{url}{}{query}", if url.contains('?') { '&' } else { '?' });
    } else if !args.fields.is_empty() {
        let fields: serde_json::Map<_, _> =
            args.fields.iter().map(|(key, value)| (key.clone(), value.as_str().into())).collect();
        body = serde_json::Value::from(fields).to_string().into();
    }
    let uri: Uri = url.parse().map_err(|_| CliError::usage("PATH cannot stand in a URL; escape it as %XX"))?;
    if !hub.is_origin_of(&uri) {
        return Err(CliError::usage(format!("PATH is not at {}, and the token goes nowhere else", hub.origin())));
    }
    let has_body = !body.is_empty();
    let mut request = Request::new(body);
    (*request.method_mut(), *request.uri_mut()) = (method, uri);
    if has_body {
        request.headers_mut().insert(CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
    }
    Ok(request)
}

/// A path below the Hub's base URL; a URL as it is.
fn absolute(path: &str, base: &str) -> String {
    if path.contains("://") { path.to_owned() } else { format!("{base}/{}", path.trim_start_matches('/')) }
}

/// An error for every answer that is not fine, by what the answer means for the token in use.
fn judge(session: &Session<'_>, answer: &Response<Bytes>) -> Result<(), CliError> {
    let bearer = session.token(Duration::ZERO)?;
    match Verdict::of(answer.status(), answer.headers(), answer.body(), bearer.token(), now()) {
        Verdict::Fine => Ok(()),
        Verdict::LogInAgain => Err(CliError::own(
            FailureKind::CredentialsRefused,
            "Docker Hub does not take the token any more: run hub-auth login --anyway",
        )),
        Verdict::RetryAt(at) => Err(CliError::Wait { status: answer.status(), until: at }),
        Verdict::NotWithThisToken(Advice { cause, next, .. }) => {
            Err(CliError::own(FailureKind::RefusedByPolicy, format!("{cause} {next}")))
        }
        Verdict::Blocked(failure) => Err(CliError::Failed(failure)),
        Verdict::Other => Err(CliError::Answered(answer.status())),
    }
}
