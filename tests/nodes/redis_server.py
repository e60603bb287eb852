"""A real redis-server for tests, on a Unix socket in a folder of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from pathlib import Path
from shutil import which

HERE = which("redis-server") or which("valkey-server")
MISSING = "" if HERE else "there is no redis-server here"


class RedisServer:
    """It is started at once; with `keeps` it has its data again when it is started again."""

    def __init__(self, folder: Path, keeps: bool = False, *more: str, port: int = 0) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.path = folder / "redis.sock"
        self._command = [str(HERE), "--port", str(port), "--unixsocket", str(self.path), "--dir", str(folder)]
        self._command += ["--save", "", "--appendonly", "yes" if keeps else "no", "--appendfsync", "always", *more]
        self.start()

    @property
    def url(self) -> str:
        return f"unix://{self.path}"

    def start(self) -> None:
        with (self.folder / "redis.log").open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log)
        until = time.monotonic() + 10
        while not self._answers():
            if time.monotonic() > until or self._process.poll() is not None:
                raise AssertionError((self.folder / "redis.log").read_text())
            time.sleep(0.01)  # it has no other way to say that it listens

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def freeze(self) -> None:
        """Stop it, and wait until it has stopped."""
        self._process.send_signal(signal.SIGSTOP)
        os.waitpid(self._process.pid, os.WUNTRACED)

    def thaw(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        if self._process.poll() is None:
            self.thaw()
            self.kill()

    def run(self, *command: str) -> str:
        """Give a command, as redis-cli does."""
        client = ["redis-cli", "-s", str(self.path), *command]
        return subprocess.run(client, capture_output=True, text=True, timeout=10, check=True).stdout.strip()

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(1)
            try:
                client.connect(str(self.path))
                client.sendall(b"PING\r\n")
                return client.recv(100).startswith((b"+PONG", b"-NOAUTH"))
            except OSError:
                return False
