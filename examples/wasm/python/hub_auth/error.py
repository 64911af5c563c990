"""Why a login ended."""

from datetime import datetime, timezone


def instant(milliseconds):
    """A time of the module, as Python has it; None stays None."""
    return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, timezone.utc)


class HubAuthError(Exception):
    """`kind` is stable; `advice` is what happened and what to do next; `retry_at` is when another try is worth while."""

    def __init__(self, failure):
        cause = failure.get("cause") or failure.get("message")
        following = failure.get("next") or "Correct the value that is named."
        super().__init__(f"{cause} {following}")
        self.kind = failure["kind"]
        self.advice = {"cause": cause, "next": following}
        self.retry_at = instant(failure.get("retry_at"))
        self.status = failure.get("status")
        self.trace_id = failure.get("trace_id")
        self.server_message = failure.get("server_message")
        self.redirected_to = failure.get("redirected_to")
        self.transport = failure.get("transport")
