"""Passwords as they are stored: scrypt, whose cost is paid in a thread of its own."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import threading
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial

from chatd.core.owner_refusals import TooManyLogins
from chatd.store.worker import Worker

LOG_N = 14  # 40 ms and 16 MiB for each password; raised, it holds for old ones at the next right try
R, P = 8, 1
NICE = 10
MOST_WAITING = 8  # behind the one that is being looked at; more would take memory, not go faster


class Passwords:
    """Hashes passwords and compares them with stored ones, one at a time. They must be in the form that is compared."""

    def __init__(self, worker: Worker, log_n: int = LOG_N) -> None:
        self._worker = worker
        self._log_n = log_n
        self._waiting = 0

    async def hash(self, password: str) -> str:
        """Return what to store: `scrypt$14$8$1$salt$hash`.

        @raises TooManyLogins: if too many wait.
        """
        with self.place():
            return await self._worker.do(partial(_stored, password, self._log_n))

    async def matches(self, password: str, stored: str) -> bool:
        """Say whether that is the password that was stored, for somebody who has a `place`."""
        return await self._worker.do(partial(_matches, password, stored))

    @contextmanager
    def place(self) -> Iterator[None]:
        """Have a place among those that wait: before anything else is done for a password.

        @raises TooManyLogins: if there is none.
        """
        if self._waiting > MOST_WAITING:
            raise TooManyLogins
        self._waiting += 1
        try:
            yield
        finally:
            self._waiting -= 1

    def is_outdated(self, stored: str) -> bool:
        """Say whether a password should be stored anew, since that costs more by now."""
        return not stored.startswith(f"scrypt${self._log_n}${R}${P}$")

    def close(self) -> None:
        """None may be asked for any more; those that wait are not waited for."""
        self._worker.end()


def _stored(password: str, log_n: int) -> str:
    salt = secrets.token_bytes(16)
    hashed = _scrypt(password, salt, log_n, R, P)
    return f"scrypt${log_n}${R}${P}${b64encode(salt).decode()}${b64encode(hashed).decode()}"


def _matches(password: str, stored: str) -> bool:
    _, log_n, r, p, salt, hashed = stored.split("$")
    tried = _scrypt(password, b64decode(salt), int(log_n), int(r), int(p))
    return hmac.compare_digest(tried, b64decode(hashed))


def _go_last() -> None:
    """Let the reactor's thread go first wherever there are fewer processors than threads."""
    if threading.current_thread() is not threading.main_thread():
        with suppress(OSError):  # a sandbox may forbid it
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)


def _scrypt(password: str, salt: bytes, log_n: int, r: int, p: int) -> bytes:
    _go_last()
    n = 2**log_n
    return hashlib.scrypt(password.encode(), salt=salt, n=n, r=r, p=p, maxmem=256 * n * r, dklen=32)
