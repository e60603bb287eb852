"""Tests for chatd.session.words."""

import os
import time
import typing

from twisted.trial.unittest import SynchronousTestCase

from chatd.core import events
from chatd.core.nickname import columns
from chatd.core.refusals import HallError, NobodyHere
from chatd.session.words import WIDTH, listing, people_are, refusal, render, some_of, table, view, widest

NOON = 1_700_000_000.0  # 2023-11-14 22:13:20 UTC


class RenderTests(SynchronousTestCase):
    def test_every_event(self) -> None:
        """Each event has its line; docs/protocol.md promises these forms."""
        lines = {
            events.Said(NOON, "alice", "hello"): "<alice> hello",
            events.Acted(NOON, "alice", "waves"): "* alice waves",
            events.Whispered(NOON, "alice", "psst"): "[alice -> you] psst",
            events.WhisperSent(NOON, "alice", "hm?"): "[you -> alice] hm?",
            events.AddresseeAway(NOON, "bob", "lunch"): "-- bob is away: lunch",
            events.AddresseeChanged(NOON, "bob", "carol"): "-- now talking to bob (was carol)",
            events.AddresseeLeft(
                NOON, "bob"
            ): "-- bob, whom you were talking to, has left; to:name or to: chooses anew",
            events.Joined(NOON, ("bob",)): "-- bob joined",
            events.Left(NOON, ("bob",), ""): "-- bob left",
            events.Left(NOON, ("bob",), "tired"): "-- bob left (tired)",
            events.Renamed(NOON, (("bob", "rob"),)): "-- bob is now called rob",
            events.LockTurned(NOON, "bob", "#den", True): "-- bob locked #den",
            events.LockTurned(NOON, "bob", "#den", False): "-- bob unlocked #den",
            events.Invited(NOON, "bob", "#den"): "-- bob invites you to #den: /join #den takes you there",
            events.Announced(NOON, "we restart at noon"): "## Administrator: we restart at noon",
        }
        for event, line in lines.items():
            self.assertEqual(render(event, view("UTC")), f"22:13 {line}")
        self.assertEqual({type(event) for event in lines}, set(typing.get_args(events.Event)))

    def test_views(self) -> None:
        """The time in front is that of the person's zone, or there is none."""
        event = events.Said(NOON, "alice", "hello")
        self.assertEqual(render(event, view("Asia/Shanghai")), "06:13 <alice> hello")
        self.assertEqual(render(event, view("off")), "<alice> hello")

    def test_daemons_zone(self) -> None:
        """By default the zone is the daemon's own."""
        before = os.environ.get("TZ")
        self.addCleanup(time.tzset)
        self.addCleanup(lambda: os.environ.pop("TZ") if before is None else os.environ.update(TZ=before))
        os.environ["TZ"] = "EST5"
        time.tzset()
        self.assertEqual(render(events.Said(NOON, "alice", "hello"), view("on")), "17:13 <alice> hello")

    def test_one_view_of_a_kind(self) -> None:
        """Equal views are one object, so that a rendering can be remembered by it."""
        self.assertIs(view("Asia/Shanghai"), view("Asia/Shanghai"))

    def test_no_such_zone(self) -> None:
        """What isn't a time zone is refused, even if it is something else on the disk."""
        for name in ("Nowhere/Land", "Asia", "../../etc/passwd", "/etc/passwd", "a\0b", ""):
            self.assertRaises(ValueError, view, name)

    def test_refusal(self) -> None:
        """A refusal gives back the line that was not sent."""
        self.assertEqual(list(refusal(HallError("no"))), ["!! no"])
        self.assertEqual(
            list(refusal(NobodyHere("bbo", "psst"))),
            ['!! nobody here is called "bbo"; your line was not sent', "!! not sent: psst"],
        )


class WordsTests(SynchronousTestCase):
    def test_some_of(self) -> None:
        """Few names are all told, of many the first two."""
        self.assertEqual(some_of(["a"]), "a")
        self.assertEqual(some_of(["a", "b"]), "a and b")
        self.assertEqual(some_of(["a", "b", "c", "d"]), "a, b, c and d")
        self.assertEqual(some_of(["alice", "bob", *"x" * 37]), "alice, bob and 37 others")

    def test_gathered(self) -> None:
        """Notices of several people are one line."""
        names = ("alice", "bob", *"x" * 37)
        self.assertEqual(render(events.Joined(0, names), view("off")), "-- alice, bob and 37 others joined")
        self.assertEqual(render(events.Left(0, ("a", "b"), ""), view("off")), "-- a and b left")
        pairs = tuple((f"a{n}", f"b{n}") for n in range(9))
        self.assertEqual(
            render(events.Renamed(0, pairs), view("off")),
            "-- a0 is now called b0, a1 is now called b1 and 7 others took other names",
        )

    def test_people_are(self) -> None:
        """The verb agrees."""
        self.assertEqual(
            [people_are(n) for n in (0, 1, 2, 5000)],
            ["0 people are", "1 person is", "2 people are", "5,000 people are"],
        )

    def test_listing(self) -> None:
        """A list is broken between names, so that no line is wider than a terminal, and no name is lost."""
        names = [f"{'李' * (n % 12 + 1)}{n}" for n in range(100)]
        lines = list(listing("here:", names))
        self.assertTrue(all(columns(line) <= WIDTH for line in lines))
        self.assertTrue(all(line.startswith("-- ") for line in lines))
        self.assertEqual(" ".join(line[3:] for line in lines), "here: " + ", ".join(names))

    def test_short_listing(self) -> None:
        """A short list is one line."""
        self.assertEqual(list(listing("3 are here:", ["a", "b", "c"])), ["-- 3 are here: a, b, c"])
        self.assertEqual(list(listing("nobody", [])), ["-- nobody"])

    def test_table(self) -> None:
        """The cells of a table stand in columns, wide characters too; lines end with the last that has something."""
        rows = (("NAME", "WHY", "X"), ("李雷", "x", "y"), ("bob", "long", ""))
        self.assertEqual(
            list(table((4, widest(["x", "long"])), rows)), ["-- NAME  WHY   X", "-- 李雷  x     y", "-- bob   long"]
        )
        self.assertEqual((list(table((), ())), widest(())), ([], 0))
