"""The bot of docs/bot.py, beside a person, on a real daemon."""

from __future__ import annotations

import subprocess
import sys

from tests.daemon.test_service import CHECKOUT, TwistdTestCase


class BotTests(TwistdTestCase):
    def start(self) -> subprocess.Popen[str]:
        daemon = self.twistd("-n", "--pidfile=", "--logfile=log", "chatd", self.listen)
        self.connect().close()
        return daemon

    def test_bot(self) -> None:
        """It answers `!time`, says nothing else, and comes back when chatd does."""
        daemon = self.start()
        early = self.connect()
        early.sendall(b"early\n!time\n")
        self.read_until(early, b"<early> !time")
        run = f"import bot; bot.WAIT = 0.1; bot.main('127.0.0.1', {self.port}, 'bot')"
        bot = subprocess.Popen(
            (sys.executable, "-c", run),
            cwd=CHECKOUT / "docs",
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.addCleanup(self.end, bot)
        for _ in range(2):
            alice = self.connect()
            alice.sendall(b"alice\n")
            greeting = self.read_until(alice, "中文\r\n".encode())
            if b"bot" not in greeting:
                self.read_until(alice, b"bot joined")
            alice.sendall(b"hello\n!time\n")
            seen = self.read_until(alice, b"alice, it is ")
            self.assertEqual(seen.count(b"<bot>"), 1)
            self.assertNotIn(b"<bot> early", greeting + seen)
            daemon.terminate()
            daemon.communicate(timeout=20)
            daemon = self.start()
