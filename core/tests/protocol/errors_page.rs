//! `core/ERRORS.md`, the errors page: made here from what the library says, and compared with the file that is committed.
//! `BLESS=1 cargo test -p hub-auth-core --test protocol errors_page` writes it anew.

use std::fmt::Write;
use std::time::Duration;
use std::{env, fs};

use hub_auth_core::http::Response;
use hub_auth_core::session::{Next, Session, Want};
use hub_auth_core::{
    Account, Advice, Code, Credential, Delivery, Failure, FailureKind, Hub, InvalidInput, Route, SealError, Step,
    TransportError, TransportErrorKind, UnverifiedClaims,
};
use serde_json::json;

use crate::common::{Answer, Driver, Event, NOW, answer, budget, challenge, code, failed};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/ERRORS.md");
/// A header that decides nothing, and the mark of the edge.
const PLAIN: (&str, &str) = ("accept-ranges", "none");
const RAY: (&str, &str) = ("cf-ray", "8f-FRA");
/// The longest line of advice, in characters.
const LONGEST: usize = 160;
/// Our own words for things, which tell a reader nothing.
const JARGON: &str = "awaiting body challenge edge exchange flight grant ladder payload route step ticket";

/// Name who met a failure that holds for a while.
const HERE: &str = "this process met it";
const IN_STORE: &str = "another process met it, and they share a store";

/// Every case, in the order of the page: when, and what is said.
fn cases() -> Vec<(&'static str, Failure)> {
    let mut cases = Vec::new();
    let mut add = |when, failure: Failure| cases.push((when, failure));
    let answered = |account: &Account, status, text| ends(hub().login(account), told(status, text, PLAIN));
    let headed = |status, text, header| ends(hub().login(&alice()), told(status, text, header));
    let broke = |sent, what| ends(hub().login(&alice()), TransportError::new(sent, what));
    let broken = |what| broke(Delivery::MaybeSent, what);

    add("a password", answered(&alice(), 401, ""));
    add("a password, capitals in the user name", answered(&account("Alice", Credential::password), 401, ""));
    add(
        "a password, an e-mail address as the user name",
        answered(&account("alice@example.org", Credential::password), 401, ""),
    );
    add("a personal access token", answered(&account("alice", Credential::personal_token), 401, ""));
    add(
        "a personal access token, an e-mail address as the user name",
        answered(&account("alice@example.org", Credential::personal_token), 401, ""),
    );
    add("an organization access token", answered(&account("acme", Credential::organization_token), 401, ""));
    add("an access token that has ended", spent());
    add(
        "the Hub says that the name is an organization's",
        answered(&account("acme", Credential::password), 401, "Cannot log into an organization account"),
    );

    add("a password", answered(&alice(), 403, "single sign-on is enforced"));
    add("a personal access token", answered(&account("alice", Credential::personal_token), 403, ""));
    add("an organization access token", answered(&account("acme", Credential::organization_token), 403, ""));
    add("status 400", answered(&alice(), 400, "malformed request"));

    add("always", challenge(&hub()).give_up());
    add("always", ends(challenge(&hub()).answer(code("123456"), NOW), told(401, "unauthorized", PLAIN)));
    add(HERE, answered(&alice(), 429, "Rate limit exceeded"));
    add(IN_STORE, held_in_store(429));
    add(HERE, held());
    add(IN_STORE, held_in_store(401));
    add("always", headed(403, "error code: 1010", RAY));

    add("the host's name", broken(TransportErrorKind::Resolve));
    add("the connection", broken(TransportErrorKind::Connect));
    add("TLS", broken(TransportErrorKind::Tls));
    add("a proxy", broken(TransportErrorKind::Proxy));
    add("the connection, before anything was sent", broke(Delivery::NotSent, TransportErrorKind::Closed));
    add("the answer", broken(TransportErrorKind::Closed));
    add("the connection", broke(Delivery::NotSent, TransportErrorKind::Timeout));
    add("the answer", broken(TransportErrorKind::Timeout));
    add("always", answered(&alice(), 503, "service unavailable"));
    add("always", headed(307, "", ("location", "https://elsewhere.example/")));
    add("status 511", answered(&alice(), 511, ""));
    for (when, coding) in
        [("gzip", "gzip"), ("deflate", "deflate"), ("br", "br"), ("zstd", "zstd"), ("another coding", "x-other")]
    {
        add(when, headed(200, "error code, compressed", ("content-encoding", coding)));
    }
    add("status 404", answered(&alice(), 404, "not found"));
    add("status 407", answered(&alice(), 407, ""));
    add("any other answer", answered(&alice(), 200, ""));
    add("always", broken(TransportErrorKind::TooLarge));
    cases
}

/// Returns the exit code of the program, as promised.
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

fn account(user: &str, credential: fn(&'static str) -> Credential) -> Account {
    Account::new(user, credential("a secret")).unwrap()
}

fn alice() -> Account {
    account("alice", Credential::password)
}

fn hub() -> Hub {
    Hub::docker(budget(1, 1))
}

/// Returns how a login ends whose next request meets this.
fn ends(step: Step, event: impl Into<Event>) -> Failure {
    failed(Driver::default().run(step, vec![event.into()]))
}

/// JSON with this text, or the text itself where it is the edge's; a wait, a trace id and one more header.
fn told(status: u16, text: &str, header: (&str, &str)) -> Answer {
    let body = if text.starts_with("error code") { text.to_owned() } else { json!({ "detail": text }).to_string() };
    answer(status, &[("x-trace-id", "7f3a"), ("retry-after", "60"), header], body)
}

/// Asks a session that has nothing but an access token, whose `exp` is 1.
fn spent() -> Failure {
    let account = Account::new("alice", Credential::access_token("e30.eyJleHAiOjF9.c2ln")).unwrap();
    ask(&mut Session::new(hub(), account), 500)
}

/// Asks a session again after a refusal.
fn held() -> Failure {
    let mut session = session();
    ask(&mut session, 401);
    ask(&mut session, 401)
}

/// Asks a session that finds the refusal of another in the store.
fn held_in_store(status: u16) -> Failure {
    let (mut first, mut second) = (session(), session());
    ask(&mut first, status);
    second.restore(&first.seal(NOW).unwrap(), NOW).unwrap();
    ask(&mut second, status)
}

fn session() -> Session {
    Session::new(hub(), alice())
}

/// Asks for a token at a Hub that answers with this status, and returns why there is none.
fn ask(session: &mut Session, status: u16) -> Failure {
    let (head, body) = told(status, "unauthorized", PLAIN).into_parts();
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

/// Provokes the same kinds after the head of an answer that broke off: more is known of some.
fn rarer() -> Vec<Failure> {
    let cut = |step, status, header, what| {
        let (head, _) = told(status, "", header).into_parts();
        ends(step, TransportError::new(Delivery::MaybeSent, what).with_head(head))
    };
    let whats = [TransportErrorKind::Closed, TransportErrorKind::Timeout, TransportErrorKind::TooLarge];
    let heads = [(200, PLAIN), (307, PLAIN), (400, PLAIN), (429, PLAIN), (503, PLAIN), (503, RAY)];
    let first = |(status, header), what| cut(hub().login(&alice()), status, header, what);
    let code = cut(challenge(&hub()).answer(code("123456"), NOW), 401, PLAIN, TransportErrorKind::Closed);
    whats.into_iter().flat_map(|what| heads.map(|head| first(head, what))).chain([code]).collect()
}

/// Lists what failures of this kind can tell beside the advice.
fn carries(kind: FailureKind, cases: &[(&str, Failure)]) -> String {
    let failures: Vec<_> = cases.iter().map(|(_, failure)| failure.clone()).chain(rarer()).collect();
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

/// Provokes every message for a value that cannot be used.
fn usage() -> Vec<String> {
    let long = "x".repeat(70_000);
    let refused = |user: &str, credential| Account::new(user, credential).unwrap_err();
    let user = |user: &str| refused(user, Credential::password("x"));
    let secret = |credential| refused("a", credential);
    let base = |base: &str| Hub::new(base.parse().unwrap(), budget(1, 1)).unwrap_err();
    let inputs = [
        user(" "),
        user("a b"),
        user("a\n"),
        user(&long),
        secret(Credential::password("")),
        secret(Credential::password("x\n")),
        secret(Credential::password(long.as_str())),
        secret(Credential::personal_token("")),
        secret(Credential::detect("\"dckr_pat_x\"")),
        secret(Credential::password("\u{feff}x")),
        secret(Credential::password("x\u{200b}")),
        secret(Credential::organization_token("")),
        Code::new(" ").unwrap_err(),
        hub().user_agent("a\u{7f}").unwrap_err(),
        base("/path"),
        base("http://hub.docker.com"),
        base("https://user:password@hub.docker.com"),
        base("https://hub.docker.com/?a"),
    ];
    let seals = [SealError::Damaged, SealError::UnknownVersion(2), SealError::Other];
    inputs.iter().map(InvalidInput::to_string).chain(seals.map(|bad| bad.to_string())).collect()
}

/// Returns the advice on a 403 that comes later, with a good token.
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
        let own: Vec<_> = cases.iter().filter(|(_, failure)| failure.kind() == kind).collect();
        assert!(kind == FailureKind::Usage || !own.is_empty(), "{kind} is not provoked");
        if let [] | [("always", _)] = own[..] {
            let Advice { cause, next, .. } = own.first().map_or(kind.advice(), |(_, failure)| failure.advice());
            writeln!(page, "{}\n\nNext: {}", linked(cause), linked(next)).unwrap();
        } else {
            page.push_str(WHEN);
            for (when, failure) in own {
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
`hub-auth login --json`, and here. `Failure::advice` returns the two sentences of a row, which it chooses by the known facts.

Do not try before `retry_at`, an instant on the local clock. Docker's support asks for the trace id. The Hub's words are for people:
at most 300 printable characters. `Failure::transport` names what broke, and whether the request may have arrived.

This page is made by `core/tests/protocol/errors_page.rs` from what the library says; do not edit it.
";
const WHEN: &str = "| when | what happened | what to do next |\n|---|---|---|\n";
const LATER: &str = "
## 403 to a call with a good token

This 403 does not end a login. `Advice::on_forbidden` chooses its row by the claims of the token:

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

/// The page has every advice that any account gets.
#[test]
fn no_other_advice_is_given() {
    let listed: Vec<_> = cases().iter().map(|(_, failure)| failure.advice()).collect();
    let credentials = [
        Credential::password,
        Credential::personal_token,
        |s| Credential::personal_token(s).via(Route::UsersLogin),
        Credential::organization_token,
    ];
    for credential in credentials {
        for user in ["alice", "Alice", "alice@example.org", "Alice@example.org"] {
            let account = account(user, credential);
            for text in ["", "Cannot log into an organization account"] {
                for status in (200..600).filter(|status| *status != 301) {
                    let advice = ends(hub().login(&account), told(status, text, PLAIN)).advice();
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
    let told = cases().into_iter().map(|(_, failure)| failure.advice());
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
            assert!(!words.any(|word| JARGON.split(' ').any(|jargon| word.trim_end_matches('s') == jargon)), "{line}");
            assert!(!line.contains('|'), "{line}");
        }
    }
}
