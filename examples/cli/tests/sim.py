"""Logs in to two simulated Hubs at once, as a test of a Python program would. Takes the path of the program hub-auth."""

import json
import signal
import ssl
import subprocess
import sys
import urllib.error
import urllib.request

ACCOUNTS = """
[[user]]
name = "carol"
password = "tr0ub4dor"
totp = "GEZDGNBVGY3TQOJQ"

[[organization]]
name = "umbrella"
tokens = ["dckr_oat_ofTheTest"]
"""


class Hub:
    def __init__(self, *options, ca=None):
        command = [sys.argv[1], "sim", "--json", *options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.url = json.loads(self.process.stdout.readline())["url"]
        self.trust = ssl.create_default_context(cafile=ca) if ca else None

    def call(self, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"content-type": "application/json"})
        try:
            with urllib.request.urlopen(request, context=self.trust) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as answer:
            return answer.code, answer.read().decode()

    def log_in(self, user, password):
        status, body = self.call("/v2/users/login", {"username": user, "password": password})
        assert status == 401, body
        ticket = json.loads(body)["login_2fa_token"]
        status, code = self.call(f"/_sim/code/{user}")
        assert status == 200 and len(code) == 6, code
        status, body = self.call("/v2/users/2fa-login", {"login_2fa_token": ticket, "code": code})
        assert status == 200, body
        return json.loads(body)["token"]

    def end(self):
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait() == 0


with open("accounts.toml", "w") as file:
    file.write(ACCOUNTS)
plain = Hub("--user", "dave:secret", "--accounts", "accounts.toml")
tls = Hub("--tls", "ca.pem", ca="ca.pem")
assert plain.url.startswith("http://127.0.0.1:") and tls.url.startswith("https://localhost:")
assert plain.log_in("alice", "correct horse battery staple") and tls.log_in("alice", "correct horse battery staple")
assert plain.log_in("carol", "tr0ub4dor")
assert plain.call("/v2/users/login", {"username": "dave", "password": "secret"})[0] == 200
assert plain.call("/v2/auth/token", {"identifier": "umbrella", "secret": "dckr_oat_ofTheTest"})[0] == 200
assert plain.call("/_sim/code/bob")[0] == 404

fault = {"fault": "answer", "status": 429, "headers": {"retry-after": "1"}, "body": "{}", "times": 2}
assert plain.call("/_sim/fault", fault)[0] == 204
assert [plain.call("/v2/user")[0] for _ in range(3)] == [429, 429, 401]
assert plain.call("/_sim/fault", {"fault": "of another kind"})[0] == 400

log = json.loads(tls.call("/_sim/requests")[1])
assert [(seen["method"], seen["target"], seen["status"]) for seen in log] == [
    ("POST", "/v2/users/login", 401),
    ("POST", "/v2/users/2fa-login", 200),
]
plain.end()
tls.end()
