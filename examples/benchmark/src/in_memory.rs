//! Counts the allocations of a login without a network: the core, beside the token exchange of the crate oauth2.

use hub_auth_core::{Account, Credential, Hub, Policy, Step, UnixTime};
use oauth2::basic::BasicClient;
use oauth2::{ClientId, HttpRequest, HttpResponse, ResourceOwnerPassword, ResourceOwnerUsername, TokenUrl};
use stats_alloc::Region;

use crate::COUNTED;
use crate::clients::{PASSWORD, USER};

pub(crate) fn compare() {
    let token = crate::token();
    let (core, oauth2) = (core(&format!(r#"{{"token":"{token}"}}"#)), oauth2(&token));
    println!("in memory: core {core} allocations, oauth2 {oauth2}");
}

fn core(body: &str) -> usize {
    let hub = Hub::docker(Policy::new(1));
    let account = Account::new(USER, Credential::password(PASSWORD)).unwrap();
    let now = UnixTime::from_secs(1_700_000_000);
    let region = Region::new(COUNTED);
    let Step::Send(exchange) = hub.login(&account) else { panic!("nothing to send") };
    let (request, awaiting) = exchange.send();
    let Step::Done(grant) = awaiting.reply(http::Response::new(body.as_bytes()), now) else { panic!("no token") };
    let allocations = region.change().allocations;
    drop((request, grant));
    allocations
}

fn oauth2(token: &str) -> usize {
    let url = TokenUrl::new("https://hub.docker.com/v2/auth/token".to_owned()).unwrap();
    let client = BasicClient::new(ClientId::new("client".to_owned())).set_token_uri(url);
    let (user, password) =
        (ResourceOwnerUsername::new(USER.to_owned()), ResourceOwnerPassword::new(PASSWORD.to_owned()));
    let body = format!(r#"{{"access_token":"{token}","token_type":"bearer","expires_in":600}}"#).into_bytes();
    let region = Region::new(COUNTED);
    let answer = |_: HttpRequest| -> Result<HttpResponse, std::io::Error> {
        let mut response = http::Response::new(body.clone());
        response.headers_mut().insert("content-type", http::HeaderValue::from_static("application/json"));
        Ok(response)
    };
    let granted = client.exchange_password(&user, &password).request(&answer).unwrap();
    let allocations = region.change().allocations;
    drop(granted);
    // Those of the answer itself are not the exchange's.
    let region = Region::new(COUNTED);
    let _ = answer(HttpRequest::new(Vec::new()));
    allocations - region.change().allocations
}
