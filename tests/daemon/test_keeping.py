"""Tests for chatd.daemon.keeping: the state folder of a real daemon, and of a service in this process."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from twisted.internet import reactor
from twisted.internet.task import Clock
from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import SynchronousTestCase, TestCase

from chatd.core.events import Said
from chatd.core.hall import Hall
from chatd.core.nickname import nickname
from chatd.core.owners import Owner
from chatd.core.refusals import NothingSaid
from chatd.daemon.keeping import Keeping
from chatd.daemon.service import ChatService
from chatd.daemon.settings import BadSetting, Settings
from chatd.session.refusals import NotBackedUp
from chatd.session.session import Server
from chatd.store.people import People
from tests.daemon.test_service import TwistdTestCase
from tests.keeping import DAY, SECRET


class StateFolderTests(TwistdTestCase):
    """What `twistd chatd` keeps, and how it starts and stops."""

    def chatd(self, *options: str) -> subprocess.Popen[str]:
        fast = ("--line-rate=0", "--byte-rate=0")
        return self.twistd("-n", "--pidfile=", "chatd", self.listen, *fast, *options)

    def stop(self, process: subprocess.Popen[str]) -> str:
        process.send_signal(signal.SIGTERM)
        out, _ = self.assertExits(process, -signal.SIGTERM)
        return out

    def database(self, name: str, question: str) -> list[Any]:
        with closing(sqlite3.connect(self.folder / "chatd-state" / name)) as db:
            return db.execute(question).fetchall()

    def test_default(self) -> None:
        """By default the folder is made beside twistd's own files, for its owner alone, and holds no word of anyone."""
        process = self.chatd()
        connection = self.connect()
        connection.sendall(b"alice\nbetween you and me\n")
        self.read_until(connection, b"<alice> between you and me\r\n")
        self.stop(process)
        folder = self.folder / "chatd-state"
        self.assertEqual(folder.stat().st_mode & 0o777, 0o700)
        self.assertEqual([path.name for path in folder.iterdir()], ["people.sqlite"])
        self.assertEqual((folder / "people.sqlite").stat().st_mode & 0o777, 0o600)
        for path in self.folder.rglob("*"):
            self.assertFalse(path.is_file() and b"between you" in path.read_bytes(), path)

    def test_none(self) -> None:
        """With none nothing is made, and names are not owned."""
        process = self.chatd("--state=none")
        connection = self.connect()
        connection.sendall(b"alice\n/register\n")
        self.read_until(connection, b"!! names are not owned here\r\n")
        self.stop(process)
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_in_use(self) -> None:
        """A folder that a second daemon uses is one line and exit status 1, in the foreground and as a daemon."""
        process = self.chatd()
        self.let_in()
        line = f"in use by another chatd: the state folder {self.folder.absolute() / 'chatd-state'}; "
        _, err = self.assertExits(self.twistd("-n", "--pidfile=", "chatd", "--listen=tcp:0"), 1)
        self.assertEqual(err, f"chatd: {line}give each its own by --state\n")
        _, err = self.assertExits(self.twistd("--pidfile=x.pid", "chatd", "--listen=tcp:0"), 1)
        self.assertIn("in use by another chatd", err)
        self.stop(process)

    def test_unusable(self) -> None:
        """So is one that can't be made."""
        _, err = self.assertExits(self.twistd("-n", "--pidfile=", "chatd", self.listen, "--state=/no/such"), 1)
        self.assertEqual(err, "chatd: No such file or directory: the state folder /no/such can't be used\n")

    def test_damaged_owners(self) -> None:
        """The damaged or later file of owners is one line and exit status 1: an empty one would give names away."""
        folder = self.folder / "chatd-state"
        folder.mkdir()
        for content, why in ((b"x" * 5000, "damaged"), (None, "later chatd")):
            path = folder / "people.sqlite"
            if content is not None:
                path.write_bytes(content)
            else:
                path.unlink()
                with closing(sqlite3.connect(path)) as db:
                    db.execute("pragma user_version = 99")
            _, err = self.assertExits(self.twistd("-n", "--pidfile=", "chatd", self.listen), 1)
            self.assertEqual(len(err.splitlines()), 1, err)
            self.assertIn(why, err)

    def test_later_history(self) -> None:
        """So is the history of a later chatd; a damaged one is put aside and begun anew."""
        folder = self.folder / "chatd-state"
        folder.mkdir()
        path = folder / "history.sqlite"
        with closing(sqlite3.connect(path)) as db:
            db.execute("pragma user_version = 99")
        _, err = self.assertExits(self.twistd("-n", "--pidfile=", "chatd", self.listen, "--history-days=7"), 1)
        self.assertIn("later chatd", err)
        path.write_bytes(b"x" * 5000)
        process = self.chatd("--history-days=7")
        self.let_in()
        self.assertIn("begun anew", self.stop(process))
        self.assertEqual(len(list(folder.glob("history.sqlite.damaged-*"))), 1)

    def test_not_read(self) -> None:
        """A history that is kept no more is not read, and the log says that it is there."""
        process = self.chatd("--history-days=7")
        self.let_in()
        self.stop(process)
        process = self.chatd()
        self.let_in()
        self.assertIn("What was said before is still on the disk, and not read", self.stop(process))

    def test_restart(self) -> None:
        """Over a restart, as a daemon too, names stay owned, bans hold, and the last lines are shown."""
        arguments = ("--pidfile=chatd.pid", "chatd", self.listen, "--history-days=7")
        self.assertExits(self.twistd(*arguments), 0)
        connection = self.connect()
        connection.sendall(f"alice\n/register\n{SECRET}\n{SECRET}\nhello\n".encode())
        self.read_until(connection, b"<alice> hello\r\n")
        os.kill(int((self.folder / "chatd.pid").read_text()), signal.SIGTERM)
        self.wait_until_gone(self.folder / "chatd.pid")
        self.assertExits(self.twistd(*arguments), 0)
        connection = self.connect()
        connection.sendall(f"alice\n{SECRET}\n".encode())
        received = self.read_until(connection, b"<alice> hello\r\n")
        self.assertIn(b"Password of alice: ", received)
        os.kill(int((self.folder / "chatd.pid").read_text()), signal.SIGTERM)
        self.wait_until_gone(self.folder / "chatd.pid")

    def test_nothing_lost(self) -> None:
        """SIGTERM loses no line: every one that was said is on the disk."""
        process = self.chatd("--history-days=7")
        connection = self.connect()
        connection.sendall(b"alice\n" + b"".join(b"line %d\n" % number for number in range(2_000)))
        self.read_until(connection, b"<alice> line 1999\r\n")
        self.stop(process)
        self.assertEqual(self.database("history.sqlite", "select count(*) from line"), [(2_000,)])

    def test_killed(self) -> None:
        """kill -9 loses no more than what was said in the last quarter of a second, and a bit for the disk."""
        process = self.chatd("--history-days=7")
        connection = self.connect()
        connection.sendall(b"alice\n")
        self.read_until(connection, b"quit leaves")
        number, began = 0, time.monotonic()
        seen: list[tuple[float, int]] = []  # when how many lines had been heard
        while time.monotonic() - began < 1.5:
            connection.sendall(b"line %d\n" % number)
            self.read_until(connection, b"line %d\r\n" % number)
            number += 1
            seen.append((time.monotonic(), number))
        process.kill()
        killed = time.monotonic()
        process.communicate()
        [(kept,)] = self.database("history.sqlite", "select count(*) from line")
        certain = max(count for at, count in seen if at < killed - 1.0)
        self.assertGreaterEqual(kept, certain)
        self.assertEqual(self.database("history.sqlite", "pragma integrity_check"), [("ok",)])
        texts = [text for (text,) in self.database("history.sqlite", "select text from line order by id")]
        self.assertEqual(texts, [f"line {at}" for at in range(kept)])


class SettingsTests(SynchronousTestCase):
    def test_nowhere_to_keep(self) -> None:
        """What is to be kept needs a place, and letters need owners."""
        for settings, why in (
            (Settings(state=None, history_days=7), "there is no state folder"),
            (Settings(state=None, letters_days=7), "letters are for owners"),
            (Settings(owned_names="no", letters_days=7), "letters are for owners"),
        ):
            error = self.assertRaises(BadSetting, ChatService, settings, MemoryReactorClock())
            self.assertIn(why, str(error))


class KeepingTests(TestCase):
    """What a service keeps, in this process."""

    def setUp(self) -> None:
        self.now = 1_000 * DAY
        self.folder = Path(self.mktemp()).absolute()
        self.keepings: list[Keeping] = []

    def keep(self, **settings: Any) -> Keeping:
        clock = Clock()
        server = Server(Hall(clock, now=lambda: self.now), "the lab")
        keeping = Keeping(Settings(**{"state": str(self.folder), **settings}), server, reactor)
        keeping.open()
        self.addCleanup(keeping.close)
        self.server = server
        return keeping

    def people(self, keeping: Keeping) -> People:
        assert keeping.people is not None
        return keeping.people

    async def own(self, keeping: Keeping, typed: str) -> Owner:
        return await self.people(keeping).register(nickname(typed), SECRET, None)

    async def test_owned_names(self) -> None:
        """Names are owned where that is wanted; with tls, passwords are taken where nobody can read along."""
        for how, owned, private in (("yes", True, False), ("tls", True, True), ("no", False, False)):
            keeping = self.keep(owned_names=how)
            self.assertEqual(keeping.people is not None, owned)
            accounts = self.server.accounts
            self.assertEqual((accounts is not None, bool(accounts and accounts.private_only)), (owned, private))
            await keeping.close()

    async def test_unused(self) -> None:
        """Names that nobody used for so many days are anybody's again, but for those who are here."""
        keeping = self.keep(unused_names_days=30)
        alice, _ = [await self.own(keeping, name) for name in ("alice", "bob")]
        self.server.hall.enter("alice", list, account=alice.id)
        self.now += 31 * DAY
        await keeping._free_unused()
        self.assertEqual([owner.name.shown for owner in self.server.hall.owners], ["alice"])

    async def test_disk_gone_meanwhile(self) -> None:
        """If they can't be freed now, they will be tomorrow."""
        keeping = self.keep()
        await self.own(keeping, "alice")
        self.now += 400 * DAY
        await self.people(keeping).close()
        await keeping._free_unused()
        self.assertEqual(len(self.server.hall.owners), 1)

    async def test_apply(self) -> None:
        """What may change while chatd runs does; what is not to be remembered any more isn't."""
        keeping = self.keep(history_days=7)
        for text in "abcde":
            self.server.hall.lobby.ring.keep(Said(self.now, "#lobby", "alice", text), None)
        keeping.apply(Settings(state=str(self.folder), history_lines=3, history_most=5_000, letters_days=9))
        self.server.hall.memory.lines = 20
        self.assertEqual([line.text for line in self.server.hall.lobby.ring.last()], ["c", "d", "e"])
        assert keeping.history is not None and self.server.accounts is not None
        self.assertEqual(keeping.history.most, 5_000)
        self.assertEqual((self.people(keeping).letters_days, self.server.accounts.letters_days), (9, 9))

    async def test_figures(self) -> None:
        """What can be counted is there, with a state folder and without."""
        keeping = self.keep(history_days=7)
        await self.own(keeping, "alice")
        ring = self.server.hall.lobby.ring
        ring.keep(Said(self.now, "#lobby", "alice", "hello"), None)
        figures = {"owners": 1, "owners_ok": 1, "history_ok": 1, "history_waiting": 1, "history_lost": 0}
        self.assertEqual(keeping.figures(), figures)
        nothing = self.keep(state=None)
        self.assertEqual(nothing.figures(), {**figures, "owners": 0, "history_waiting": 0})

    async def test_backup(self) -> None:
        """A backup is a new folder that another chatd could use; one that can't be made says why."""
        keeping = self.keep(history_days=7)
        await self.own(keeping, "alice")
        where = Path(await keeping.backup("monday"))
        self.assertEqual(where, self.folder / "monday")
        self.assertEqual(
            sorted(path.name for path in where.iterdir()), ["bans.json", "history.sqlite", "people.sqlite"]
        )
        for name, why in (("monday", "File exists"), ("no/such", "No such file or directory")):
            with self.assertRaises(NotBackedUp) as raised:
                await keeping.backup(name)
            self.assertIn(why, raised.exception.why)
        nothing = self.keep(state=None)
        with self.assertRaises(NotBackedUp) as raised:
            await nothing.backup("x")
        self.assertIn("no state folder", raised.exception.why)

    async def test_backup_of_less(self) -> None:
        """Where nothing is owned and nothing kept, it holds the bans."""
        keeping = self.keep(owned_names="no")
        where = Path(await keeping.backup("monday"))
        self.assertEqual([path.name for path in where.iterdir()], ["bans.json"])

    async def test_backup_that_fails(self) -> None:
        """A disk that is full while it is made is a refusal."""
        keeping = self.keep()
        await self.people(keeping).close()
        with self.assertRaises(NotBackedUp) as raised:
            await keeping.backup("monday")
        self.assertTrue(raised.exception.why)

    async def test_aside(self) -> None:
        """What nobody waits for is logged if it is a bug, and not if it was refused."""
        keeping = self.keep()

        async def fail(error: Exception) -> None:
            raise error

        keeping._aside(fail(NothingSaid()))
        self.assertEqual(self.flushLoggedErrors(), [])
        keeping._aside(fail(ZeroDivisionError()))
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    async def test_released(self) -> None:
        """When it is closed, another may have the folder, and what was kept is there."""
        keeping = self.keep()
        await self.own(keeping, "alice")
        await keeping.close()
        again = self.keep()
        self.assertEqual([owner.name.shown for owner in self.people(again).owners], ["alice"])
