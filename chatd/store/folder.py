"""The state folder: where everything is that outlives the process. One daemon uses it at a time."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

NOTHING = "none"  # the setting that keeps nothing


class StoreError(Exception):
    """Something on the disk can't be used. `str()` is one line for the operator, with the reason first."""


class FolderInUse(StoreError):
    """Another daemon uses the folder."""


class FolderUnusable(StoreError):
    """The folder isn't there and can't be made, or nothing can be written in it."""


class StateFolder:
    """A folder that is this daemon's alone, until `release` or the end of the process."""

    def __init__(self, path: Path, lock: int) -> None:
        self.path = path
        self._lock = lock

    @classmethod
    def take(cls, setting: str) -> StateFolder | None:
        """Return the folder of that name, made for its owner alone (0700) if there is none; None where the setting is
        `none`. The folder around it must be there.

        @raises FolderInUse, FolderUnusable: if it can't be had.
        """
        if setting == NOTHING:
            return None
        path = Path(setting).absolute()
        try:
            path.mkdir(mode=0o700, exist_ok=True)
            lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise FolderUnusable(f"{error.strerror}: the state folder {path} can't be used") from None
        try:
            _lock(path, lock)
        except StoreError:
            os.close(lock)
            raise
        return cls(path, lock)

    def release(self) -> None:
        """Let another daemon have it."""
        os.close(self._lock)


def _lock(path: Path, folder: int) -> None:
    """@raises StoreError: if another has locked it, or nothing could be written in it."""
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise FolderInUse(f"in use by another chatd: the state folder {path}; give each its own by --state") from None
    if not os.access(path, os.W_OK | os.X_OK, effective_ids=True):
        raise FolderUnusable(f"Permission denied: nothing can be written in the state folder {path}")
