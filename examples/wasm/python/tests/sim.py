"""Starts `hub-auth sim` for a test, and asks it for codes and for what arrived."""

import json
import os
import subprocess
import unittest
from pathlib import Path
from urllib.request import Request, urlopen

PROGRAM = os.environ.get("HUB_AUTH") or Path(__file__).resolve().parents[4] / "target/debug/hub-auth"
ALICE = ("alice", "correct horse battery staple")
BOB = ("bob", "hunter2 is not enough")


class Sim:
    def __init__(self, test: unittest.TestCase, scenario="demo"):
        command = [PROGRAM, "sim", scenario, "--json", "--port", "0"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        test.addCleanup(process.__exit__, None, None, None)
        test.addCleanup(process.terminate)
        self.url = json.loads(process.stdout.readline())["url"]

    def code(self, challenge):
        return self._get(f"code/{challenge.user}").decode()

    def requests(self):
        return json.loads(self._get("requests"))

    def logins(self):
        return sum(request["target"] == "/v2/users/login" for request in self.requests())

    def fault(self, **fault):
        self._get("fault", json.dumps(fault).encode())

    def _get(self, route, data=None):
        with urlopen(Request(f"{self.url}/_sim/{route}", data)) as response:
            return response.read()
