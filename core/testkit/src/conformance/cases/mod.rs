//! Lists every case of a transport, in the order of the suite.

mod answers;
mod breaks;
mod connections;
mod deadlines;
mod proxies;
mod requests;
mod tls;

use std::pin::Pin;

use super::setup::{Checked, Setup};
use super::{Case, Claim};

type Run = for<'a> fn(&'a Setup<'a>) -> Pin<Box<dyn Future<Output = Checked> + 'a>>;

macro_rules! cases {
    ($($name:literal, $rule:literal, [$($claim:ident),*], $run:path;)*) => {
        &[$((
            Case { name: $name, rule: $rule, needs: &[$(Claim::$claim),*] },
            |setup| Box::pin($run(setup)),
        )),*]
    };
}

pub(super) const ALL: &[(Case, Run)] = cases! {
    "login", "sends a login by POST to the right path, and gets a token", [], requests::login;
    "second-factor", "sends both calls of a login, and gets a token", [], requests::second_factor;
    "prefix", "keeps the path of the base URL in front, escapes included", [], requests::prefix;
    "body", "sends the body byte for byte", [], requests::body;
    "length", "states the body's exact length and never chunks", [], requests::length;
    "headers", "sends each header once and unchanged, and adds no secret", [], requests::headers;

    "statuses", "reads an answer with any status", [], answers::statuses;
    "answer-headers", "hands on the headers of an answer", [], answers::headers;
    "redirects", "follows no redirect, to the same host or another", [], answers::redirects;
    "framing", "reads every legal framing of an answer", [], answers::framing;
    "unreadable", "says of an unreadable answer that the request may have arrived", [], answers::unreadable;
    "folded", "reads a folded header, or calls the answer unreadable", [], answers::folded;
    "coding", "hands on a body in gzip as it is, or decodes it", [], answers::coding;
    "secrets", "repeats no secret of an answer in any text", [], answers::secrets;
    "body-cap", "stops reading a body after 1 MiB", [], answers::body_cap;
    "head-cap", "stops reading a head that does not end", [], answers::head_cap;

    "refused", "says that nothing was sent if no server listens", [], breaks::refused;
    "cut", "says of an answer cut at any byte that the request may have arrived, and keeps its head", [], breaks::cut;
    "cut-429", "keeps the headers of an answer that is cut", [], breaks::cut_429;
    "reset", "never says that a request was not sent once a part of it has arrived", [], breaks::reset;
    "once", "sends no login and no code a second time", [], breaks::once;

    "silence", "ends an attempt without an answer at its deadline", [], deadlines::silence;
    "drip", "ends an attempt whose answer drips at its deadline", [], deadlines::drip;
    "tls-silence", "ends an attempt without an answer to the handshake at its deadline", [Tls], deadlines::tls_silence;
    "connect-timeout", "ends connecting at its own deadline, and says that nothing was sent", [ConnectTimeout, Tls],
        deadlines::connect_timeout;
    "dead-address", "gets past a dead address of the Hub's name", [ConnectTimeout], deadlines::dead_address;

    "close", "opens a new connection after an answer that closes the old one", [], connections::close;
    "reuse", "sends both calls of a login on one connection", [Reuse], connections::reuse;
    "stale", "replaces a kept connection that was closed or spoilt, and sends the code once", [Reuse], connections::stale;
    "unasked", "ignores bytes behind an answer", [Reuse], connections::unasked;
    "round-trips", "needs three round trips for a login over TLS 1.3, and one for each further call", [Tls, Reuse],
        connections::round_trips;

    "tls-versions", "logs in over TLS 1.2 and over TLS 1.3", [Tls], tls::versions;
    "tls-cut", "reports a connection cut beneath TLS as broken", [Tls], tls::cut;
    "certificates", "sends nothing to a server with an expired, future, foreign or unknown certificate", [Tls],
        tls::certificates;
    "client-certificate", "shows its certificate to a server that asks for one", [Tls, ClientCertificate],
        tls::client_certificate;

    "proxy", "logs in through a tunnel, and lets the proxy look names up", [Tls, Proxy], proxies::http;
    "proxy-credentials", "sends a proxy's user and password, percent-decoded", [Tls, Proxy], proxies::http_credentials;
    "proxy-refuses", "asks a proxy that refuses the credentials once, names it, and does not show them", [Tls, Proxy],
        proxies::http_refuses;
    "proxy-refuses-code", "asks once if the proxy refuses the call with the code", [Tls, Proxy, Stages],
        proxies::http_refuses_code;
    "proxy-loopback", "does not use a proxy for a Hub on loopback", [Proxy], proxies::loopback;
    "socks5", "logs in through SOCKS5, and lets the proxy look names up", [Tls, Socks5], proxies::socks5;
    "socks5-credentials", "sends the user and password of the proxy, percent-decoded", [Tls, Socks5], proxies::socks5_credentials;
    "socks5-refuses", "asks a SOCKS5 proxy that refuses the credentials once, names it, and does not show them",
        [Tls, Socks5], proxies::socks5_refuses;

    "stages", "tells a failed connection and failed TLS apart", [Tls, Stages], tls::stages;
    "stages-proxy", "tells a failed proxy apart", [Tls, Proxy, Stages], proxies::stages;
};
