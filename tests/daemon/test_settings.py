"""Tests for chatd.daemon.settings."""

import os
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from chatd.daemon.settings import SETTINGS, BadSetting, Settings, read, rule, shown_default


class SettingsTests(SynchronousTestCase):
    folder = Path("/somewhere")

    def read(self, name: str, typed: str) -> object:
        return read(name, typed, self.folder)

    def assertRefused(self, name: str, typed: str, allowed: str) -> None:
        error = self.assertRaises(BadSetting, self.read, name, typed)
        self.assertIn(allowed, str(error))

    def test_numbers(self) -> None:
        """A number is read within its bounds; anything else is refused with what is allowed."""
        self.assertEqual(self.read("capacity", "2"), 2)
        for typed in ("0", "-1", "x", "", "1.5", "1000001", "²", "٣"):
            self.assertRefused("capacity", typed, "a whole number from 1 to 1,000,000")
        self.assertRefused("sendq", "15", "from 16 to")

    def test_title(self) -> None:
        """A title is one clean line."""
        self.assertEqual(self.read("title", " the \x1b[31mlab"), "the lab")
        for typed in ("", "  ", "x" * 61):
            self.assertRefused("title", typed, "1 to 60 characters")

    def test_motd(self) -> None:
        """A message of the day is read from a file, and its lines are clean."""
        path = Path(self.mktemp()).absolute()
        path.write_text("Be kind.\n\n\x1b[31mBackups\tat noon.  \n\n", encoding="utf-8")
        self.folder = path.parent
        for typed in (str(path), path.name):
            self.assertEqual(self.read("motd", typed), ("Be kind.", "", "Backups at noon."))

    def test_motd_refused(self) -> None:
        """A file that isn't there, is no file or no text is refused."""
        self.assertRefused("motd", "/does/not/exist", "No such file")
        self.assertRefused("motd", "/", "isn't a regular file")
        pipe = Path(self.mktemp()).absolute()
        os.mkfifo(pipe)
        self.assertRefused("motd", str(pipe), "isn't a regular file")
        path = Path(self.mktemp()).absolute()
        path.write_bytes(b"caf\xe9")
        self.assertRefused("motd", str(path), "UTF-8")

    def test_state(self) -> None:
        """The folder for what is kept is found from where it is named, but for the default; it may be none."""
        self.assertEqual(self.read("state", "/tmp"), "/tmp")
        self.assertRefused("state", __file__, "it isn't a folder")
        self.assertEqual(read("state", "x", Path("/var")), "/var/x")
        self.assertEqual(read("state", "chatd-state", Path("/var")), "chatd-state")
        self.assertIsNone(self.read("state", "none"))

    def test_credentials(self) -> None:
        """A file may be in the folder where the service manager has put what it hands over; else there is no such."""
        name = "$CREDENTIALS_DIRECTORY/password"
        self.assertRefused("redis-password", name, "there is no $CREDENTIALS_DIRECTORY")
        path = Path(self.mktemp()).absolute() / "password"
        path.parent.mkdir()
        path.touch()
        os.environ["CREDENTIALS_DIRECTORY"] = str(path.parent)
        self.addCleanup(os.environ.pop, "CREDENTIALS_DIRECTORY")
        self.assertEqual(self.read("redis-password", name), str(path))
        for other in ("$CREDENTIALS_DIRECTORYpassword", "x/$CREDENTIALS_DIRECTORY/password"):
            self.assertRefused("redis-password", other, "No such file")

    def test_words(self) -> None:
        """Where only some words are allowed, the others are refused with these."""
        self.assertEqual(self.read("log-level", "debug"), "debug")
        self.assertRefused("log-level", "loud", "one of debug, info, warn, error is allowed")

    def test_none(self) -> None:
        """A setting that is none by default can be set to that, to win over a file; others can't."""
        self.assertIsNone(self.read("capacity", "none"))
        self.assertIsNone(self.read("motd", "none"))
        self.assertRefused("sendq", "none", "a whole number")

    def test_defaults(self) -> None:
        """Every setting has a help, the name of its value, and a default that --help can show."""
        for name, setting in SETTINGS.items():
            self.assertTrue(rule(name).help and (rule(name).value or rule(name).kind == "flag"), name)
            self.assertTrue(shown_default(setting.default), name)
        self.assertEqual(Settings().listen, ("tcp:2428",))
        self.assertEqual(shown_default(("a", "b")), "a b")
        self.assertEqual(shown_default(None), "none")
