"""An account that stays logged in."""

import threading
import urllib.parse
import urllib.request

from .error import HubAuthError
from .host import Host, account
from .http import head_of, opener


class Session:
    """One login for all threads, renewed in time; a refused secret is not sent again. Arguments are those of `login`."""

    def __init__(
        self, user, secret, code=None, *, kind=None, base=None, user_agent=None, seed=None, host=None, **policy
    ):
        self._host, self._code, self._base = host or Host(), code, base or "https://hub.docker.com"
        who = account(user, secret, kind, base, user_agent, seed, **policy)
        self._id = self._host.module.call("session", asks=code is not None, **who)["session"]
        self._ended, self._logins = threading.Condition(), 0

    def token(self):
        """A good token. Who asks while another thread logs in waits for that login."""
        return self._ready("token")["token"]

    def fetch(self, path, data=None, *, method=None, headers=None):
        """Calls the Hub's API with the token, at a path or a URL of the Hub; returns the answer, whatever its status.

        After a 401 it logs in once and calls again.
        """
        url = urllib.parse.urljoin(self._base, path)
        ready = self._ready("api", url=url)
        while True:
            try:
                request = urllib.request.Request(url, data, dict(headers or {}), method=method)
                for name, value in ready["headers"]:
                    request.add_header(name, value)
                response = opener().open(request, timeout=self._host.timeout)
            except BaseException:
                self._host.cancel(ready["id"])
                raise
            step = self._host.module.call("answered", id=ready["id"], now=self._host.now(), head=head_of(response))
            if step["step"] == "answered":
                return response
            response.close()
            ready = self._drive(step, self._logins)

    def set_account(self, user, secret, kind=None):
        """Logs in with another secret or account from now on."""
        self._host.module.call("account", session=self._id, user=user, secret=secret, kind=kind)

    def close(self):
        """Forgets token and secret."""
        self._host.cancel(self._id)

    def _ready(self, name, **fields):
        seen = self._logins
        return self._drive(self._host.module.call(name, session=self._id, now=self._host.now(), **fields), seen)

    def _drive(self, step, seen):
        def parked():
            nonlocal seen
            with self._ended:
                self._ended.wait_for(lambda: self._logins != seen)
                seen = self._logins

        try:
            ready = self._host.drive(step, self._code, parked)
        finally:
            # The parked look again: this thread's login has ended, if it led one.
            with self._ended:
                self._logins += 1
                self._ended.notify_all()
        if ready["step"] == "failed":
            raise HubAuthError(ready["failure"])
        return ready
