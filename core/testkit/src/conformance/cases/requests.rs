//! Checks requests as they arrive at the Hub.

use http::Method;
use hub_auth_core::Step;

use super::super::setup::{Checked, PRODUCT, Setup, account, ensure, granted};
use crate::{Recorded, SimUser, demo};

pub(super) async fn login(setup: &Setup<'_>) -> Checked {
    let server = setup.hub(|_| {})?;
    let grant = granted(setup.client_of(server.url())?.login().await)?;
    ensure(grant.user() == demo::USER_WITHOUT_2FA, "the token is another's")?;
    let request = only(server.requests())?;
    ensure(request.method == Method::POST, format!("the method was {}", request.method))?;
    ensure(request.target == "/v2/users/login", format!("the target was {}", request.target))
}

pub(super) async fn second_factor(setup: &Setup<'_>) -> Checked {
    let server = setup.hub(|_| {})?;
    setup.client_of(server.url())?.both_calls(&server).await?;
    let targets: Vec<_> = server.requests().into_iter().map(|request| request.target).collect();
    ensure(targets == ["/v2/users/login", "/v2/users/2fa-login"], format!("the targets were {targets:?}"))
}

pub(super) async fn prefix(setup: &Setup<'_>) -> Checked {
    const PREFIX: &str = "/a%2Fb/c%20d~";
    let server = setup.hub(|hub| {
        hub.prefix(PREFIX);
    })?;
    let url = format!("http://{}{PREFIX}/", server.address()).parse()?;
    granted(setup.client_of(url)?.login().await)?;
    let target = only(server.requests())?.target;
    ensure(target == format!("{PREFIX}/v2/users/login"), format!("the target was {target}"))
}

pub(super) async fn body(setup: &Setup<'_>) -> Checked {
    const PASSWORD: &str = "\"\\ + %41 äö 🦀 & <>";
    let server = setup.hub(|hub| {
        hub.add(SimUser::new("carol", PASSWORD));
    })?;
    let client = setup.client_of(server.url())?;
    let account = account("carol", PASSWORD);
    granted(client.run(client.hub.login(&account)).await)?;
    let Step::Send(exchange) = client.hub.login(&account) else { return Err("there was nothing to send".into()) };
    let arrived = only(server.requests())?.body;
    ensure(arrived == exchange.send().0.body().as_ref(), "the body was changed on its way")
}

pub(super) async fn length(setup: &Setup<'_>) -> Checked {
    let server = setup.hub(|_| {})?;
    // The Hub may refuse another length; this case looks at the request only.
    let _ = setup.client_of(server.url())?.login().await;
    let request = only(server.requests())?;
    ensure(all(&request, "transfer-encoding").is_empty(), "there was a Transfer-Encoding")?;
    let lengths = all(&request, "content-length");
    let exact = request.body.len().to_string();
    ensure(lengths == [exact.as_bytes()], "there was not one Content-Length, or it was not that of the body")
}

pub(super) async fn headers(setup: &Setup<'_>) -> Checked {
    let server = setup.hub(|_| {})?;
    let client = setup.client_of(server.url())?;
    let _ = client.login().await;
    let request = only(server.requests())?;
    let agent = all(&request, "user-agent");
    let whole = agent.first().is_some_and(|agent| agent.starts_with(format!("{PRODUCT} hub-auth/").as_bytes()));
    ensure(agent.len() == 1 && whole, "User-Agent was changed")?;
    let host = server.address().to_string();
    let json = "application/json";
    for (name, value) in [("host", &*host), ("content-type", json), ("accept", json), ("accept-encoding", "identity")] {
        let is_one = all(&request, name) == [value.as_bytes()];
        ensure(is_one, format!("`{name}` was not there exactly once, or had another value"))?;
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

/// Lists the values of every header of this name, in any spelling.
fn all<'a>(request: &'a Recorded, name: &str) -> Vec<&'a [u8]> {
    let of_name = request.headers.iter().filter(|(own, _)| own.eq_ignore_ascii_case(name));
    of_name.map(|(_, value)| value.as_slice()).collect()
}
