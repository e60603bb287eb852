"""A small file that survives a restart: plain data as JSON, written whole or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred, DeferredLock
from twisted.internet.threads import deferToThread
from twisted.logger import Logger

InThread = Callable[..., Deferred[None]]


class StateFile:
    """What was last saved in it is there after a crash of the daemon or of the machine."""

    _log = Logger()

    def __init__(self, path: Path, in_thread: InThread = deferToThread) -> None:
        self.path = path
        self._in_thread = in_thread
        self._in_order = DeferredLock()

    def load(self, restore: Callable[[Any], None]) -> None:
        """Hand over what was saved, if anything was.

        A file that can't be read, or that `restore` refuses with a ValueError, is kept under another name, and logged.
        """
        try:
            restore(json.loads(self.path.read_bytes()))
        except FileNotFoundError:
            return
        except (OSError, ValueError, RecursionError) as error:
            self._put_aside(error)

    async def save(self, data: Any) -> None:
        """@raises OSError: if it can't be written; then what was there before still is."""
        await self._in_order.run(self._in_thread, self._write, data)

    def _write(self, data: Any) -> None:
        text = json.dumps(data, ensure_ascii=False) + "\n"
        unfinished = self.path.with_name(f".{self.path.name}.new")
        with open(unfinished, "w", encoding="utf-8", opener=_for_owner_alone) as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(self.path)
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _put_aside(self, error: Exception) -> None:
        aside = self.path.with_name(f"{self.path.name}.damaged-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}")
        try:
            self.path.replace(aside)
        except OSError:
            aside = self.path
        self._log.error(
            "{path} can't be used ({error}); it is kept as {aside}", path=self.path, error=error, aside=aside.name
        )


def _for_owner_alone(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
