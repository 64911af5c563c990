//! Answers to an account, its secret and its codes.

use std::time::Duration;

use http::StatusCode as S;

use super::Scenario;
use super::canned::{json, limited, reference, token, unavailable, wild};
use crate::hub::faults::Fault;
use crate::hub::{SimHub, SimUser, demo};

const REFERENCE: &str = "docker/docs content/reference/api/hub/latest.yaml";

pub(super) const ALL: &[Scenario] = &[
    Scenario::new("demo", "everything works: alice logs in with a second factor, bob without", REFERENCE, |hub| hub),
    Scenario::new("no-second-factor", "alice's second factor is turned off: one call logs her in", REFERENCE, |hub| {
        hub.add(SimUser::new(demo::USER, demo::PASSWORD).token(demo::PAT))
    }),
    Scenario::new("wrong-password", "no user name and secret is known: 401", "microsoft/vscode-docker#1333", |hub| {
        *hub = SimHub::new();
        hub
    }),
    Scenario::new(
        "wrong-password-dot",
        "the same 401, its sentence with a full stop",
        "microsoft/vscode-docker#887, #1087",
        |hub| hub.always(json(S::UNAUTHORIZED, wild!("wrong-password-dot.json"))),
    ),
    Scenario::new(
        "wrong-password-unauthorized",
        "the same 401 in one word; valid secrets got it too, for hours",
        "docker/hub-feedback#2166, goharbor/harbor#15886",
        |hub| hub.always(json(S::UNAUTHORIZED, wild!("unauthorized-detail.json"))),
    ),
    Scenario::new(
        "wrong-password-errinfo",
        "the same 401 in the reference's general form",
        "mongodb/kingfisher#202",
        |hub| hub.always(json(S::UNAUTHORIZED, wild!("unauthorized-errinfo.json"))),
    ),
    Scenario::new(
        "unverified-email",
        "401 to an account whose e-mail address was never confirmed, in the words of a wrong password",
        "docker-archive-public/docker.kitematic#2619, #2684",
        |hub| hub.always(json(S::UNAUTHORIZED, r#"{"detail":"incorrect username or password"}"#)),
    ),
    Scenario::new(
        "organization-account",
        "401: the name is that of an organization",
        "docker/terraform-provider-docker#138",
        |hub| hub.always(json(S::UNAUTHORIZED, wild!("organization-account.json"))),
    ),
    Scenario::new(
        "expired-organization-token",
        "401: the organization access token has expired",
        "linuxarena/control-tower#1007",
        |hub| hub.always(json(S::UNAUTHORIZED, r#"{"errinfo":{},"message":"org access token is expired"}"#)),
    ),
    Scenario::new(
        "personal-token-required",
        "401: a password no longer does, with single sign-on or a second factor",
        "docker/hub-feedback#1981, #2181",
        |hub| {
            hub.always(json(
                S::UNAUTHORIZED,
                r#"{"detail":"unauthorized: please use personal access token to login when SSO is enforced"}"#,
            ))
        },
    ),
    Scenario::new(
        "second-factor-misleading",
        "a code is asked for in the sentence of a wrong password; any code then logs in",
        REFERENCE,
        |hub| hub.script(json(S::UNAUTHORIZED, reference!("users-login.401.json"))).script(token("made-up-token")),
    ),
    Scenario::new(
        "second-factor-200",
        "a code is asked for under status 200; any code then logs in",
        "inferred from docker/docs content/reference/api/hub/latest.yaml",
        |hub| hub.script(json(S::OK, wild!("second-factor-200.json"))).script(token("made-up-token")),
    ),
    Scenario::new(
        "second-factor-surrogate",
        "a code is asked for beside a text with half of a surrogate pair; any code then logs in",
        "serde-rs/json#495, lanlin/nylas-php#2",
        |hub| hub.script(json(S::UNAUTHORIZED, wild!("second-factor-surrogate.json"))).script(token("made-up-token")),
    ),
    Scenario::new(
        "second-factor-bom",
        "a code is asked for behind a byte order mark; any code then logs in",
        "forwardemail/superagent#1249, woocommerce/wc-api-python#40",
        |hub| hub.script(json(S::UNAUTHORIZED, wild!("second-factor-bom.json"))).script(token("made-up-token")),
    ),
    Scenario::new(
        "second-factor-latin1",
        "a code is asked for beside a text that is not UTF-8; any code then logs in",
        "Luracast/Restler#319, VictoriaMetrics/VictoriaLogs#1780",
        |hub| hub.script(json(S::UNAUTHORIZED, wild!("second-factor-latin1.json"))).script(token("made-up-token")),
    ),
    Scenario::new(
        "second-factor-control",
        "a code is asked for beside a text with a raw line feed; any code then logs in",
        "schwanksta/python-arcgis-rest-query#7",
        |hub| hub.script(json(S::UNAUTHORIZED, wild!("second-factor-control.json"))).script(token("made-up-token")),
    ),
    Scenario::new("ticket-null", "401 whose ticket for a second factor is null: none is asked for", REFERENCE, |hub| {
        hub.always(json(S::UNAUTHORIZED, reference!("users-login.401.null.json")))
    }),
    Scenario::new("ticket-absent", "401 without a ticket", REFERENCE, |hub| {
        hub.always(json(S::UNAUTHORIZED, reference!("users-login.401.absent.json")))
    }),
    Scenario::new("ticket-empty", "401 whose ticket is empty", REFERENCE, |hub| hub.always(ticket("\"\""))),
    Scenario::new("ticket-number", "401 whose ticket is a number", REFERENCE, |hub| hub.always(ticket("7"))),
    Scenario::new("ticket-array", "401 whose ticket is an array", REFERENCE, |hub| hub.always(ticket("[\"t\"]"))),
    Scenario::new("ticket-object", "401 whose ticket is an object", REFERENCE, |hub| hub.always(ticket("{\"t\":1}"))),
    Scenario::new("ticket-in-500", "500 that carries a ticket: a fault, no second factor", REFERENCE, |hub| {
        hub.always(json(S::INTERNAL_SERVER_ERROR, wild!("second-factor.json")))
    }),
    Scenario::new("wrong-code", "the password is right, every code is refused: 401", REFERENCE, |hub| {
        hub.script(Fault::Pass).always(json(S::UNAUTHORIZED, wild!("wrong-password.json")))
    }),
    Scenario::new("wrong-code-unauthorized", "the same, in one word", "docker/for-win#12317", |hub| {
        hub.script(Fault::Pass).always(json(S::UNAUTHORIZED, wild!("unauthorized-detail.json")))
    }),
    Scenario::new(
        "expired-ticket",
        "the password is right, and the time for the code is over at once: 401",
        REFERENCE,
        |hub| hub.ticket_lifetime(Duration::ZERO),
    ),
    Scenario::new(
        "no-token-after-code",
        "the code is taken, and the 200 has no token in it",
        "docker/for-win#11306, docker/for-mac#5692",
        |hub| hub.script(Fault::Pass).always(json(S::OK, wild!("token-missing.json"))),
    ),
    Scenario::new(
        "rate-limited-code",
        "the password is right, the call with the code gets 429: wait 60 s",
        "docker/hub-feedback#2459",
        |hub| hub.script(Fault::Pass).always(limited(&[("retry-after", "60")])),
    ),
    Scenario::new(
        "server-fault-code",
        "the password is right, the call with the code ends in 503",
        "docker/hub-feedback#2258",
        |hub| hub.script(Fault::Pass).always(unavailable()),
    ),
    Scenario::new(
        "lost-code",
        "the password is right, the answer to the code is lost",
        "goharbor/harbor#14803",
        |hub| hub.script(Fault::Pass).always(Fault::DropAfter),
    ),
];

/// 401 with a misleading sentence and this in place of a ticket.
fn ticket(json_value: &str) -> Fault {
    let text = "Require secondary authentication on MFA enabled account";
    json(S::UNAUTHORIZED, format!(r#"{{"detail":"{text}","login_2fa_token":{json_value}}}"#))
}
