"""Log a program in to Docker Hub, second factor included, and keep it logged in.

    from hub_auth import login

    grant = login("alice", password, code=lambda challenge: input("Code: "))
    print(grant.token)
"""

from .error import HubAuthError
from .host import Challenge, Host
from .login import Grant, login
from .session import Session
from .verdict import Verdict, verdict

__all__ = ["Challenge", "Grant", "Host", "HubAuthError", "Session", "Verdict", "login", "verdict"]
