"""One login."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Optional

from .error import HubAuthError, instant
from .host import Host, account


@dataclass(frozen=True)
class Grant:
    """What a login yields."""

    token: str = field(repr=False)
    user: str
    kind: str
    route: str
    expires_at: Optional[datetime]
    #: The token belongs to another user than was named.
    name_mismatch: bool
    trace_id: Optional[str]


def login(user, secret, code=None, *, kind=None, base=None, user_agent=None, seed=None, host=None, **policy):
    """Logs in. Raises a HubAuthError.

    `code` gets a Challenge and returns a one-time code, or None to give up. `kind` is "password", "pat" or "oat"; without
    it the prefix of the secret decides. `policy` is how patient the login is: `sends`, `codes`, `longest_wait` (in
    milliseconds).
    """
    host = host or Host()
    done = host.drive(host.module.call("login", **account(user, secret, kind, base, user_agent, seed, **policy)), code)
    if done["step"] == "failed":
        raise HubAuthError(done["failure"])
    fields = {name: done[name] for name in ("token", "user", "kind", "route", "name_mismatch", "trace_id")}
    return Grant(expires_at=instant(done["expires_at"]), **fields)
