//! Every case, in the order in which they are run: what is asked first, what comes back, what breaks, and then what only
//! some can.

mod answers;
mod breaks;
mod connections;
mod deadlines;
mod proxies;
mod requests;
mod tls;

use std::pin::Pin;

use super::bench::{Bench, Checked};
use super::{Case, Claim};

type Run = for<'a> fn(&'a Bench<'a>) -> Pin<Box<dyn Future<Output = Checked> + 'a>>;

macro_rules! cases {
    ($($name:literal, $what:literal, [$($claim:ident),*], $run:path;)*) => {
        &[$((
            Case { name: $name, what: $what, needs: &[$(Claim::$claim),*] },
            |bench| Box::pin($run(bench)),
        )),*]
    };
}

pub(super) const ALL: &[(Case, Run)] = cases! {
    "login", "a login comes to a token, by POST to the right path", [], requests::login;
    "second-factor", "both calls of a login come to a token", [], requests::second_factor;
    "prefix", "a path in the base URL stays in front, escapes and all", [], requests::prefix;
    "body", "the body arrives byte for byte", [], requests::body;
    "length", "its length is stated exactly, and it is never chunked", [], requests::length;
    "headers", "each header arrives once and as it was, User-Agent too, and no secret is added", [], requests::headers;

    "statuses", "any status is an answer and no error", [], answers::statuses;
    "answer-headers", "the headers of an answer are handed on", [], answers::headers;
    "redirects", "no redirect is followed, to the same host or another", [], answers::redirects;
    "framing", "an answer is read whole, chunked or ended by the connection's end", [], answers::framing;
    "body-cap", "a body longer than 1 MiB is cut off", [], answers::body_cap;
    "head-cap", "a head without an end is cut off", [], answers::head_cap;

    "refused", "where nobody listens, nothing was sent", [], breaks::refused;
    "half-answer", "without a whole answer the request may have arrived", [], breaks::half_answer;
    "cut-429", "an answer that is cut keeps its head", [], breaks::cut_429;
    "once", "no request is sent again by the transport, a code least of all", [], breaks::once;

    "silence", "an attempt without an answer ends", [], deadlines::silence;
    "drip", "an attempt whose answer drips ends", [], deadlines::drip;
    "tls-silence", "an attempt without an answer to the handshake ends", [Tls], deadlines::tls_silence;
    "connect-timeout", "a connection that is not made in its time ends, and nothing was sent", [ConnectTimeout, Tls],
        deadlines::connect_timeout;

    "close", "a connection that is said to close is not used again", [], connections::close;
    "reuse", "both calls of a login share a connection", [Reuse], connections::reuse;
    "stale", "a kept connection that was closed is replaced, and the code sent once", [Reuse], connections::stale;

    "tls-versions", "a login over TLS 1.2 and over TLS 1.3", [Tls], tls::versions;
    "tls-half-answer", "an end without a goodbye is no end of an answer", [Tls], tls::half_answer;
    "expired", "an expired certificate: nothing was sent", [Tls], tls::expired;
    "not-yet-valid", "a certificate not valid yet: nothing was sent", [Tls], tls::not_yet_valid;
    "wrong-name", "a certificate for another name: nothing was sent", [Tls], tls::wrong_name;
    "unknown-issuer", "a certificate nobody vouches for: nothing was sent", [Tls], tls::unknown_issuer;
    "client-certificate", "a client certificate is shown where one is asked for", [Tls, ClientCertificate],
        tls::client_certificate;

    "proxy", "a login through a tunnel, names looked up by the proxy", [Tls, Proxy], proxies::http;
    "proxy-credentials", "a proxy's user and password are sent, percent-decoded", [Tls, Proxy],
        proxies::http_credentials;
    "proxy-refuses", "a proxy that wants other credentials is named, asked once, and they are not", [Tls, Proxy],
        proxies::http_refuses;
    "proxy-loopback", "a Hub on loopback is not reached by a proxy", [Proxy], proxies::loopback;
    "socks5", "a login through SOCKS5, names looked up by the proxy", [Tls, Socks5], proxies::socks5;
    "socks5-credentials", "its user and password are sent, percent-decoded", [Tls, Socks5],
        proxies::socks5_credentials;
    "socks5-refuses", "one that wants other credentials is named, asked once, and they are not", [Tls, Socks5],
        proxies::socks5_refuses;

    "stages", "what failed is told apart: connection or TLS", [Tls, Stages], tls::stages;
    "stages-proxy", "what failed is told apart: the proxy", [Tls, Proxy, Stages], proxies::stages;
};
