//! `core/ERRORS.md`, the errors page: made here from what the library says, and compared with the file that is committed.
//! `BLESS=1 cargo test -p hub-auth-core --test protocol errors_page` writes it anew.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::time::Duration;
use std::{env, fs};

use hub_auth_core::http::{HeaderMap, Response, StatusCode};
use hub_auth_core::session::{Next, Session, Want};
use hub_auth_core::{
    Account, Advice, Awaiting, Code, Credential, Delivery, Failure, FailureKind, Field, Hub, InvalidInput, Policy,
    Reason, Route, SealError, Secret, Step, TransportError, TransportErrorKind, UnixTime, UnverifiedClaims,
};
use serde_json::json;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/ERRORS.md");
const NOW: UnixTime = UnixTime::from_secs(1_760_000_000);
/// The longest line of advice, in characters.
const LONGEST: usize = 160;
/// Our own words for things, which tell a reader nothing.
const JARGON: [&str; 12] = [
    "awaiting",
    "body",
    "challenge",
    "edge",
    "exchange",
    "flight",
    "grant",
    "ladder",
    "payload",
    "route",
    "step",
    "ticket",
];

/// Who met a failure that holds for a while.
const HERE: &str = "this process met it";
const IN_STORE: &str = "another process met it, and they share a store";

/// What is said in one case of a kind.
struct Case {
    kind: FailureKind,
    when: &'static str,
    failure: Failure,
}

/// Every case, in the order of the page.
fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let mut add = |when, failure: Failure| cases.push(Case { kind: failure.kind(), when, failure });
    let answered = |account: &Account, status, text| fail(account, |awaiting| reply(awaiting, status, text));
    let broke = |sent, what| fail(&password("alice"), |awaiting| awaiting.failed(TransportError::new(sent, what), NOW));
    let broken = |what| broke(Delivery::MaybeSent, what);

    add("a password", answered(&password("alice"), 401, ""));
    add("a password, capitals in the user name", answered(&password("Alice"), 401, ""));
    add("a password, an e-mail address as the user name", answered(&password("alice@example.org"), 401, ""));
    add("a personal access token", answered(&personal("alice"), 401, ""));
    add(
        "a personal access token, an e-mail address as the user name",
        answered(&personal("alice@example.org"), 401, ""),
    );
    add("an organization access token", answered(&organization("acme"), 401, ""));
    add("an access token that has ended", spent());
    add(
        "the Hub says that the name is an organization's",
        answered(&password("acme"), 401, "Cannot log into an organization account"),
    );

    add("a password", answered(&password("alice"), 403, "single sign-on is enforced"));
    add("a personal access token", answered(&personal("alice"), 403, ""));
    add("an organization access token", answered(&organization("acme"), 403, ""));
    add("status 400", answered(&password("alice"), 400, "malformed request"));

    add("always", challenge().give_up());
    add("always", refused_codes());
    add(HERE, answered(&password("alice"), 429, "Rate limit exceeded"));
    add(IN_STORE, held_in_store(429));
    add(HERE, held());
    add(IN_STORE, held_in_store(401));
    add(
        "always",
        fail(&password("alice"), |awaiting| {
            let mut answer = answer(403, "error code: 1010");
            answer.headers_mut().insert("cf-ray", "8f-FRA".parse().unwrap());
            send(awaiting, &answer)
        }),
    );

    add("the host's name", broken(TransportErrorKind::Resolve));
    add("the connection", broken(TransportErrorKind::Connect));
    add("TLS", broken(TransportErrorKind::Tls));
    add("a proxy", broken(TransportErrorKind::Proxy));
    add("the connection, before anything was sent", broke(Delivery::NotSent, TransportErrorKind::Closed));
    add("the answer", broken(TransportErrorKind::Closed));
    add("the connection", broke(Delivery::NotSent, TransportErrorKind::Timeout));
    add("the answer", broken(TransportErrorKind::Timeout));
    add("always", answered(&password("alice"), 503, "service unavailable"));
    add(
        "always",
        fail(&password("alice"), |awaiting| {
            let mut answer = answer(307, "");
            answer.headers_mut().insert("location", "https://elsewhere.example/".parse().unwrap());
            send(awaiting, &answer)
        }),
    );
    add("status 511", answered(&password("alice"), 511, ""));
    for (when, coding) in
        [("gzip", "gzip"), ("deflate", "deflate"), ("br", "br"), ("zstd", "zstd"), ("another coding", "x-other")]
    {
        add(
            when,
            fail(&password("alice"), |awaiting| {
                let mut answer = answer(200, "");
                answer.headers_mut().insert("content-encoding", coding.parse().unwrap());
                *answer.body_mut() = b"compressed".to_vec();
                send(awaiting, &answer)
            }),
        );
    }
    add("status 404", answered(&password("alice"), 404, "not found"));
    add("status 407", answered(&password("alice"), 407, ""));
    add("any other answer", answered(&password("alice"), 200, ""));
    add("always", broken(TransportErrorKind::TooLarge));
    cases
}

/// The exit codes of the program, as promised.
fn exit_code(kind: FailureKind) -> i32 {
    match kind {
        FailureKind::Usage => 2,
        FailureKind::CredentialsRefused | FailureKind::RefusedByPolicy => 3,
        FailureKind::SecondFactorRequired | FailureKind::CodeRefused => 4,
        FailureKind::RateLimited | FailureKind::LockedOut => 5,
        FailureKind::BlockedByEdge => 6,
        FailureKind::Transport | FailureKind::TimedOut | FailureKind::ServerFault | FailureKind::Redirected => 7,
        FailureKind::MalformedAnswer | FailureKind::AnswerTooLarge => 8,
        other => panic!("{other} has no exit code"),
    }
}

fn password(user: &str) -> Account {
    Account::new(user, Credential::password("a secret")).unwrap()
}

fn personal(user: &str) -> Account {
    Account::new(user, Credential::personal_token("a secret")).unwrap()
}

fn organization(name: &str) -> Account {
    Account::new(name, Credential::organization_token("a secret")).unwrap()
}

fn hub() -> Hub {
    Hub::docker(Policy::new(1).with_sends(1.try_into().unwrap()).with_codes(1.try_into().unwrap()))
}

/// How a login fails whose only request meets this.
fn fail(account: &Account, meet: impl FnOnce(Awaiting) -> Step) -> Failure {
    let Step::Send(exchange) = hub().login(account) else { panic!("nothing to send") };
    let Step::Failed(failure) = meet(exchange.send().1) else { panic!("it did not fail") };
    failure
}

/// JSON with this text, a wait and a trace id.
fn answer(status: u16, text: &str) -> Response<Vec<u8>> {
    let body = if text.starts_with("error code") { text.to_owned() } else { json!({ "detail": text }).to_string() };
    let mut answer = Response::new(body.into_bytes());
    *answer.status_mut() = StatusCode::from_u16(status).unwrap();
    let headers = [("x-trace-id", "7f3a"), ("retry-after", "60")];
    answer.headers_mut().extend(
        headers.map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).into_iter().collect::<HeaderMap>(),
    );
    answer
}

fn send(awaiting: Awaiting, answer: &Response<Vec<u8>>) -> Step {
    let (head, body) = answer.clone().into_parts();
    awaiting.reply(Response::from_parts(head, &body), NOW)
}

fn reply(awaiting: Awaiting, status: u16, text: &str) -> Step {
    send(awaiting, &answer(status, text))
}

fn challenge() -> hub_auth_core::Challenge {
    let Step::Send(exchange) = hub().login(&password("alice")) else { panic!("nothing to send") };
    let mut asks = answer(401, "");
    *asks.body_mut() = br#"{"login_2fa_token":"a ticket of some length"}"#.to_vec();
    let Step::NeedCode(challenge) = send(exchange.send().1, &asks) else { panic!("no second factor") };
    challenge
}

/// What a session says that has nothing but an access token, whose `exp` is 1.
fn spent() -> Failure {
    let account = Account::new("alice", Credential::access_token("e30.eyJleHAiOjF9.c2ln")).unwrap();
    let mut session = Session::new(hub(), account);
    let mut next = session.start(Want::token(Duration::ZERO), NOW);
    loop {
        next = match next {
            Next::Lock(lock) => lock.got(),
            Next::Load(load) => load.found(None, &mut session, NOW),
            Next::Unlock(unlock) => unlock.done(&mut session, NOW),
            Next::Refused(failure) => return failure,
            other => panic!("not refused: {other:?}"),
        };
    }
}

fn refused_codes() -> Failure {
    let Step::Send(exchange) = challenge().answer(Code::new("123456").unwrap(), NOW) else { panic!("nothing to send") };
    let Step::Failed(failure) = reply(exchange.send().1, 401, "unauthorized") else { panic!("it did not fail") };
    failure
}

/// What a session says to a caller after a refusal.
fn held() -> Failure {
    let mut session = session();
    ask(&mut session, 401);
    ask(&mut session, 401)
}

/// What a session says that finds the refusal of another in the store.
fn held_in_store(status: u16) -> Failure {
    let (mut first, mut second) = (session(), session());
    ask(&mut first, status);
    second.restore(&first.seal(NOW).unwrap(), NOW).unwrap();
    ask(&mut second, status)
}

fn session() -> Session {
    Session::new(hub(), password("alice"))
}

/// Why there is no token, at a Hub that answers with this status.
fn ask(session: &mut Session, status: u16) -> Failure {
    let (head, body) = answer(status, "unauthorized").into_parts();
    let mut next = session.start(Want::token(Duration::ZERO), NOW);
    loop {
        next = match next {
            Next::Lock(lock) => lock.got(),
            Next::Load(load) => load.found(None, session, NOW),
            Next::Send(unsent) => {
                unsent.send().1.reply(Response::from_parts(head.clone(), body.as_slice()), session, NOW)
            }
            Next::Save(save) => save.done(session, NOW),
            Next::Unlock(unlock) => unlock.done(session, NOW),
            Next::Refused(failure) => return failure,
            other => panic!("not refused: {other:?}"),
        };
    }
}

/// The same kinds in rarer cases, most of them after the head of an answer that broke off: more is known of some.
fn rarer() -> Vec<Failure> {
    let broken = |status, what| {
        let (head, _) = answer(status, "").into_parts();
        fail(&password("alice"), |awaiting| {
            awaiting.failed(TransportError::new(Delivery::MaybeSent, what).with_head(head), NOW)
        })
    };
    let whats = [TransportErrorKind::Closed, TransportErrorKind::Timeout, TransportErrorKind::TooLarge];
    let mut rarer: Vec<_> =
        whats.into_iter().flat_map(|what| [200, 307, 400, 429, 503].map(|status| broken(status, what))).collect();
    let mut by_the_edge = answer(503, "error code: 1010");
    by_the_edge.headers_mut().insert("cf-ray", "8f-FRA".parse().unwrap());
    rarer.push(fail(&password("alice"), |awaiting| send(awaiting, &by_the_edge)));
    let (head, _) = by_the_edge.into_parts();
    rarer.push(fail(&password("alice"), |awaiting| {
        awaiting.failed(TransportError::new(Delivery::MaybeSent, TransportErrorKind::Closed).with_head(head), NOW)
    }));
    let Step::Send(exchange) = challenge().answer(Code::new("123456").unwrap(), NOW) else { panic!("nothing to send") };
    let broken =
        TransportError::new(Delivery::MaybeSent, TransportErrorKind::Closed).with_head(answer(401, "").into_parts().0);
    let Step::Failed(code) = exchange.send().1.failed(broken, NOW) else { panic!("it did not fail") };
    rarer.push(code);
    rarer
}

/// What failures of this kind can tell beside the advice.
fn carries(kind: FailureKind, cases: &[Case]) -> String {
    let failures: Vec<_> = cases.iter().map(|case| case.failure.clone()).chain(rarer()).collect();
    let any = |tells: fn(&Failure) -> bool| failures.iter().any(|failure| failure.kind() == kind && tells(failure));
    let mut carries = Vec::new();
    for (tells, what) in [
        (any(|failure| failure.status().is_some()), "status"),
        (any(|failure| failure.retry_at().is_some()), "`retry_at`"),
        (any(|failure| failure.trace_id().is_some()), "trace id"),
        (any(|failure| failure.server_message().is_some()), "the Hub's words"),
        (any(|failure| failure.redirected_to().is_some()), "the host it points to"),
        (any(|failure| failure.transport().is_some()), "what broke"),
    ] {
        carries.extend(tells.then_some(what));
    }
    carries.join(", ")
}

/// Messages for values that cannot be used, each provoked.
fn usage() -> Vec<String> {
    let mut messages = Vec::new();
    let long = "x".repeat(70_000);
    let inputs: [(Field, Reason, Result<(), InvalidInput>); 13] = [
        (Field::User, Reason::Empty, Account::new(" ", Credential::password("x")).map(drop)),
        (Field::User, Reason::WhiteSpace, Account::new("a b", Credential::password("x")).map(drop)),
        (Field::User, Reason::ControlCharacter, Account::new("a\n", Credential::password("x")).map(drop)),
        (Field::User, Reason::TooLong, Account::new(&long, Credential::password("x")).map(drop)),
        (Field::Password, Reason::Empty, Account::new("a", Credential::password("")).map(drop)),
        (Field::Password, Reason::ControlCharacter, Account::new("a", Credential::password("x\n")).map(drop)),
        (Field::Password, Reason::TooLong, Account::new("a", Credential::password(long.as_str())).map(drop)),
        (Field::PersonalToken, Reason::Empty, Account::new("a", Credential::personal_token("")).map(drop)),
        (
            Field::PersonalToken,
            Reason::ForeignCharacter('"'),
            Account::new("a", Credential::detect("\"dckr_pat_x\"")).map(drop),
        ),
        (
            Field::Password,
            Reason::ForeignCharacter('\u{feff}'),
            Account::new("a", Credential::password("\u{feff}x")).map(drop),
        ),
        (Field::OrganizationToken, Reason::Empty, Account::new("a", Credential::organization_token("")).map(drop)),
        (Field::Code, Reason::Empty, Code::new(" ").map(drop)),
        (Field::UserAgent, Reason::NotAHeader, hub().user_agent("a\u{7f}").map(drop)),
    ];
    for (field, problem, result) in inputs {
        let bad = result.unwrap_err();
        assert_eq!((bad.field, bad.reason, bad.kind()), (field, problem, FailureKind::Usage));
        messages.push(bad.to_string());
    }
    for (base, bad) in [
        ("/path", Reason::NoHost),
        ("http://hub.docker.com", Reason::NotHttps),
        ("https://user:password@hub.docker.com", Reason::UserInfo),
        ("https://hub.docker.com/?a", Reason::Query),
    ] {
        assert_eq!(Hub::new(base.parse().unwrap(), Policy::new(1)).unwrap_err().reason, bad);
        messages.push(Hub::new(base.parse().unwrap(), Policy::new(1)).unwrap_err().to_string());
    }
    assert_eq!(hub().resume(&Secret::from("x")).unwrap_err(), SealError::Damaged);
    messages.extend([SealError::Damaged, SealError::UnknownVersion(2), SealError::Other].map(|bad| bad.to_string()));
    messages
}

/// What is said of a 403 that comes later, with a good token.
fn later() -> [(&'static str, Advice); 3] {
    let mut claims = UnverifiedClaims::default();
    let other = Advice::on_forbidden(&claims);
    claims.source = Some("docker_pat|0a1b".into());
    let unscoped = Advice::on_forbidden(&claims);
    claims.scope = Some("repo:public_read".into());
    let scoped = Advice::on_forbidden(&claims);
    [
        ("it names a personal access token and a scope", scoped),
        ("it names a personal access token", unscoped),
        ("else", other),
    ]
}

/// As Markdown.
fn linked(text: &str) -> String {
    text.replace("https://hub.docker.com", "<https://hub.docker.com>")
}

fn page() -> String {
    let cases = cases();
    let mut page = String::from(HEAD);
    page.push_str("\n| kind | `hub-auth` ends | carries |\n|---|---|---|\n");
    for kind in FailureKind::ALL {
        writeln!(page, "| [`{kind}`](#{kind}) | {} | {} |", exit_code(kind), carries(kind, &cases)).unwrap();
    }
    for kind in FailureKind::ALL {
        write!(page, "\n## `{kind}`\n\n").unwrap();
        let own: Vec<_> = cases.iter().filter(|case| case.kind == kind).collect();
        if let [] | [Case { when: "always", .. }] = own[..] {
            let Advice { cause, next, .. } = own.first().map_or(kind.advice(), |case| case.failure.advice());
            writeln!(page, "{}\n\nNext: {}", linked(cause), linked(next)).unwrap();
        } else {
            page.push_str(WHEN);
            for Case { when, failure, .. } in own {
                let Advice { cause, next, .. } = failure.advice();
                writeln!(page, "| {when} | {} | {} |", linked(cause), linked(next)).unwrap();
            }
        }
        if kind == FailureKind::Usage {
            page.push_str("\nWhat is named:\n\n");
            for message in usage() {
                writeln!(page, "- {}", linked(&message)).unwrap();
            }
        }
    }
    page.push_str(LATER);
    page.push_str(WHEN);
    for (when, Advice { cause, next, .. }) in later() {
        writeln!(page, "| {when} | {cause} | {next} |").unwrap();
    }
    page
}

const HEAD: &str = "\
# Errors

Every way a login can end without a token. The kinds are stable: the same names are in `Failure::kind`, in the field `error` of
`hub-auth login --json`, and here. `Failure::advice` says the two sentences below, chosen by what is known.

`retry_at` is an instant on the local clock before which another try is not worth while; the trace id is what Docker's support
asks for; the Hub's words are at most 300 printable characters, for people only; what broke comes with whether the request may
have arrived.

This page is made by `core/tests/protocol/errors_page.rs` from what the library says; do not edit it.
";
const WHEN: &str = "| when | what happened | what to do next |\n|---|---|---|\n";
const LATER: &str = "
## 403 to a call with a good token

Not a failure of a login, and the commonest complaint. `Advice::on_forbidden` says, by what the token says of itself:

";

#[test]
fn the_page_is_what_the_library_says() {
    let made = page();
    if env::var_os("BLESS").is_some() {
        fs::write(PAGE, &made).unwrap();
    }
    let committed = fs::read_to_string(PAGE).unwrap();
    for (number, (committed, made)) in committed.lines().zip(made.lines()).enumerate() {
        assert_eq!(committed, made, "line {} of core/ERRORS.md; BLESS=1 writes it anew", number + 1);
    }
    assert_eq!(committed, made);
}

#[test]
fn every_kind_is_provoked() {
    let provoked: BTreeSet<_> = cases().iter().map(|case| case.kind).collect();
    let missing: Vec<_> = FailureKind::ALL.into_iter().filter(|kind| !provoked.contains(kind)).collect();
    assert_eq!(missing, [FailureKind::Usage], "it comes from values, not from answers");
}

/// Whatever the account, nothing is said that the page does not have.
#[test]
fn no_other_advice_is_given() {
    let listed: Vec<_> = cases().iter().map(|case| case.failure.advice()).collect();
    let credentials = [
        Credential::password,
        Credential::personal_token,
        |s| Credential::personal_token(s).via(Route::UsersLogin),
        Credential::organization_token,
    ];
    for credential in credentials {
        for user in ["alice", "Alice", "alice@example.org", "Alice@example.org"] {
            let account = Account::new(user, credential("a secret")).unwrap();
            for text in ["", "Cannot log into an organization account"] {
                for status in (200..600).filter(|status| *status != 301) {
                    let advice = fail(&account, |awaiting| reply(awaiting, status, text)).advice();
                    assert!(listed.contains(&advice), "{user}, {status}: {advice:?}");
                }
            }
        }
    }
    for kind in FailureKind::ALL {
        assert!(kind == FailureKind::Usage || listed.contains(&kind.advice()), "{kind}");
    }
}

#[test]
fn advice_is_short_whole_sentences_without_jargon() {
    let told = cases().into_iter().map(|case| case.failure.advice());
    for Advice { cause, next, .. } in
        told.chain(later().map(|(_, advice)| advice)).chain(FailureKind::ALL.map(FailureKind::advice))
    {
        for line in [cause, next] {
            assert!(line.chars().count() <= LONGEST, "{} characters: {line}", line.chars().count());
            assert!(
                line.ends_with('.') && line.starts_with(|c: char| c.is_ascii_uppercase() || line.starts_with("www")),
                "{line}"
            );
            let mut words = line.split(|c: char| !c.is_ascii_alphabetic()).map(str::to_ascii_lowercase);
            assert!(!words.any(|word| JARGON.contains(&word.trim_end_matches('s'))), "{line}");
            assert!(!line.contains('|'), "{line}");
        }
    }
}
