"""An SQLite file: made, checked, brought up to date, copied, put aside. All of it waits for the disk.

It knows nothing of threads: whoever calls decides which one waits.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from chatd.store.folder import StoreError

_BUSY = 5.0  # seconds to wait for somebody who has opened the file by hand
_WRITING = (
    "pragma journal_mode = wal",
    "pragma synchronous = full",  # a commit survives a power cut, not only a crash of chatd
    "pragma secure_delete = on",  # what is deleted is overwritten
    "pragma temp_store = memory",
)
_DAMAGE = ("SQLITE_NOTADB", "SQLITE_CORRUPT")


class FileUnusable(StoreError):
    """The file can't be used now: the disk is full, gone, read-only or slow. It may be better later."""


class FileDamaged(StoreError):
    """The file is none that chatd could have left."""


class FileNewer(StoreError):
    """The file was made by a later chatd."""


class FileGone(StoreError):
    """The file was removed, or another put in its place, while chatd used it."""


class SQLiteFile:
    """One file of the state folder, with the scripts that made each of its versions out of the one before.

    A `disposable` file is begun anew where it was removed. Another one is never made while it is being used: an empty
    one in its place would be worse than none.
    """

    def __init__(self, path: Path, scripts: Sequence[str], *, disposable: bool) -> None:
        self.path = path
        self.disposable = disposable
        self._scripts = scripts
        self._opened: tuple[int, int] | None = None  # the file, whatever it is now called by

    def open(self) -> sqlite3.Connection:
        """Return a connection that reads and writes the newest version, which is made if there is none.

        @raises FileDamaged, FileNewer, FileGone, FileUnusable: if it can't be had.
        """
        try:
            self.check_same()
            if not self.path.exists():
                self._make()
            return self._opened_for_writing()
        except sqlite3.Error as error:
            raise self.refusal(error) from error
        except OSError as error:
            raise FileUnusable(f"{error.strerror}: {self.path} can't be used") from error

    def open_to_read(self) -> sqlite3.Connection:
        """Return a connection that can change nothing.

        @raises FileGone, FileUnusable: if it can't be had.
        """
        self.check_same()
        try:
            return _connected(f"{self.path.as_uri()}?mode=ro")
        except sqlite3.Error as error:
            raise self.refusal(error) from error

    def identity(self) -> tuple[int, int] | None:
        """Return which file has that name now, None if there is none."""
        try:
            status = self.path.stat()
        except OSError:
            return None
        return status.st_dev, status.st_ino

    def is_there(self) -> bool:
        """Say whether the file that was opened last is still there under its name."""
        return self._opened is not None and self._opened == self.identity()

    def check_same(self) -> None:
        """@raises FileGone: if it was removed or replaced, and is not disposable."""
        if self._opened is not None and not self.disposable and not self.is_there():
            raise FileGone(f"removed or replaced while chatd runs: {self.path}; put it back, or start chatd again")

    def check(self, db: sqlite3.Connection) -> None:
        """Look for damage in all of it: 0.15 s for 90 MB.

        @raises FileDamaged: if there is some.
        """
        try:
            [[found]] = db.execute("pragma quick_check(1)").fetchall()
        except sqlite3.Error as error:
            raise self.refusal(error) from error
        if found != "ok":
            raise FileDamaged(f"damaged ({found}): {self.path}")

    def put_aside(self) -> Path:
        """Give the file another name, which is returned; nobody may have it open.

        @raises FileUnusable: if that can't be done.
        """
        aside = self.path.with_name(f"{self.path.name}.damaged-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}")
        try:
            for suffix in ("", "-wal", "-shm"):
                part = Path(f"{self.path}{suffix}")
                if part.exists():
                    part.replace(f"{aside}{suffix}")
        except OSError as error:
            raise FileUnusable(f"{error.strerror}: {self.path} is damaged and can't be put aside") from error
        return aside

    def leftovers(self) -> list[Path]:
        """Return the files that were put aside, or were copied before a change of version."""
        return sorted({*self.path.parent.glob(f"{self.path.name}.damaged-*"), *self._copies()})

    def copy(self, db: sqlite3.Connection, target: Path) -> None:
        """Write all that is in the file now to another one, for its owner alone; it is there whole or not at all.

        @raises FileUnusable: if it can't be written.
        """
        unfinished = target.with_name(f".{target.name}.new")
        try:
            unfinished.unlink(missing_ok=True)
            _make_empty(unfinished)
            try:
                db.execute("vacuum into ?", (str(unfinished),))
                _sync(unfinished)
                unfinished.replace(target)
                _sync(target.parent)
            finally:
                unfinished.unlink(missing_ok=True)
        except sqlite3.Error as error:
            raise FileUnusable(f"{error}: {target} can't be written") from error
        except OSError as error:
            raise FileUnusable(f"{error.strerror}: {target} can't be written") from error

    def refusal(self, error: sqlite3.Error) -> StoreError:
        """Return what an error of SQLite means for the file."""
        name = getattr(error, "sqlite_errorname", "")
        if name.startswith(_DAMAGE):
            return FileDamaged(f"damaged ({error}): {self.path}")
        return FileUnusable(f"{error}: {self.path} can't be used")

    def _make(self) -> None:
        """Make the file whole under another name first: an empty one is damage, and none of ours."""
        log = Path(f"{self.path}-wal")
        if log.exists() and not self.disposable:
            raise FileDamaged(f"damaged ({log.name} is there without it): {self.path}")
        log.unlink(missing_ok=True)  # else SQLite would write the old file's last changes into the new one
        unfinished = self.path.with_name(f".{self.path.name}.new")
        unfinished.unlink(missing_ok=True)
        _make_empty(unfinished)
        with closing(sqlite3.connect(unfinished, isolation_level=None)) as db:
            for version in range(len(self._scripts)):
                self._step(db, version)
        _sync(unfinished)
        unfinished.replace(self.path)
        _sync(self.path.parent)

    def _opened_for_writing(self) -> sqlite3.Connection:
        db = _connected(f"{self.path.as_uri()}?mode=rw")
        try:
            self._opened = self.identity()
            [[version]] = db.execute("pragma user_version").fetchall()
            if version == 0:
                raise FileDamaged(f"damaged (it holds nothing): {self.path}")
            if version > len(self._scripts):
                raise FileNewer(f"made by a later chatd (version {version}): {self.path}{self._hint()}")
            for pragma in _WRITING:
                db.execute(pragma).fetchall()
            if version < len(self._scripts):
                self.copy(db, Path(f"{self.path}.v{version}"))
            for step in range(version, len(self._scripts)):
                self._step(db, step)
        except BaseException:
            db.close()
            raise
        return db

    def _step(self, db: sqlite3.Connection, version: int) -> None:
        """Bring the file from one version to the next, or leave it as it is."""
        db.executescript(f"begin exclusive;{self._scripts[version]};pragma user_version = {version + 1};commit;")

    def _copies(self) -> list[Path]:
        return [path for path in self.path.parent.glob(f"{self.path.name}.v*") if path.suffix[2:].isdecimal()]

    def _hint(self) -> str:
        copies = ", ".join(path.name for path in self._copies())
        return f"; what it was before is in {copies}" if copies else ""


def _connected(uri: str) -> sqlite3.Connection:
    """Return a connection that whichever thread has it may use, and that begins no transaction by itself."""
    return sqlite3.connect(uri, uri=True, isolation_level=None, timeout=_BUSY, check_same_thread=False)


def _make_empty(path: Path) -> None:
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))  # -wal and -shm get the same mode


def _sync(path: Path) -> None:
    """Have the disk hold what is in a file, or which files are in a folder."""
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
