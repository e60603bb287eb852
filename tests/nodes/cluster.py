"""Several real daemons on one real Redis, and people at their sockets who note what they said and heard."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import chatd
from tests.nodes.redis_server import RedisServer

CHECKOUT = Path(chatd.__file__).parent.parent


class Daemon:
    """One of them, as a process; with `owns` names are owned there, and letters kept."""

    def __init__(self, folder: Path, name: str, redis: str, *more: str, owns: bool = False) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.state = folder / f"{name}.state"
        self._keeping = [f"--state={self.state}", "--letters-days=30"] if owns else ["--state=none", "--owned-names=no"]
        self.name, self.folder, self.more, self.redis = name, folder, more, redis
        self.path = folder / f"{name}.sock"
        self.control = folder / f"{name}.control"
        self.start()

    def start(self) -> None:
        self.path.unlink(missing_ok=True)
        arguments = [
            *("-n", "--pidfile=", f"--logfile={self.folder}/{self.name}.log", "chatd"),
            *(f"--listen=unix:{self.path}", f"--control={self.control}"),
            *self._keeping,
            *(
                f"--redis={self.redis}",
                f"--node={self.name}",
                "--line-rate=0",
                "--byte-rate=0",
                "--max-per-address=5000",
            ),
            *self.more,
        ]
        self.process = subprocess.Popen(
            [sys.executable, "-c", "from twisted.scripts.twistd import run; run()", *arguments],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
            stdout=subprocess.DEVNULL,
            stderr=(self.folder / f"{self.name}.err").open("ab"),
        )

    @property
    def log(self) -> str:
        """All that it has logged so far."""
        paths = (self.folder / f"{self.name}.{ending}" for ending in ("log", "err"))
        return "".join(path.read_text() for path in paths if path.exists())

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def freeze(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def end(self) -> int:
        if self.process.poll() is None:
            self.thaw()
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.kill()
        return self.process.returncode

    def operator(self, command: str) -> str:
        """Return what chatctl prints for a command."""
        chatctl = [sys.executable, "-m", "chatd.ctl.chatctl", "--control", str(self.control), *command.split()]
        environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
        done = subprocess.run(chatctl, capture_output=True, text=True, timeout=20, env=environment, check=False)
        return done.stdout + done.stderr


class Person:
    """Somebody who speaks JSON, and remembers every event with the time when it came."""

    def __init__(self, cluster: Cluster, daemon: Daemon, name: str) -> None:
        self.cluster, self.daemon, self.name = cluster, daemon, name
        self.events: list[tuple[float, dict[str, Any]]] = []
        self.said: list[str] = []
        self.is_open = True
        self._rest = b""
        self._socket = _connected(daemon.path)
        self._socket.setblocking(False)
        cluster.selector.register(self._socket, selectors.EVENT_READ, self)
        self.type("/format json")

    def type(self, line: str) -> None:
        if line[0] not in "/{":
            line = json.dumps({"line": line})
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._socket.sendall(f"{line}\n".encode())

    def say(self, text: str) -> None:
        self.said.append(text)
        self.do("say", text=text)

    def do(self, what: str, **arguments: str) -> None:
        self.type(json.dumps({"do": what, **arguments}))

    def read(self) -> None:
        try:
            data = self._socket.recv(1 << 20)
        except ConnectionResetError:
            data = b""
        if not data:
            self.close()
        *lines, self._rest = (self._rest + data).split(b"\n")
        now = time.monotonic()
        self.events += [(now, json.loads(line)) for line in lines if line.startswith(b"{")]

    def close(self) -> None:
        if self.is_open:
            self.is_open = False
            self.cluster.selector.unregister(self._socket)
            self._socket.close()

    def of(self, *kinds: str) -> list[dict[str, Any]]:
        return [event for _, event in self.events if event["event"] in kinds]

    @property
    def heard(self) -> list[str]:
        """The texts that they heard in rooms, late or not."""
        return [event["text"] for event in self.of("said", "said_late")]

    def is_in(self) -> bool:
        return bool(self.of("entered"))


class Cluster:
    """All of it; it must be closed."""

    def __init__(
        self, folder: Path, *names: str, more: tuple[str, ...] = (), keeps: bool = False, owns: bool = False
    ) -> None:
        self.folder = folder
        self.selector = selectors.DefaultSelector()
        self.redis = RedisServer(folder / "redis", keeps)
        self.daemons = [Daemon(folder, name, self.redis.url, *more, owns=owns) for name in names]
        self.people: list[Person] = []

    def enter(self, daemon: Daemon, name: str, within: float = 10) -> Person:
        """Somebody comes in, who asks again for a while if they must."""
        person = Person(self, daemon, name)
        self.people.append(person)
        until = time.monotonic() + within
        while not person.is_in():
            if time.monotonic() > until:
                raise AssertionError((person.events[-3:], daemon.log[-3000:]))
            refused = len(person.of("refused"))
            person.do("nick", name=name)
            self.until(partial(_is_answered, person, refused), 3, must=False)
            if not person.is_in():
                self.run(0.05)
        person.events = [one for one in person.events if one[1]["event"] != "refused"]
        return person

    def come(self, daemon: Daemon, name: str, password: str) -> Person:
        """An owner comes in by the password, at the first try."""
        person = Person(self, daemon, name)
        self.people.append(person)
        person.do("nick", name=name)
        self.until(lambda: person.of("asked", "refused", "entered"))
        if not person.of("asked"):
            raise AssertionError(person.events)
        person.do("password", password=password)
        self.until(lambda: person.of("entered", "refused"))
        if not person.is_in():
            raise AssertionError(person.events)
        return person

    def register(self, daemon: Daemon, name: str, password: str) -> Person:
        """Somebody comes in, and makes the name theirs."""
        person = self.enter(daemon, name)
        person.do("register")
        for _ in range(2):
            person.do("password", password=password)
        self.until(lambda: person.of("registered"))
        return person

    def run(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self._once(left)

    def until(self, holds: Callable[[], object], seconds: float = 10, must: bool = True) -> float:
        """Let time pass until something holds; return how long that took."""
        began = time.monotonic()
        while not holds():
            left = began + seconds - time.monotonic()
            if left <= 0:
                if must:
                    raise AssertionError("it never came to that")
                break
            self._once(min(left, 0.05))
        return time.monotonic() - began

    def close(self) -> None:
        for person in self.people:
            person.close()
        for daemon in self.daemons:
            daemon.end()
        self.redis.stop()
        self.selector.close()

    def _once(self, seconds: float) -> None:
        for key, _ in self.selector.select(seconds):
            key.data.read()


def _connected(path: Path) -> socket.socket:
    until = time.monotonic() + 15
    while True:
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect(str(path))
        except OSError:
            connection.close()
            if time.monotonic() > until:
                raise
            time.sleep(0.02)  # a daemon has no other way to say that it listens
        else:
            return connection


def _is_answered(person: Person, refused: int) -> bool:
    return person.is_in() or len(person.of("refused")) > refused
