"""What the answer to an API call means."""

import base64
from dataclasses import dataclass
from datetime import datetime
from typing import Optional

from .error import HubAuthError, instant
from .host import Host
from .http import head_of


@dataclass(frozen=True)
class Verdict:
    """`verdict` is fine, log_in_again, retry_at, not_with_this_token (with advice), blocked (with an error) or other."""

    verdict: str
    retry_at: Optional[datetime]
    advice: Optional[dict]
    error: Optional[HubAuthError]


def verdict(response, body, token, host=None):
    """Judges an answer to a call that was sent with this token. Of the body the first kilobytes are enough."""
    host = host or Host()
    answer = {"head": head_of(response), "body": base64.b64encode(body).decode()}
    told = host.module.call("verdict", token=token, now=host.now(), **answer)
    error = told["failure"] and HubAuthError(told["failure"])
    return Verdict(told["verdict"], instant(told["retry_at"]), told["advice"], error)
