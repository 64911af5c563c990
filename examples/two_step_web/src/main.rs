//! A web login on two pages: user and password on the first, the one-time code on the second. `cargo run -p two-step-web`
//!
//! It shows how a login waits between two requests of a browser: the challenge is sealed and kept here, under a random name
//! that the browser gets in a cookie. Password, ticket and token never leave this server: not in a URL, a cookie or a log.
//! Behind a reverse proxy add `Secure` to the cookie, and let sealed challenges expire.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Form, State};
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Router, serve};
use hub_auth_core::Secret;
use hub_auth_hyper::{Account, Challenge, Client, Code, Credential, Failure, LoginOutcome, Options};
use hub_auth_testkit::{Loopback, SimHub};
use serde::Deserialize;
use tokio::net::TcpListener;

type Error = Box<dyn std::error::Error>;

struct App {
    client: Client,
    /// The sealed challenges of browsers that are asked for a code.
    waiting: Mutex<HashMap<String, Secret>>,
}

#[derive(Deserialize)]
struct First {
    user: String,
    password: String,
}

#[derive(Deserialize)]
struct Second {
    code: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    // For Docker Hub itself leave out `sim` and `base`.
    let sim = Loopback::start(SimHub::demo())?;
    sim.serve_controls();
    let client = Client::new(Options::new().base(sim.url()).user_agent("two-step-web/1.0"))?;
    let app = Arc::new(App { client, waiting: Mutex::default() });
    let router = Router::new()
        .route("/", get(async || first_page("")))
        .route("/login", post(log_in))
        .route("/code", post(answer))
        .with_state(app);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}", listener.local_addr()?);
    println!("alice, correct horse battery staple; her code: {}_sim/code/alice", sim.url());
    serve(listener, router).await?;
    Ok(())
}

async fn log_in(State(app): State<Arc<App>>, Form(First { user, password }): Form<First>) -> Response {
    let account = match Account::new(&user, Credential::detect(password)) {
        Ok(account) => account,
        Err(bad) => return first_page(&bad.to_string()),
    };
    let outcome = app.client.login(&account).await;
    app.next(outcome)
}

async fn answer(State(app): State<Arc<App>>, headers: HeaderMap, Form(Second { code }): Form<Second>) -> Response {
    let name = headers.get(COOKIE).and_then(|value| value.to_str().ok()?.split("login=").nth(1)?.split(';').next());
    let sealed = name.and_then(|name| app.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(name));
    let Some(Ok(challenge)) = sealed.map(|sealed| app.client.hub().resume(&sealed)) else {
        return first_page("This login has ended. Begin again.");
    };
    match Code::new(&code) {
        Ok(code) => {
            let outcome = app.client.answer(challenge, code).await;
            app.next(outcome)
        }
        Err(bad) => app.code_page(&challenge, &bad.to_string()),
    }
}

impl App {
    fn next(&self, outcome: Result<LoginOutcome, Failure>) -> Response {
        match outcome {
            // A real program keeps the grant here, for this browser.
            Ok(LoginOutcome::Done(grant)) => {
                page(StatusCode::OK, &format!("<p>Logged in as {}.", escape(grant.user())))
            }
            Ok(LoginOutcome::NeedCode(challenge)) => {
                let why = challenge.previous_failure().map_or("", |failure| failure.advice().cause);
                self.code_page(&challenge, why)
            }
            Err(failure) => first_page(&failure.to_string()),
        }
    }

    /// Keeps the sealed challenge, and asks for the code.
    fn code_page(&self, challenge: &Challenge, why: &str) -> Response {
        let name = uuid::Uuid::new_v4().to_string();
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(name.clone(), challenge.seal());
        let form = "<form method=post action=/code><label>Code <input name=code autocomplete=one-time-code \
                    inputmode=numeric autofocus></label><button>Log in</button></form>";
        let page = page(StatusCode::OK, &format!("<p role=alert>{}</p>{form}", escape(why)));
        ([(SET_COOKIE, format!("login={name}; Path=/; HttpOnly; SameSite=Strict"))], page).into_response()
    }
}

fn first_page(why: &str) -> Response {
    let form = "<form method=post action=/login><label>User <input name=user autocomplete=username></label>\
                <label>Password <input name=password type=password autocomplete=current-password></label>\
                <button>Next</button></form>";
    let status = if why.is_empty() { StatusCode::OK } else { StatusCode::UNAUTHORIZED };
    page(status, &format!("<p role=alert>{}</p>{form}", escape(why)))
}

fn page(status: StatusCode, body: &str) -> Response {
    let head = "<!doctype html><meta charset=utf-8><title>Log in to Docker Hub</title><h1>Log in to Docker Hub</h1>";
    (status, [("cache-control", "no-store")], Html(format!("{head}{body}"))).into_response()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
