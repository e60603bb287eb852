"""Tests for chatd.store.state_file."""

import json
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred, execute
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from chatd.store.state_file import StateFile


class StateFileTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.folder = Path(self.mktemp())
        self.folder.mkdir()
        self.path = self.folder / "bans.json"
        self.file = StateFile(self.path, execute)
        self.restored: list[Any] = []

    def save(self, data: Any) -> None:
        self.successResultOf(Deferred.fromCoroutine(self.file.save(data)))

    def test_kept(self) -> None:
        """What was saved last comes back; only its owner may read it, and nothing else is left in the folder."""
        self.save(["one"])
        self.save({"two": "李"})
        self.file.load(self.restored.append)
        self.assertEqual(self.restored, [{"two": "李"}])
        self.assertEqual(self.path.stat().st_mode & 0o777, 0o600)
        self.assertEqual(list(self.folder.iterdir()), [self.path])

    def test_nothing_yet(self) -> None:
        """Where nothing was saved, nothing is restored, and nothing is wrong."""
        with capturedLogs() as events:
            self.file.load(self.restored.append)
        self.assertEqual((self.restored, events), ([], []))

    def test_damaged(self) -> None:
        """A damaged file is kept under another name and reported, and the next save is not in its way."""
        for damaged in (b"", b"{", b"\xff", b'["cut', b"[" * 100_000):
            self.path.write_bytes(damaged)
            with capturedLogs() as events:
                self.file.load(self.restored.append)
            [aside] = self.folder.glob("bans.json.damaged-*")
            self.assertEqual(aside.read_bytes(), damaged)
            self.assertIn(f"it is kept as {aside.name}", formatEvent(events[0]))
            self.assertEqual(events[0]["log_level"].name, "error")
            aside.unlink()
        self.assertEqual(self.restored, [])
        self.save([])
        self.assertEqual(json.loads(self.path.read_bytes()), [])

    def test_refused(self) -> None:
        """So is one that holds something else than what was saved."""

        def restore(data: Any) -> None:
            raise ValueError("it holds no bans")

        self.save([])
        with capturedLogs() as events:
            self.file.load(restore)
        self.assertIn("bans.json can't be used (it holds no bans)", formatEvent(events[0]))
        self.assertFalse(self.path.exists())

    def test_unreadable(self) -> None:
        """What can't even be renamed is reported too."""
        self.path.mkdir()
        self.folder.chmod(0o500)
        self.addCleanup(self.folder.chmod, 0o700)
        with capturedLogs() as events:
            self.file.load(self.restored.append)
        self.assertIn("can't be used", formatEvent(events[0]))

    def test_cannot_write(self) -> None:
        """If it can't be written, what was there before still is."""
        self.save(["before"])
        (self.folder / ".bans.json.new").mkdir()
        failed = Deferred.fromCoroutine(self.file.save(["after"]))
        self.failureResultOf(failed, OSError)
        self.file.load(self.restored.append)
        self.assertEqual(self.restored, [["before"]])

    def test_in_order(self) -> None:
        """The last save is the one that stays, though the first takes longer."""
        begun: list[tuple[Deferred[None], Any, Any]] = []

        def later(write: Any, text: str) -> Deferred[None]:
            done: Deferred[None] = Deferred()
            begun.append((done, write, text))
            return done

        file = StateFile(self.path, later)
        saves = [Deferred.fromCoroutine(file.save(number)) for number in (1, 2)]
        self.assertEqual(len(begun), 1)
        for _ in saves:
            done, write, text = begun[-1]
            write(text)
            done.callback(None)
        self.assertEqual(self.path.read_text(), "2\n")
