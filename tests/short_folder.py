"""A folder for Unix sockets, whose paths have 107 bytes at most: a checkout may lie deeper than that."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from twisted.trial.unittest import SynchronousTestCase


def short_folder(case: SynchronousTestCase) -> Path:
    """Return a new folder, which is removed once the test is over and all is cleaned up that comes later."""
    folder = TemporaryDirectory(prefix="chatd")
    case.addCleanup(folder.cleanup)
    return Path(folder.name)
