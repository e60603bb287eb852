"""Tests for chatd.store.sqlite_file."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from chatd.store.sqlite_file import FileDamaged, FileGone, FileNewer, FileUnusable, SQLiteFile

FIRST = "create table word (word text not null)"
SECOND = "alter table word add column length integer not null default 0; update word set length = length(word)"
FAILS = "update word set length = 7; insert into nowhere values (1)"


class FileTestCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.folder = Path(self.mktemp()).absolute()
        self.folder.mkdir()
        self.path = self.folder / "words ?#%.sqlite"  # none of which may mean anything in a URI
        self.file = self.of_versions(FIRST)

    def of_versions(self, *scripts: str, disposable: bool = False) -> SQLiteFile:
        return SQLiteFile(self.path, scripts, disposable=disposable)

    def run_sql(self, file: SQLiteFile, *statements: str) -> list[Any]:
        with closing(file.open()) as db:
            return [db.execute(statement).fetchall() for statement in statements]

    def names(self) -> set[str]:
        return {path.name for path in self.folder.iterdir()}


class OpenTests(FileTestCase):
    def test_made(self) -> None:
        """A file is made for its owner alone, with the logs beside it, and is there the next time."""
        self.addCleanup(os.umask, os.umask(0))
        with closing(self.file.open()) as db:
            db.execute("insert into word values ('hello')")
            self.assertEqual({path.stat().st_mode & 0o777 for path in self.folder.iterdir()}, {0o600})
            self.assertEqual(len(self.names()), 3)
        [[row]] = self.run_sql(self.of_versions(FIRST), "select * from word")
        self.assertEqual(row, ("hello",))
        self.assertEqual(self.names(), {self.path.name})

    def test_how(self) -> None:
        """What is committed survives a power cut, and what is deleted is overwritten."""
        settings = ("journal_mode", "synchronous", "secure_delete", "user_version")
        rows = self.run_sql(self.file, *(f"pragma {setting}" for setting in settings))
        self.assertEqual(rows, [[("wal",)], [(2,)], [(1,)], [(1,)]])

    def test_half_made(self) -> None:
        """What a crash left of a file that was being made is in nobody's way."""
        self.path.with_name(f".{self.path.name}.new").write_bytes(b"half")
        self.run_sql(self.file)
        self.assertEqual(self.names(), {self.path.name})

    def test_read_only(self) -> None:
        """Who only reads can change nothing."""
        self.run_sql(self.file, "insert into word values ('hello')")
        with closing(self.file.open_to_read()) as db:
            self.assertEqual(db.execute("select * from word").fetchall(), [("hello",)])
            self.assertRaises(sqlite3.OperationalError, db.execute, "delete from word")

    def test_nothing_to_read(self) -> None:
        """A file that isn't there can't be read, and isn't made."""
        self.assertRaises(FileUnusable, self.file.open_to_read)
        self.assertEqual(self.names(), set())

    def test_no_folder(self) -> None:
        """Where no file can be made, the reason comes first."""
        file = SQLiteFile(self.folder / "no" / "file", (FIRST,), disposable=True)
        refusal = self.assertRaises(FileUnusable, file.open)
        self.assertTrue(str(refusal).startswith("No such file or directory: "), refusal)


class VersionTests(FileTestCase):
    def test_brought_up_to_date(self) -> None:
        """An older file is brought to the newest version, and what it was before is kept beside it."""
        self.run_sql(self.file, "insert into word values ('hello')")
        newest = self.of_versions(FIRST, SECOND)
        rows = self.run_sql(newest, "select * from word", "pragma user_version")
        self.assertEqual(rows, [[("hello", 5)], [(2,)]])
        [copy] = newest.leftovers()
        self.assertEqual(copy.name, f"{self.path.name}.v1")
        self.assertEqual(copy.stat().st_mode & 0o777, 0o600)
        with closing(sqlite3.connect(copy)) as db:
            self.assertEqual(db.execute("select * from word").fetchall(), [("hello",)])
            self.assertEqual(db.execute("pragma user_version").fetchall(), [(1,)])

    def test_new_one(self) -> None:
        """A file that is made has all versions behind it, and there is nothing to copy."""
        file = self.of_versions(FIRST, SECOND)
        self.assertEqual(self.run_sql(file, "select * from word", "pragma user_version"), [[], [(2,)]])
        self.assertEqual(self.names(), {self.path.name})

    def test_fails(self) -> None:
        """A change of version that fails leaves the version before it whole, and can be tried again."""
        self.run_sql(self.file, "insert into word values ('hello')")
        for _ in range(2):
            self.assertRaises(FileUnusable, self.of_versions(FIRST, SECOND, FAILS).open)
            with closing(sqlite3.connect(self.path)) as db:
                self.assertEqual(db.execute("select * from word").fetchall(), [("hello", 5)])
                self.assertEqual(db.execute("pragma user_version").fetchall(), [(2,)])

    def test_newer(self) -> None:
        """A file of a later chatd is refused as it is, with the name of what it was before."""
        self.run_sql(self.file)
        self.run_sql(self.of_versions(FIRST, SECOND))
        before = self.path.read_bytes()
        refusal = self.assertRaises(FileNewer, self.file.open)
        self.assertTrue(str(refusal).startswith("made by a later chatd (version 2): "), refusal)
        self.assertIn(f"what it was before is in {self.path.name}.v1", str(refusal))
        self.assertEqual(self.path.read_bytes(), before)
        (self.folder / f"{self.path.name}.v1").unlink()
        self.assertNotIn("before", str(self.assertRaises(FileNewer, self.file.open)))


class DamageTests(FileTestCase):
    def fill(self) -> None:
        self.run_sql(self.file, *["insert into word values (hex(randomblob(500)))"] * 40)

    def assert_damaged(self, reason: str = "damaged (") -> None:
        refusal = self.assertRaises(FileDamaged, self.file.open)
        self.assertTrue(str(refusal).startswith(reason), refusal)

    def test_header(self) -> None:
        """A file that doesn't begin as one of SQLite's is damaged."""
        self.fill()
        with self.path.open("r+b") as file:
            file.write(b"x" * 100)
        self.assert_damaged("damaged (file is not a database): ")

    def test_emptied(self) -> None:
        """So is an empty one, which SQLite would take for new, and one with nothing of ours."""
        self.path.touch()
        self.assert_damaged("damaged (it holds nothing): ")
        self.path.unlink()
        with closing(sqlite3.connect(self.path)) as db:
            db.execute("create table foreign_to_us (x)")
        self.assert_damaged("damaged (it holds nothing): ")

    def test_cut(self) -> None:
        """So is one that was cut off."""
        self.fill()
        os.truncate(self.path, self.path.stat().st_size // 2)
        self.assert_damaged()

    def test_page(self) -> None:
        """Damage in the middle is found when it is looked for."""
        self.fill()
        with self.path.open("r+b") as file:
            file.seek(3 * 4096)
            file.write(b"\xff" * 4096)
        with closing(self.file.open()) as db:
            self.assertRaises(FileDamaged, self.file.check, db)

    def test_schema_page(self) -> None:
        """So is damage that keeps SQLite from looking."""
        self.fill()
        with self.path.open("r+b") as file:
            file.seek(100)
            file.write(b"\xff" * 3996)
        with closing(self.file.open_to_read()) as db:
            self.assertRaises(FileDamaged, self.file.check, db)

    def test_whole(self) -> None:
        """A file that is well is none."""
        self.fill()
        with closing(self.file.open()) as db:
            self.file.check(db)

    def test_log_alone(self) -> None:
        """Where only the log is left, a precious file is damaged, and a disposable one is begun anew without it."""
        with closing(self.file.open()) as db:
            db.execute("insert into word values ('hello')")
            log = Path(f"{self.path}-wal").read_bytes()
        self.path.unlink()
        Path(f"{self.path}-wal").write_bytes(log)
        self.file = self.of_versions(FIRST)
        self.assert_damaged()
        self.assertEqual(self.run_sql(self.of_versions(FIRST, disposable=True), "select * from word"), [[]])

    def test_put_aside(self) -> None:
        """What is put aside is there with its log under another name, and nothing is in the way of a new file."""
        with closing(self.file.open()) as db:
            db.execute("insert into word values ('hello')")
            aside = self.file.put_aside()
            self.assertEqual({path.name for path in self.file.leftovers()}, self.names())
        self.assertEqual(self.run_sql(self.of_versions(FIRST), "select * from word"), [[]])
        with closing(sqlite3.connect(aside)) as db:
            self.assertEqual(db.execute("select * from word").fetchall(), [("hello",)])

    def test_cannot_put_aside(self) -> None:
        """What can't be put aside stays, and the reason is told."""
        file = SQLiteFile(Path("/proc/self/cmdline"), (FIRST,), disposable=True)  # which nobody can rename
        refusal = self.assertRaises(FileUnusable, file.put_aside)
        self.assertIn("is damaged and can't be put aside", str(refusal))


class GoneTests(FileTestCase):
    def test_precious(self) -> None:
        """A precious file that was removed or replaced is not used any more, nor made anew, until it is back."""
        self.file.open().close()
        moved = self.path.rename(f"{self.path}.moved")
        for use in (self.file.open, self.file.open_to_read, self.file.check_same):
            self.assertRaises(FileGone, use)
        self.assertEqual(self.names(), {moved.name})
        self.of_versions(FIRST).open().close()
        self.assertRaises(FileGone, self.file.open)
        moved.rename(self.path)
        self.file.open().close()

    def test_disposable(self) -> None:
        """A disposable one is begun anew."""
        file = self.of_versions(FIRST, disposable=True)
        self.assertFalse(file.is_there())
        self.run_sql(file, "insert into word values ('hello')")
        self.assertTrue(file.is_there())
        self.path.unlink()
        self.assertFalse(file.is_there())
        self.assertEqual(self.run_sql(file, "select * from word"), [[]])


class CopyTests(FileTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.run_sql(self.file, "insert into word values ('hello')")
        self.db = self.file.open_to_read()
        self.addCleanup(self.db.close)
        self.target = self.folder / "copy"

    def test_copied(self) -> None:
        """A copy has all that is there, is for its owner alone, and takes the place of an older one."""
        self.addCleanup(os.umask, os.umask(0))
        self.target.write_text("older")
        self.file.copy(self.db, self.target)
        with closing(sqlite3.connect(self.target)) as db:
            self.assertEqual(db.execute("select * from word").fetchall(), [("hello",)])
        self.assertEqual(self.target.stat().st_mode & 0o777, 0o600)
        self.assertFalse([name for name in self.names() if name.startswith(".")])

    def test_fails(self) -> None:
        """A copy that fails leaves nothing, and what was there before."""
        self.target.write_text("older")
        self.db.set_progress_handler(lambda: 1, 1)
        self.assertRaises(FileUnusable, self.file.copy, self.db, self.target)
        self.assertFalse([name for name in self.names() if name.startswith(".")])
        self.assertEqual(self.target.read_text(), "older")

    def test_nowhere(self) -> None:
        """It can't be made in a folder that isn't there."""
        refusal = self.assertRaises(FileUnusable, self.file.copy, self.db, self.folder / "no" / "copy")
        self.assertTrue(str(refusal).startswith("No such file or directory: "), refusal)
