//! Logins in memory: requests built, answers read, the token yielded. Ours beside the floor.

use std::hint::black_box;

use http::{StatusCode, Uri};
use hub_auth_core::{Account, Code, Credential, Hub, Policy, Route, Step, UnixTime};

use crate::answers::{self, Answer, FEW, USUAL};
use crate::case::Case;
use crate::floor;

const RUNS: usize = 100;
const NOW: UnixTime = UnixTime::from_secs(1_760_000_000);
const USER: &str = "alice";
const PASSWORD: &str = "correct horse battery staple";
const CODE: &str = "012345";

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (set, headers) in [("few headers", FEW), ("usual headers", USUAL)] {
        for length in [155, 1024] {
            for (call, has_second_factor) in [("login", false), ("2fa", true)] {
                let name = |whose| format!("{call}, token of {length}, {set}: {whose}");
                let stock = move |most| Stock::new(most, has_second_factor, headers, &answers::token(length));
                cases.push(Case::new(name("ours"), RUNS, move |most| ours(stock(most))));
                cases.push(Case::new(name("floor"), RUNS, move |most| by_hand(stock(most))));
            }
        }
    }
    cases
}

/// What the Hub answers.
struct Stock {
    challenges: Vec<Answer>,
    grants: Vec<Answer>,
}

impl Stock {
    fn new(most: usize, has_second_factor: bool, headers: &'static [(&str, &str)], token: &str) -> Stock {
        let headers = answers::headers(headers);
        let challenges = if has_second_factor { most } else { 0 };
        Stock {
            challenges: answers::stock(challenges, StatusCode::UNAUTHORIZED, &headers, answers::challenged()),
            grants: answers::stock(most, StatusCode::OK, &headers, answers::granted(token)),
        }
    }
}

fn ours(mut stock: Stock) -> impl FnMut() {
    let has_second_factor = !stock.challenges.is_empty();
    let hub = Hub::docker(Policy::new(1));
    let account = Account::new(USER, Credential::password(PASSWORD)).expect("an account");
    move || {
        let mut step = hub.login(&account);
        let grant = loop {
            step = match step {
                Step::Send(exchange) => {
                    let (request, awaiting) = exchange.send();
                    black_box(&request);
                    let is_first = has_second_factor && awaiting.route() == Route::UsersLogin;
                    let answers = if is_first { &mut stock.challenges } else { &mut stock.grants };
                    awaiting.reply(answers.pop().expect("an answer"), NOW)
                }
                Step::NeedCode(challenge) => challenge.answer(Code::new(CODE).expect("a code"), NOW),
                Step::Done(grant) => break grant,
                other => panic!("{other:?}"),
            }
        };
        black_box((grant.token().header(), grant.expires_at().expect("an expiry")));
    }
}

fn by_hand(mut stock: Stock) -> impl FnMut() {
    let uri = |route: Route| Uri::try_from(format!("https://hub.docker.com{}", route.path())).expect("a URL");
    let (first, second) = (uri(Route::UsersLogin), uri(Route::TwoFactor));
    let has_second_factor = !stock.challenges.is_empty();
    move || {
        black_box(&floor::request(&first, &floor::Login { username: USER, password: PASSWORD }));
        if has_second_factor {
            let ticket = floor::ticket(&stock.challenges.pop().expect("an answer"));
            black_box(&floor::request(&second, &floor::SecondFactor { login_2fa_token: ticket.text(), code: CODE }));
        }
        black_box(&floor::bearer(&stock.grants.pop().expect("an answer")));
    }
}
