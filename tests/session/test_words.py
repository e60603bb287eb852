"""Tests for chatd.session.words and chatd.session.view: what is read of every event, refusal and answer."""

import os
import time
import typing

from twisted.trial.unittest import SynchronousTestCase

from chatd.core import events, owner_refusals
from chatd.core import refusals as hall_refusals
from chatd.core.events import Cause, Departure
from chatd.core.nickname import columns
from chatd.core.refusals import HallError, NobodyHere
from chatd.session import refusals as session_refusals
from chatd.session.view import View, view
from chatd.session.words.events import departure_words, event_line, event_words
from chatd.session.words.language import ENGLISH, WIDTH, people_here, table
from chatd.session.words.refusals import AnyRefusal, refusal_lines

NOON = 1_700_000_000.0  # 2023-11-14 22:13:20 UTC


def all_refusals() -> set[type]:
    """Return the kinds of refusals that people may read."""
    kinds = {
        kind
        for module in (hall_refusals, owner_refusals, session_refusals)
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, HallError)
    }
    return kinds - {HallError, hall_refusals.NotAdmitted}


class RenderTests(SynchronousTestCase):
    def test_every_event(self) -> None:
        """Each event has its line; docs/protocol.md promises these forms."""
        lines: dict[events.Event, str] = {
            events.Said(NOON, "#lobby", "alice", "hello"): "<alice> hello",
            events.Acted(NOON, "#lobby", "alice", "waves"): "* alice waves",
            events.Whispered(NOON, "alice", "psst"): "[alice -> you] psst",
            events.WhisperSent(NOON, "alice", "hm?"): "[you -> alice] hm?",
            events.AddresseeAway(NOON, "bob", "lunch"): "-- bob is away: lunch",
            events.AddresseeChanged(NOON, "bob", "carol"): "-- now talking to bob (was carol)",
            events.AddresseeLeft(
                NOON, "bob"
            ): "-- bob, whom you were talking to, has left; to:name or to: chooses anew",
            events.Joined(NOON, "#lobby", ("bob",)): "-- bob joined",
            events.Left(NOON, "#lobby", ("bob",), Departure(Cause.CLOSED)): "-- bob left",
            events.Left(NOON, "#lobby", ("bob",), Departure(Cause.QUIT, "tired")): '-- bob left ("tired")',
            events.Renamed(NOON, "#lobby", (("bob", "rob"),)): "-- bob is now called rob",
            events.LockTurned(NOON, "#den", "bob", True): "-- bob locked #den",
            events.LockTurned(NOON, "#den", "bob", False): "-- bob unlocked #den",
            events.RememberTurned(
                NOON, "#den", "bob", True
            ): "-- bob turned on the history of #den: it is kept on the disk; /h remember says how long",
            events.RememberTurned(
                NOON, "#den", "bob", False
            ): "-- bob turned off the history of #den: nothing more is kept on the disk",
            events.Invited(NOON, "#den", "bob"): "-- bob invites you to #den: /join #den takes you there",
            events.WentElsewhere(NOON, "#lobby", ("bob",)): "-- bob went to another room",
            events.RoomIsYours(NOON, "#den"): "-- #den is yours now: /unlock, /invite",
            events.ToldByAdministrator(NOON, "psst"): "## Administrator to you: psst",
            events.ClosingAnnounced(NOON, 1): "## Administrator: this server closes in 1 minute; nobody new is let in",
            events.ClosingAnnounced(
                NOON, 0, "telnet b.example.org 2428"
            ): "## Administrator: this server is closing now; go on at: telnet b.example.org 2428",
            events.ClosingAnnounced(NOON, None): "## Administrator: this server closes soon; nobody new is let in",
            events.ClosingCalledOff(NOON): "## Administrator: this server stays open",
            events.MuteChanged(NOON, True, 900, "too loud"): "-- the administrator has muted you for 15 min: too loud",
            events.NicknameGiven(NOON, "rob"): "-- the administrator has changed your nickname to rob",
            events.SaidLate(NOON, "#lobby", "alice", "hello", False): "<alice> hello",
            events.SaidLate(NOON, "#lobby", "alice", "waves", True): "* alice waves",
            events.Divided(
                NOON
            ): "-- the other servers of this chat can't be reached; those here hear you, the others will later",
            events.Reunited(
                NOON
            ): "-- the other servers of this chat can be reached again; what you said meanwhile goes to them now",
            events.SomeLost(NOON): "-- some of what was said on the other servers of this chat is lost here",
            events.NicknameLost(
                NOON, "bob-2", "bob"
            ): "-- bob is somebody else now, who took that name while this server was cut off; you are bob-2",
            events.RegistrationLost(
                NOON, "bob"
            ): "-- bob is not registered to you any more: on another server of this chat somebody had registered it"
            " before you, or it was given up there",
            events.KeyLost(
                NOON, "bob", "SHA256:x"
            ): "-- the SSH key SHA256:x does not open bob any more: on another server of this chat it had opened"
            " another name before",
            events.Announced(NOON, "we restart at noon"): "## Administrator: we restart at noon",
        }
        for event, line in lines.items():
            self.assertEqual(event_words(event, ENGLISH), line)
        self.assertEqual({type(event) for event in lines}, set(typing.get_args(events.Event)))

    def test_late(self) -> None:
        """What comes late says when it was said, to the second, even to those who see no times."""
        for shown in ("off", "UTC"):
            line = event_line(events.SaidLate(NOON, "#lobby", "alice", "hi", False), view(shown))
            self.assertRegex(line, r"^\(said at \d\d:\d\d:\d\d\) <alice> hi$")

    def test_owners(self) -> None:
        """What is in the way of a name, or of a letter, is said in full."""
        for error, words in (
            (owner_refusals.NameOwned("bob", "bob"), '"bob" has an owner; /nick chooses another name'),
            (owner_refusals.LettersFull("bob", 100, False), "bob is not here, and 100 lines wait for bob already"),
            (
                owner_refusals.TooManyGuesses(10, 20.0),
                "10 wrong passwords came from your address; try again in a minute",
            ),
        ):
            self.assertEqual(list(refusal_lines(error, ENGLISH)), [words])

    def test_departures(self) -> None:
        """The room reads how somebody left."""
        for how, words in (
            (Departure(Cause.CLOSED), ""),
            (Departure(Cause.QUIT, "bye"), '"bye"'),
            (Departure(Cause.LOST), "connection lost"),
            (Departure(Cause.BROKEN), "connection broken"),
            (Departure(Cause.STALLED, seconds=60), "connection stalled for 60 s"),
            (Departure(Cause.IDLE, seconds=600), "idle for 600 s"),
            (Departure(Cause.STOPPED), "chatd stopped"),
            (Departure(Cause.KICKED), "disconnected by the administrator"),
            (Departure(Cause.KICKED, "spam"), "disconnected by the administrator: spam"),
            (Departure(Cause.BANNED, "spam", 7200), "banned by the administrator: for 2 h, spam"),
            (Departure(Cause.BANNED), "banned by the administrator: for good"),
        ):
            self.assertEqual(departure_words(how, ENGLISH), words)

    def test_every_refusal(self) -> None:
        """Each refusal has its words."""
        self.assertEqual(set(typing.get_args(AnyRefusal)), all_refusals())

    def test_pasted_too_much(self) -> None:
        """A paste that is refused says of what it has too many."""
        for unit in ("lines", "bytes", "bytes in a line"):
            [line] = refusal_lines(session_refusals.PasteTooLong(4096, unit), ENGLISH)
            self.assertEqual(line, f"that is more than 4,096 {unit}; nothing of what you pasted was taken")


class ViewTests(SynchronousTestCase):
    def test_zones(self) -> None:
        """The time in front is that of the person's zone, or there is none."""
        self.assertEqual(view("UTC").stamp(NOON), "22:13 ")
        self.assertEqual(view("UTC").stamp(NOON + 40), "22:14 ")
        self.assertEqual(view("Asia/Shanghai").stamp(NOON), "06:13 ")
        self.assertEqual(view("off").stamp(NOON), "")

    def test_daemons_zone(self) -> None:
        """By default the zone is the daemon's own."""
        before = os.environ.get("TZ")
        self.addCleanup(time.tzset)
        self.addCleanup(lambda: os.environ.pop("TZ") if before is None else os.environ.update(TZ=before))
        os.environ["TZ"] = "EST5"
        time.tzset()
        self.assertEqual(View("on").stamp(NOON), "17:13 ")

    def test_one_view_of_a_kind(self) -> None:
        """Equal views are one object, so that a rendering can be remembered by it."""
        self.assertIs(view("Asia/Shanghai"), view("Asia/Shanghai"))

    def test_no_such_zone(self) -> None:
        """What isn't a time zone is refused, even if it is something else on the disk."""
        for name in ("Nowhere/Land", "Asia", "../../etc/passwd", "/etc/passwd", "a\0b", ""):
            self.assertRaises(ValueError, view, name)

    def test_refusal(self) -> None:
        """A refusal gives back the line that was not sent."""
        self.assertEqual(list(refusal_lines(NobodyHere("bbo"), ENGLISH)), ['nobody here is called "bbo"'])
        self.assertEqual(
            list(refusal_lines(NobodyHere("bbo", unsent="psst"), ENGLISH)),
            ['nobody here is called "bbo"; your line was not sent', "not sent: psst"],
        )


class WordsTests(SynchronousTestCase):
    def test_some_of(self) -> None:
        """Few names are all told, of many the first two."""
        self.assertEqual(ENGLISH.some_of(["a"]), "a")
        self.assertEqual(ENGLISH.some_of(["a", "b"]), "a and b")
        self.assertEqual(ENGLISH.some_of(["a", "b", "c", "d"]), "a, b, c and d")
        self.assertEqual(ENGLISH.some_of(["alice", "bob", *"x" * 37]), "alice, bob and 37 others")

    def test_gathered(self) -> None:
        """Notices of several people are one line."""
        names = ("alice", "bob", *"x" * 37)
        self.assertEqual(event_words(events.Joined(0, "#lobby", names), ENGLISH), "-- alice, bob and 37 others joined")
        self.assertEqual(event_words(events.Left(0, "#lobby", ("a", "b"), None), ENGLISH), "-- a and b left")
        pairs = tuple((f"a{n}", f"b{n}") for n in range(9))
        self.assertEqual(
            event_words(events.Renamed(0, "#lobby", pairs), ENGLISH),
            "-- a0 is now called b0, a1 is now called b1 and 7 others took other names",
        )

    def test_people_here(self) -> None:
        """The verb agrees."""
        self.assertEqual(
            [people_here(n, ENGLISH) for n in (0, 1, 2, 5000)],
            ["0 people are here", "1 person is here", "2 people are here", "5,000 people are here"],
        )

    def test_listing(self) -> None:
        """A list is broken between names, so that no line is wider than a terminal, and no name is lost."""
        names = [f"{'李' * (n % 12 + 1)}{n}" for n in range(100)]
        lines = list(ENGLISH.listing("here:", names))
        self.assertTrue(all(columns(line) <= WIDTH for line in lines))
        self.assertEqual(" ".join(lines), "here: " + ", ".join(names))

    def test_short_listing(self) -> None:
        """A short list is one line."""
        self.assertEqual(list(ENGLISH.listing("3 are here:", ["a", "b", "c"])), ["3 are here: a, b, c"])
        self.assertEqual(list(ENGLISH.listing("nobody", [])), ["nobody"])

    def test_table(self) -> None:
        """The cells of a table stand in columns, wide characters too; lines end with the last that has something."""
        rows = (("NAME", "WHY", "X"), ("李雷", "x", "y"), ("bob", "long", ""))
        self.assertEqual(list(table((4, 4), rows)), ["NAME  WHY   X", "李雷  x     y", "bob   long"])
        self.assertEqual(list(table((), ())), [])

    def test_span(self) -> None:
        """A span is read in its two greatest units; what is less than a second is none."""
        for seconds, words in (
            (0.9, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (119, "1 min 59 s"),
            (3600, "1 h"),
            (7500, "2 h 5 min"),
            (86_400, "1 d"),
            (86_400 * 7 + 3 * 3600 + 59, "7 d 3 h"),
        ):
            self.assertEqual(ENGLISH.span(seconds), words)
