import unittest
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone

from hub_auth import Host, HubAuthError, Session, verdict

from .sim import ALICE, BOB, Sim


class Sessions(unittest.TestCase):
    def test_one_login_serves_100_threads(self):
        sim = Sim(self)
        session = Session(*ALICE, sim.code, base=sim.url)
        with ThreadPoolExecutor(100) as threads:
            tokens = {each.result() for each in [threads.submit(session.token) for _ in range(100)]}
        self.assertEqual((len(tokens), sim.logins()), (1, 1))
        session.close()
        with self.assertRaises(HubAuthError):
            session.token()

    def test_a_token_is_renewed_when_its_time_has_come(self):
        sim, host = Sim(self), Host()
        clock = host.now()
        host.now = lambda: clock
        session = Session(*BOB, base=sim.url, host=host)
        first = session.token()
        self.assertEqual(session.token(), first)
        # Half a minute before its thirty days are over.
        clock += 30 * 24 * 3600 * 1000 - 30_000
        self.assertNotEqual(session.token(), first)
        self.assertEqual(sim.logins(), 2)

    def test_a_refused_password_is_held_back_until_it_is_changed(self):
        sim = Sim(self)
        session = Session("bob", "wrong", base=sim.url)
        for kind in ("credentials_refused", "locked_out"):
            with self.assertRaises(HubAuthError) as refused:
                session.token()
            self.assertEqual(refused.exception.kind, kind)
        self.assertGreater(refused.exception.retry_at, datetime.now(timezone.utc))
        self.assertEqual(sim.logins(), 1)
        session.set_account(*BOB)
        session.token()
        self.assertEqual(sim.logins(), 2)

    def test_an_api_call_is_sent_again_after_a_401_and_judged(self):
        sim = Sim(self)
        session = Session(*BOB, base=sim.url, host=Host(sleep=lambda _: None))

        def call():
            with session.fetch("/v2/user") as response:
                return verdict(response, response.read(), session.token()).verdict

        self.assertEqual(call(), "fine")
        sim.fault(fault="answer", status=401, body="{}")
        self.assertEqual(call(), "fine")
        sim.fault(fault="answer", status=403, body='{"message":"no"}')
        self.assertEqual(call(), "not_with_this_token")
        sim.fault(fault="answer", status=429, headers={"retry-after": "60"}, body="{}")
        self.assertEqual(call(), "retry_at")
        with self.assertRaises(HubAuthError) as refused:
            call()
        self.assertEqual(refused.exception.kind, "rate_limited")

    def test_the_token_goes_to_the_hub_only(self):
        sim = Sim(self)
        with self.assertRaises(HubAuthError) as refused:
            Session(*BOB, base=sim.url).fetch("http://127.0.0.1:9/v2/user")
        self.assertEqual((refused.exception.kind, len(sim.requests())), ("usage", 0))
