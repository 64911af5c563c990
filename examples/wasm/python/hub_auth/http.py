"""One request by urllib: no redirect is followed, nothing is sent twice, a body is cut at 1 MiB, every read ends."""

import base64
import http.client
import socket
import ssl
import time
import urllib.error
import urllib.request

_MOST = 1024 * 1024


def opener():
    """Only what connects: no redirects, no errors made of statuses, and no proxy for http, which goes to loopback hosts."""
    proxies = {scheme: url for scheme, url in urllib.request.getproxies().items() if scheme == "https"}
    director = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(proxies),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.UnknownHandler(),
    ):
        director.add_handler(handler)
    return director


def exchange(request, timeout):
    """Sends a request and returns what to tell the module: the name of the call, and its fields."""
    head = None
    try:
        outgoing = urllib.request.Request(
            request["url"], request["body"].encode() or None, dict(request["headers"]), method=request["method"]
        )
        with opener().open(outgoing, timeout=timeout) as response:
            head = head_of(response)
            body = read(response, time.monotonic() + timeout)
        if body is None:
            return "failed", {"kind": "too_large", "delivery": "maybe_sent", "head": head}
        return "reply", {"head": head, "body": base64.b64encode(body).decode()}
    except (OSError, http.client.HTTPException) as error:
        return "failed", {**_broken(error), "head": head}


def head_of(response):
    """Status and headers as the module takes them."""
    return {"status": response.status, "headers": response.getheaders()}


def read(response, end):
    """Reads a body, or returns None if it is longer than any of the Hub's."""
    body = bytearray()
    while piece := response.read1(65536):
        body += piece
        if len(body) > _MOST:
            return None
        if time.monotonic() > end:
            raise TimeoutError
    if response.length:
        raise http.client.IncompleteRead(bytes(body), response.length)
    return bytes(body)


def _broken(error):
    """Says what broke, and whether the request may have arrived: `not_sent` only where the connection never stood."""
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(reason, socket.gaierror):
        return {"kind": "resolve", "delivery": "not_sent"}
    if isinstance(reason, ConnectionRefusedError):
        return {"kind": "connect", "delivery": "not_sent"}
    if isinstance(reason, ssl.SSLCertVerificationError):
        return {"kind": "tls", "delivery": "not_sent"}
    if isinstance(reason, TimeoutError):
        return {"kind": "timeout", "delivery": "maybe_sent"}
    if str(reason).startswith("Tunnel connection failed"):
        return {"kind": "proxy", "delivery": "not_sent"}
    if isinstance(reason, http.client.HTTPException) and not _is_cut(reason):
        return {"kind": "unreadable", "delivery": "maybe_sent"}
    return {"kind": "closed", "delivery": "maybe_sent"}


def _is_cut(error):
    """Says whether the connection ended before the answer did. After any other answer the password must not be sent again."""
    if isinstance(error, (http.client.RemoteDisconnected, http.client.IncompleteRead)):
        return True
    if isinstance(error, http.client.BadStatusLine):
        # A whole status line ends in a newline.
        return not error.line.endswith("\n") and "HTTP/1.".startswith(error.line[:7])
    return False
