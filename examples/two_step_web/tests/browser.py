"""Logs in by two-step-web in headless Chromium, with a wrong code first: browser.py PROGRAM FOLDER

Speaks WebDriver to chromedriver with the standard library alone. Keeps a screenshot of each page in FOLDER."""

import base64
import contextlib
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the key of an element's id, fixed by W3C WebDriver, section 12
FLAGS = """headless no-sandbox disable-gpu disable-quic no-first-run no-proxy-server window-size=640,360
disable-background-networking disable-component-update disable-sync""".split()
direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def ask(url, body=None):
    """Sends a command, a POST if it has a body, and returns the answer's text."""
    data = None if body is None else json.dumps(body).encode()
    with direct.open(urllib.request.Request(url, data, {"Content-Type": "application/json"}), timeout=60) as answer:
        return answer.read().decode()


class Browser:
    def __init__(self, driver, profile):
        options = {"args": ["--" + flag for flag in FLAGS] + [f"--user-data-dir={profile}"]}
        wanted = {"browserName": "chrome", "goog:chromeOptions": options}
        session = json.loads(ask(f"{driver}/session", {"capabilities": {"alwaysMatch": wanted}}))["value"]
        self.session = f"{driver}/session/{session['sessionId']}"

    def post(self, command, **body):
        return json.loads(ask(f"{self.session}/{command}", body))["value"]

    def get(self, command):
        return json.loads(ask(f"{self.session}/{command}"))["value"]

    def find(self, selector):
        return "element/" + self.post("element", using="css selector", value=selector)[ELEMENT]

    def type(self, name, text):
        self.post(self.find(f"input[name={name}]") + "/value", text=text)

    def next(self, screenshot, folder):
        """Presses the button, keeps a screenshot of the next page, and returns what a person reads there."""
        page = self.find("html")
        self.post(self.find("button") + "/click")
        with contextlib.suppress(urllib.error.HTTPError):  # the answer once that page is gone
            for _ in range(10_000):
                self.get(page + "/name")
        (folder / screenshot).write_bytes(base64.b64decode(self.get("screenshot")))
        return self.get(self.find("body") + "/text")


def run(browser, page, code_url, folder):
    browser.post("url", url=page)
    browser.type("user", "alice")
    browser.type("password", "correct horse battery staple")
    assert "Code" in browser.next("code.png", folder)
    focused = browser.get("element/active")[ELEMENT]
    assert browser.get(f"element/{focused}/attribute/name") == "code", "the code can be typed at once"

    browser.type("code", "000000")
    told = browser.next("wrong_code.png", folder)
    assert "refused the one-time code" in told, told
    [cookie] = browser.get("cookie")
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict"), cookie
    assert re.fullmatch("[0-9a-f-]{36}", cookie["value"]), "the cookie is a random name and nothing else"
    assert browser.post("execute/sync", script="return document.cookie", args=[]) == ""

    browser.type("code", ask(code_url).strip())
    told = browser.next("done.png", folder)
    assert "Logged in as alice" in told, told
    visited = browser.get("url")
    assert visited == page + "/code", visited
    source = browser.get("source")
    assert not any(secret in source for secret in ("staple", "login_2fa_token", "eyJ")), source


def main(program, folder):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    pipe = {"stdout": subprocess.PIPE, "text": True}
    server = subprocess.Popen([program], **pipe)
    driver = subprocess.Popen(["chromedriver", "--port=0"], **pipe)
    try:
        page = server.stdout.readline().strip()
        code_url = server.stdout.readline().split()[-1]
        ready = next(line for line in driver.stdout if "started successfully" in line)
        port = re.search(r"on port (\d+)", ready)[1]
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
            browser = Browser(f"http://127.0.0.1:{port}", profile)
            try:
                run(browser, page, code_url, folder)
            finally:
                direct.open(urllib.request.Request(browser.session, method="DELETE"), timeout=60).close()
    finally:
        for child in (driver, server):
            child.kill()
            child.wait()


main(*sys.argv[1:])
