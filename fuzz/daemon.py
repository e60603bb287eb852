"""The daemon that is put to the test: a process of its own, its log in a file, ended by its own id."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import chatd
from fuzz.faults import Fault

CHECKOUT = Path(chatd.__file__).parent.parent
LISTENS_WITHIN = 10.0  # seconds
ENDS_WITHIN = 5.0  # seconds from SIGTERM
HASHES_WITHIN = 20.0  # seconds
OPTIONS = ("--line-rate=0", "--byte-rate=0", "--sendq=1024", "--stall-timeout=5")
SIGNS_OF_A_BUG = (
    "Traceback (most recent call last)",
    " critical: ",
    "Unhandled error",
    "Exception ignored",
)  # no name has a space


class Daemon:
    """`twistd chatd` on a free port of the loopback."""

    def __init__(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free, socket.create_server(("127.0.0.1", 0)) as other:
            self.port: int = free.getsockname()[1]
            self.ssh_port: int = other.getsockname()[1]
        self._log = folder / "log"
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-c", "from twisted.scripts.twistd import run; run()", "-n", "--pidfile="),
                    *("chatd", f"--listen=tcp:{self.port}:interface=127.0.0.1"),
                    *(f"--listen=ssh:{self.ssh_port}:interface=127.0.0.1:hostKey={folder / 'key'}", *OPTIONS),
                ],
                cwd=folder,
                env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def wait_until_listening(self) -> None:
        deadline = time.monotonic() + LISTENS_WITHIN
        while time.monotonic() < deadline and self.process.poll() is None:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
                return
            time.sleep(0.01)
        raise Fault(f"the daemon does not listen: {self._log.read_text(errors='replace')[-1000:]}")

    def memory(self) -> float:
        """Return the resident MB."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        raise Fault("the daemon has ended by itself")

    def answers(self) -> None:
        """Enter as somebody new and ask something.

        @raises Fault: if there is no answer.
        """
        with socket.create_connection(("127.0.0.1", self.port), timeout=ENDS_WITHIN) as newcomer:
            newcomer.sendall(b"newcomer\n/version\nquit\n")
            shown = b""
            with suppress(OSError):
                while data := newcomer.recv(65536):
                    shown += data
        if b"\r\n-- chatd " not in shown or not shown.endswith(b"\r\n-- goodbye, newcomer\r\n"):
            raise Fault(f"somebody new was not served, but shown {shown[-500:]!r}")

    def hash_once(self) -> None:
        """Have a password hashed: that takes 16 MiB once, which would look like a leak later.

        @raises Fault: if nobody can own a name.
        """
        with socket.create_connection(("127.0.0.1", self.port), timeout=HASHES_WITHIN) as owner:
            owner.sendall(b"first\n/register\ncorrect horse\ncorrect horse\n")
            shown = b""
            while data := owner.recv(65536):
                shown += data
                if b"-- first is yours" in shown:
                    return
        raise Fault(f"nobody can own a name: {shown[-500:]!r}")

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    def bugs(self) -> Iterator[Fault]:
        """Yield a fault for the first sign of each kind of bug in the log, with the lines around it."""
        lines = self._log.read_text(errors="replace").splitlines()
        for sign in SIGNS_OF_A_BUG:
            found = [number for number, line in enumerate(lines) if sign in line]
            if found:
                around = "\n    ".join(lines[max(0, found[0] - 2) : found[0] + 30])
                yield Fault(f"the log has {len(found)} x {sign!r}; the first:\n    {around}")


@contextmanager
def running() -> Iterator[Daemon]:
    """Start a daemon, and end it whatever happens."""
    with TemporaryDirectory(prefix="chatd-fuzz-") as folder:
        daemon = Daemon(Path(folder))
        try:
            daemon.wait_until_listening()
            yield daemon
        finally:
            daemon.process.kill()
            daemon.process.wait()
