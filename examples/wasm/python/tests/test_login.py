import contextlib
import socket
import threading
import unittest
from datetime import datetime, timezone

from hub_auth import Host, HubAuthError, login
from hub_auth.module import Module

from .sim import ALICE, BOB, Sim


def _answer_all(server, answer, arrived):
    with contextlib.suppress(OSError):  # the test closes the server
        while True:
            with server.accept()[0] as connection:
                while b"}" not in connection.recv(4096):
                    pass
                arrived.append(connection)
                connection.sendall(answer)


class Login(unittest.TestCase):
    def test_one_call(self):
        grant = login(*BOB, base=Sim(self).url)
        self.assertEqual(grant.user, "bob")
        self.assertGreater(grant.expires_at, datetime.now(timezone.utc))
        self.assertNotIn(grant.token, repr(grant))

    def test_a_second_factor(self):
        sim, asked = Sim(self), []

        def code(challenge):
            asked.append(challenge)
            return sim.code(challenge)

        self.assertEqual(login(*ALICE, code=code, base=sim.url).user, "alice")
        self.assertEqual([(one.user, one.codes_left, one.previous) for one in asked], [("alice", 3, None)])

    def test_a_wrong_password_is_refused_once_with_advice(self):
        sim = Sim(self)
        with self.assertRaises(HubAuthError) as refused:
            login("bob", "wrong", base=sim.url)
        self.assertEqual((refused.exception.kind, refused.exception.status), ("credentials_refused", 401))
        self.assertIn("wrong tries lock the account", refused.exception.advice["next"])
        self.assertEqual(len(sim.requests()), 1)

    def test_nobody_to_ask(self):
        with self.assertRaises(HubAuthError) as refused:
            login(*ALICE, base=Sim(self).url)
        self.assertEqual(refused.exception.kind, "second_factor_required")

    def test_what_the_caller_raises_leaves_nothing_open(self):
        def code(_):
            raise KeyboardInterrupt

        module = Module()
        with self.assertRaises(KeyboardInterrupt):
            login(*ALICE, code=code, base=Sim(self).url, host=Host(module=module))
        for step in (1, 2, 3):
            with self.assertRaises(HubAuthError):
                module.call("cancel", id=step)

    def test_no_server(self):
        with socket.create_server(("127.0.0.1", 0)) as closed:
            port = closed.getsockname()[1]
        with self.assertRaises(HubAuthError) as refused:
            login(*BOB, base=f"http://127.0.0.1:{port}", host=Host(sleep=lambda _: None))
        self.assertEqual(refused.exception.transport, {"kind": "connect", "delivery": "not_sent"})

    def test_an_answer_that_is_not_http_is_final(self):
        cases = [(b"nonsense\r\n\r\n", "unreadable", 1), (b"nonsense", "unreadable", 1)]
        # The password is sent again after an answer that was cut.
        cases += [(b"HTT", "closed", 2), (b"HTTP/1.1 2", "closed", 2)]
        for answer, kind, sent in cases:
            with self.subTest(answer), socket.create_server(("127.0.0.1", 0)) as server:
                arrived = []
                threading.Thread(target=_answer_all, args=(server, answer, arrived), daemon=True).start()
                with self.assertRaises(HubAuthError) as refused:
                    login(*BOB, base=f"http://127.0.0.1:{server.getsockname()[1]}", host=Host(sleep=lambda _: None))
                self.assertEqual(refused.exception.transport, {"kind": kind, "delivery": "maybe_sent"})
                self.assertEqual(len(arrived), sent)

    def test_secrets_go_to_https_or_loopback_only(self):
        with self.assertRaisesRegex(HubAuthError, "is not https"):
            login(*BOB, base="http://hub.docker.com")


class Memory(unittest.TestCase):
    def test_neither_password_nor_code_is_left_in_the_module(self):
        sim, module = Sim(self), Module()
        left = []

        def code(challenge):
            left.append(ALICE[1].encode() in module.memory())
            left.append(sim.code(challenge))
            return left[1]

        login(*ALICE, code=code, base=sim.url, host=Host(module=module))
        self.assertEqual(left[0], False)
        self.assertNotIn(ALICE[1].encode(), module.memory())
        self.assertNotIn(left[1].encode(), module.memory())
        module.call("login", user="a", secret="planted-secret", hub={"seed": 1})
        self.assertIn(b"planted-secret", module.memory())
