//! `hub-auth api`: calls the Hub's API once, or reads all pages of a list.

mod pages;
mod show;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, Request, Response};
use hub_auth_core::api::Verdict;
use hub_auth_core::{Advice, FailureKind};
use hub_auth_host::api;

use crate::args::ApiArgs;
use crate::caller::Caller;
use crate::client::{Client, Session};
use crate::error::CliError;
use crate::progress;

pub(crate) fn run(args: &ApiArgs) -> Result<(), CliError> {
    let client = Client::new(&args.caller.reach, None)?;
    let request = request(args)?;
    // A URL of another host is refused before a login is sent for it.
    api::resolve(client.hub(), request.uri()).map_err(|other| CliError::usage(other.to_string()))?;
    if args.paginate && request.method() != Method::GET {
        return Err(CliError::usage("--paginate goes with GET only"));
    }
    let session = Caller::unattended(args.user.as_deref(), &args.caller).log_in(&client)?.session;
    let result = if args.paginate {
        pages::all(&session, client.hub(), request.uri().clone())
    } else {
        one(&session, request, args.json)
    };
    progress::clear();
    show::body(&result?)
}

/// Sends the call, and returns the body of the answer. Prints the body of an error such as 404 too, unless the program's own
/// error is the only JSON object that the caller wants.
fn one(session: &Session<'_>, request: Request<Bytes>, error_only: bool) -> Result<Bytes, CliError> {
    let answer = session.send(request)?;
    progress::clear();
    let judged = judge(&answer);
    if let (Err(CliError::Answered(_)), false) = (&judged, error_only) {
        show::body(answer.body())?;
    }
    judged.map(|()| answer.into_body())
}

fn request(args: &ApiArgs) -> Result<Request<Bytes>, CliError> {
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
    let mut url = if path.contains("://") { path.to_owned() } else { format!("/{}", path.trim_start_matches('/')) };
    let mut request = Request::new(Bytes::new());
    if !args.fields.is_empty() && method == Method::GET {
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(&args.fields).finish();
        url = format!("{url}{}{query}", if url.contains('?') { '&' } else { '?' });
    } else if !args.fields.is_empty() {
        let fields: serde_json::Map<_, _> =
            args.fields.iter().map(|(key, value)| (key.clone(), value.as_str().into())).collect();
        *request.body_mut() = serde_json::Value::from(fields).to_string().into();
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    *request.method_mut() = method;
    *request.uri_mut() = url.parse().map_err(|_| CliError::usage("PATH cannot stand in a URL; escape it as %XX"))?;
    Ok(request)
}

/// Turns each answer other than 2xx into an error, by the library's verdict.
fn judge(answer: &Response<Bytes>) -> Result<(), CliError> {
    match answer.extensions().get::<Verdict>() {
        Some(Verdict::Fine) => Ok(()),
        Some(Verdict::LogInAgain) => Err(CliError::own(
            FailureKind::CredentialsRefused,
            "Docker Hub does not take the token any more: run hub-auth login --anyway",
        )),
        Some(Verdict::RetryAt(at)) => Err(CliError::Wait { status: answer.status(), until: *at }),
        Some(Verdict::NotWithThisToken(Advice { cause, next, .. })) => {
            Err(CliError::own(FailureKind::RefusedByPolicy, format!("{cause} {next}")))
        }
        Some(Verdict::Blocked(failure)) => Err(failure.clone().into()),
        Some(Verdict::Other) | None => Err(CliError::Answered(answer.status())),
    }
}
