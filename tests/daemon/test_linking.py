"""Tests for chatd.daemon.linking: what isn't installed. tests.nodes has the rest, with real daemons."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from tests.daemon.test_service import CHECKOUT

WITHOUT = """
import sys
sys.modules[sys.argv.pop(1)] = None
from chatd.daemon.service import *
options = Options()
options.parseOptions(["--listen=tcp:1", *sys.argv[1:]])
makeService(options)
"""


class NotInstalledTests(SynchronousTestCase):
    def made(self, missing: str, *options: str) -> tuple[int, str]:
        """Return the exit status, and what stands on stderr, where a module is missing."""
        done = subprocess.run(
            (sys.executable, "-c", WITHOUT, missing, *options),
            cwd=CHECKOUT,
            capture_output=True,
            text=True,
            timeout=20,
        )
        return done.returncode, done.stderr

    def test_no_hiredis(self) -> None:
        """Without hiredis chatd doesn't start as one of several, and one line says what to install."""
        said = "chatd: redis: it needs hiredis; pip install 'chatd[redis]' brings it\n"
        self.assertEqual(self.made("hiredis", "--redis=redis://localhost"), (1, said))
        self.assertEqual(self.made("hiredis"), (0, ""))

    def test_no_tls(self) -> None:
        """Nor with TLS where that isn't installed, whichever certificates it is to trust; without TLS it does."""
        ca = Path(self.mktemp()).absolute()
        ca.touch()
        said = "chatd: redis: rediss:// needs pyOpenSSL; pip install 'chatd[tls]' brings it\n"
        for options in ((), (f"--redis-ca={ca}",)):
            self.assertEqual(self.made("OpenSSL", "--redis=rediss://localhost", *options), (1, said))
            self.assertEqual(self.made("OpenSSL", "--redis=redis://localhost", *options), (0, ""))
