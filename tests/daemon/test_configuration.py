"""Tests for chatd.daemon.configuration."""

import os
import re
import tomllib
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

import chatd
from chatd.daemon.configuration import load
from chatd.daemon.settings import SETTINGS, BadSetting, Settings

EXAMPLE = Path(chatd.__file__).parent.parent / "deploy" / "chatd.toml"


class ConfigurationTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.path = Path(self.mktemp()).absolute()

    def load(self, text: str) -> dict[str, object]:
        self.path.write_text(text, encoding="utf-8")
        return load(self.path)

    def assertRefused(self, text: str, because: str) -> None:
        error = self.assertRaises(BadSetting, self.load, text)
        self.assertIn(f"{self.path}: {because}", str(error))
        self.assertNotIn("\n", str(error))

    def test_each_kind(self) -> None:
        """Numbers, texts, lists, files and flags are taken; files are found from the folder of the configuration."""
        (self.path.parent / "motd.txt").write_text("Be kind.\n")
        loaded = self.load(
            'sendq = 64\ntitle = "the lab"\nlisten = ["tcp:1", "tcp:2"]\nmotd = "motd.txt"\nmetrics-public = true\n'
            'capacity = "none"\ncontrol = "run/control"\n'
        )
        self.assertEqual(
            loaded,
            {
                "sendq": 64,
                "title": "the lab",
                "listen": ("tcp:1", "tcp:2"),
                "motd": ("Be kind.",),
                "metrics_public": True,
                "capacity": None,
                "control": str(self.path.parent / "run/control"),
            },
        )

    def test_unknown(self) -> None:
        """An unknown key is refused with the nearest."""
        self.assertRefused("line-rates = 5", "line-rates: there is no such setting; the nearest is line-rate")
        self.assertRefused("x = 5", "x: there is no such setting; --help lists")
        self.assertRefused("line_rate = 5", "line_rate: there is no such setting; the nearest is line-rate")
        self.assertRefused('"a\\nb" = 5', "ab: there is no such setting")
        self.assertRefused("[chatd]\nsendq = 64", "chatd: there is no such setting")

    def test_wrong_type(self) -> None:
        """A value of the wrong type is refused with what is allowed."""
        for typed in ('"64"', "true", "64.0", "[64]", "-1"):
            self.assertRefused(f"sendq = {typed}", "sendq: a whole number from 16 to 65,536 is allowed")
        self.assertRefused("title = 7", "title: a text in quotation marks is allowed")
        self.assertRefused("motd = 7", "motd: the name of a file in quotation marks is allowed")
        self.assertRefused("metrics-public = 1", "metrics-public: true or false is allowed")
        for typed in ('"tcp:1"', "[]", "[1]"):
            self.assertRefused(f"listen = {typed}", "listen: a list of texts is allowed")

    def test_out_of_range(self) -> None:
        """A value out of range, too."""
        self.assertRefused("capacity = 0", "capacity: a whole number from 1 to 1,000,000 is allowed")
        self.assertRefused('motd = "nowhere"', "motd: the file can't be read (No such file")

    def test_absurd(self) -> None:
        """Names, numbers and paths of absurd length, or with what no path may hold, are one clear line."""
        for line in (
            f"{'x' * 100_000} = 1",
            f"sendq = {'9' * 4000}",
            f'motd = "{"x" * 5000}"',
            'motd = "a\\u0000b"',
            f'state = "{"x" * 5000}"',
        ):
            error = str(self.assertRaises(BadSetting, self.load, line))
            self.assertNotIn("\n", error)
            self.assertLess(len(error.replace(str(self.path.parent), "")), 6000)

    def test_no_toml(self) -> None:
        """What is no TOML, no text or no file is refused in one line, with where it breaks."""
        self.assertRefused("sendq 64", "no TOML: Expected '=' after a key in a key/value pair (at line 1, column 7)")
        self.assertRefused("x = " + "[" * 10_000, "no TOML")
        self.path.write_bytes(b'title = "caf\xe9"')
        self.assertIn("no TOML", str(self.assertRaises(BadSetting, load, self.path)))
        error = self.assertRaises(BadSetting, load, self.path.parent)
        self.assertIn("it isn't a regular file", str(error))
        fifo = self.path.parent / "fifo"
        os.mkfifo(fifo)
        self.assertIn("it isn't a regular file", str(self.assertRaises(BadSetting, load, fifo)))

    def test_example(self) -> None:
        """The example explains each setting and sets it to its default."""
        self.assertEqual(Settings(**load(EXAMPLE)), Settings())
        text = EXAMPLE.read_text(encoding="utf-8")
        self.assertEqual(list(tomllib.loads(text)), list(SETTINGS))
        for name in SETTINGS:
            self.assertRegex(text, rf"(?m)^# .+\n{re.escape(name)} = ")
