"""Every scenario of the simulated Hub ends in Python as it does in Rust, which wrote the table."""

import json
import unittest
from pathlib import Path

from hub_auth import Host, HubAuthError, login

from .sim import ALICE, Sim

TABLE = json.loads((Path(__file__).resolve().parents[2] / "scenarios.json").read_text())


def outcome(sim):
    """Logs alice in, on a clock that moves by its waits alone."""
    clock = 1_760_000_000_000

    def sleep(seconds):
        nonlocal clock
        clock += round(seconds * 1000)

    try:
        login(*ALICE, sim.code, base=sim.url, host=Host(now=lambda: clock, sleep=sleep, timeout=0.5))
        return {"kind": None, "retry_after": None, "cause": None, "next": None}
    except HubAuthError as error:
        retry_after = error.retry_at and round(error.retry_at.timestamp() * 1000) - clock
        return {"kind": error.kind, "retry_after": retry_after, **error.advice}


class Scenarios(unittest.TestCase):
    def test_every_scenario(self):
        self.assertGreaterEqual(len(TABLE), 40)
        for row in TABLE:
            with self.subTest(row["scenario"]):
                sim = Sim(self, row["scenario"])
                got = {"scenario": row["scenario"], **outcome(sim), "requests": len(sim.requests())}
                self.assertEqual(got, row)
                self.doCleanups()
