"""A server that runs: on a core of its own, watched through /proc, and ended by its own id."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.servers import Server

LISTENS_WITHIN = 10.0  # seconds
ENDS_WITHIN = 5.0  # seconds


class CannotMeasure(Exception):
    """A server did not do what a cell needs; `str()` says what."""


class Process:
    """A server's process; `listening_after` is how many seconds it took from the start to an open port."""

    def __init__(self, server: Server, folder: Path, core: int) -> None:
        self.server = server
        self.folder = folder
        self.port = free_port()
        command = server.command(self.port, folder)
        output = (folder / "output").open("wb")
        started = time.monotonic()
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(server.checkout)},
            preexec_fn=lambda: os.sched_setaffinity(0, {core}),
        )
        output.close()
        self._proc = Path(f"/proc/{self._process.pid}")
        self._wait_until_listening(folder)
        self.listening_after = time.monotonic() - started

    def cpu(self) -> float:
        """Return the seconds that all its threads have been on the core; threads that have ended don't count."""
        total = 0
        for task in (self._proc / "task").iterdir():
            with suppress(OSError):  # it ended just now
                total += int((task / "schedstat").read_text().split()[0])
        return total / 1e9

    def memory(self) -> int:
        """Return the resident bytes."""
        for line in (self._proc / "status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise CannotMeasure(f"{self.server.name} has ended")

    def end(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _wait_until_listening(self, folder: Path) -> None:
        deadline = time.monotonic() + LISTENS_WITHIN
        while time.monotonic() < deadline and self._process.poll() is None:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
                return
            time.sleep(0.002)
        self.end()
        raise CannotMeasure(f"{self.server.name} does not listen: {(folder / 'output').read_text()[-500:]}")


@contextmanager
def running(server: Server, core: int) -> Iterator[Process]:
    """Start a server on that core, and end it whatever happens."""
    with TemporaryDirectory(prefix="chatd-bench-") as folder:
        process = Process(server, Path(folder), core)
        try:
            yield process
        finally:
            process.end()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
