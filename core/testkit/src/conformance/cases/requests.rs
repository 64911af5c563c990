//! What arrives at the Hub.

use crate::hub::{SimUser, demo};
use http::Method;
use hub_auth_core::Step;

use super::super::Target;
use super::super::bench::{Bench, Checked, PRODUCT, account, ensure, granted};
use crate::Recorded;

pub(super) async fn login(bench: &Bench<'_>) -> Checked {
    let server = bench.hub(|_| {})?;
    let grant = granted(bench.client(&Target::new(server.url()))?.login().await)?;
    ensure(grant.user() == demo::USER_WITHOUT_2FA, "the token is another's")?;
    let request = only(server.requests())?;
    ensure(request.method == Method::POST, format!("the method was {}", request.method))?;
    ensure(request.target == "/v2/users/login", format!("the target was {}", request.target))
}

pub(super) async fn second_factor(bench: &Bench<'_>) -> Checked {
    let server = bench.hub(|_| {})?;
    bench.client(&Target::new(server.url()))?.both_calls(&server).await?;
    let targets: Vec<_> = server.requests().into_iter().map(|request| request.target).collect();
    ensure(targets == ["/v2/users/login", "/v2/users/2fa-login"], format!("the targets were {targets:?}"))
}

pub(super) async fn prefix(bench: &Bench<'_>) -> Checked {
    const PREFIX: &str = "/a%2Fb/c%20d~";
    let server = bench.hub(|hub| {
        hub.prefix(PREFIX);
    })?;
    let url = format!("http://{}{PREFIX}/", server.address()).parse()?;
    granted(bench.client(&Target::new(url))?.login().await)?;
    let target = only(server.requests())?.target;
    ensure(target == format!("{PREFIX}/v2/users/login"), format!("the target was {target}"))
}

pub(super) async fn body(bench: &Bench<'_>) -> Checked {
    const PASSWORD: &str = "\"\\ + %41 äö 🦀 & <>";
    let server = bench.hub(|hub| {
        hub.add(SimUser::new("carol", PASSWORD));
    })?;
    let client = bench.client(&Target::new(server.url()))?;
    let account = account("carol", PASSWORD);
    granted(client.run(client.hub.login(&account)).await)?;
    let Step::Send(exchange) = client.hub.login(&account) else { return Err("there was nothing to send".into()) };
    let arrived = only(server.requests())?.body;
    ensure(arrived == exchange.send().0.body().as_ref(), "the body was changed on its way")
}

pub(super) async fn length(bench: &Bench<'_>) -> Checked {
    let server = bench.hub(|_| {})?;
    // What the Hub makes of another length is not the question here.
    let _ = bench.client(&Target::new(server.url()))?.login().await;
    let request = only(server.requests())?;
    ensure(all(&request, "transfer-encoding").is_empty(), "there was a Transfer-Encoding")?;
    let lengths = all(&request, "content-length");
    let exact = request.body.len().to_string();
    ensure(lengths == [exact.as_bytes()], "there was not one Content-Length, or it was not that of the body")
}

pub(super) async fn headers(bench: &Bench<'_>) -> Checked {
    let server = bench.hub(|_| {})?;
    let client = bench.client(&Target::new(server.url()))?;
    let _ = client.login().await;
    let request = only(server.requests())?;
    let agent = all(&request, "user-agent");
    let whole = agent.first().is_some_and(|agent| agent.starts_with(format!("{PRODUCT} hub-auth/").as_bytes()));
    ensure(agent.len() == 1 && whole, "User-Agent was changed")?;
    let host = server.address().to_string();
    for (name, value) in [("host", &*host), ("content-type", "application/json"), ("accept", "application/json")] {
        ensure(
            all(&request, name) == [value.as_bytes()],
            format!("there was not one `{name}`, or another value in it"),
        )?;
    }
    for name in ["authorization", "proxy-authorization", "cookie", "referer", "te", "upgrade"] {
        ensure(all(&request, name).is_empty(), format!("`{name}` was added"))?;
    }
    Ok(())
}

fn only(requests: Vec<Recorded>) -> Result<Recorded, String> {
    <[Recorded; 1]>::try_from(requests)
        .map(|[request]| request)
        .map_err(|requests| format!("{} requests arrived, and not one", requests.len()))
}

/// The values of every header of this name, in any spelling.
fn all<'a>(request: &'a Recorded, name: &str) -> Vec<&'a [u8]> {
    let of_name = request.headers.iter().filter(|(own, _)| own.eq_ignore_ascii_case(name));
    of_name.map(|(_, value)| value.as_slice()).collect()
}
