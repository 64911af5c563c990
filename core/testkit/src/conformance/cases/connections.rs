//! Connections that are kept, and those that are not.

use crate::hub::{Fault, demo};
use http::header::CONNECTION;
use http::{HeaderMap, HeaderValue};
use hub_auth_core::{Code, LoginOutcome};

use super::super::Target;
use super::super::bench::{Bench, Checked, alice, ensure, granted, told};

pub(super) async fn close(bench: &Bench<'_>) -> Checked {
    let closing = HeaderMap::from_iter([(CONNECTION, HeaderValue::from_static("close"))]);
    let server = bench.hub(|hub| {
        hub.script(Fault::Headers(closing));
    })?;
    bench.client(&Target::new(server.url()))?.both_calls(&server).await?;
    ensure(server.connections() == 2, format!("there were {} connections, and not two", server.connections()))
}

pub(super) async fn reuse(bench: &Bench<'_>) -> Checked {
    let server = bench.hub(|_| {})?;
    bench.client(&Target::new(server.url()))?.both_calls(&server).await?;
    ensure(server.connections() == 1, format!("there were {} connections, and not one", server.connections()))
}

pub(super) async fn stale(bench: &Bench<'_>) -> Checked {
    let server = bench.hub(|_| {})?;
    let client = bench.client(&Target::new(server.url()))?;
    let first = client.run(client.hub.login(&alice())).await;
    let Ok(LoginOutcome::NeedCode(challenge)) = first else {
        return Err(format!("the first call had to ask for a code, and came to {}", told(&first)).into());
    };
    server.hang_up();
    let code = Code::new(&server.code(demo::USER).ok_or("no second factor")?)?;
    granted(client.run(challenge.answer(code, server.now())).await)?;
    let requests = server.requests().len();
    ensure(requests == 2, format!("{requests} requests arrived, and not two"))
}
