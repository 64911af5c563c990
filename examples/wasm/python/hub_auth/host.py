"""What a host does for the module: clock, sleep, HTTP, and the question for a code. It decides nothing."""

import secrets
import time
from dataclasses import dataclass, field
from typing import Callable, Optional

from .error import HubAuthError
from .http import exchange
from .module import SHARED, Module


@dataclass(frozen=True)
class Challenge:
    """A code is asked for; `previous` is what became of the last one."""

    user: str
    codes_left: int
    previous: Optional[HubAuthError]


@dataclass
class Host:
    """How logins meet the world. Times are in seconds, but for the clock's milliseconds."""

    timeout: float = 30
    deadline: float = 120
    now: Callable[[], int] = lambda: time.time_ns() // 1_000_000
    sleep: Callable[[float], None] = time.sleep
    module: Module = field(default_factory=lambda: SHARED)

    def drive(self, step, code=None, parked=None):
        """Carries out steps until one is left that a host has nothing to do for. If it raises, the login is cancelled."""
        end = self.now() + int(self.deadline * 1000)
        try:
            while "id" in step and step["step"] != "ready":
                name, fields = self._act(step, end, code, parked)
                step = self.module.call(name, id=step["id"], now=self.now(), **fields)
            return step
        except BaseException:
            self.cancel(step.get("id"))
            raise

    def _act(self, step, end, code, parked):
        """What follows a step: a call, and its fields."""
        match step["step"]:
            case "send":
                return exchange(step["request"], max(0.001, min(self.timeout, (end - self.now()) / 1000)))
            case "wait" if step["until"] > end:
                return "give_up", {}
            case "wait":
                self.sleep(max(0, step["until"] - self.now()) / 1000)
                return "resume", {}
            case "park":
                parked()
                return "resume", {}
            case "need_code":
                previous = step["previous"] and HubAuthError(step["previous"])
                answer = code and code(Challenge(step["user"], step["codes_left"], previous))
                return ("give_up", {}) if answer is None else ("code", {"code": str(answer)})

    def cancel(self, id):
        """Ends what an open step belongs to, so that no secret of it is kept."""
        try:
            if id is not None:
                self.module.call("cancel", id=id)
        except HubAuthError:
            pass  # It had ended.


def account(user, secret, kind, base, user_agent, seed, **policy):
    """Who logs in and where, as the module takes them."""
    hub = {"seed": secrets.randbits(48) if seed is None else seed, "base": base, "user_agent": user_agent, **policy}
    return {"user": user, "secret": secret, "kind": kind, "hub": hub}
