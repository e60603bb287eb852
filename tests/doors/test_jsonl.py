"""Tests for chatd.doors.jsonl: what programs read and write, and that docs/json.md has all of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

import chatd
from chatd.core.events import SaidLate
from chatd.doors.jsonl import IN_A_LIST, MAX_LINE, MAX_TEXT, JSONCodec
from chatd.session.answers import Person
from chatd.session.commands import TABLE
from chatd.session.inputs import Command, Line, Refused
from chatd.session.operator_answers import Everybody
from chatd.session.operator_commands import TABLE as OPERATORS
from chatd.session.outputs import Output
from tests import samples
from tests.core.turns import come_elsewhere
from tests.doors.test_line import DoorTestCase
from tests.doors.test_line import Line as Transport
from tests.session.test_words import all_refusals

DOCUMENT = (Path(chatd.__file__).parent.parent / "docs" / "json.md").read_text()


class DecodeTests(SynchronousTestCase):
    def decoded(self, line: str | bytes) -> Any:
        return JSONCodec().decode(line.encode() if isinstance(line, str) else line, 7.0)

    def test_command(self) -> None:
        """An object does a command by its name, with arguments by theirs; numbers are texts too."""
        self.assertEqual(
            self.decoded('{"do": "drain", "minutes": 5, "id": "a"}'), Command("drain", {"minutes": "5"}, 7.0, "a")
        )

    def test_line(self) -> None:
        """It may type a line instead; a line that begins with a slash needs no object."""
        self.assertEqual(self.decoded('{"line": "@bob hi", "id": 3}'), Line("@bob hi", 7.0, 3))
        self.assertEqual(self.decoded("/format text"), Line("/format text", 7.0))

    def test_refused(self) -> None:
        """What is malformed, too deep, no object or asks for nothing is refused with a code, and its id."""
        for line, code, given_id in (
            ("hello", "NotAnObject", None),
            ("[1]", "NotAnObject", None),
            ("[" * 9000, "NotAnObject", None),
            ('{"do": ' + "9" * 5000 + "}", "NotAnObject", None),
            (b'{"do": "\xff"}', "NotAnObject", None),
            ("{}", "NothingAsked", None),
            ('{"id": 1}', "NothingAsked", 1),
            ('{"do": "say", "text": ["x"], "id": 1}', "BadArgument", 1),
            ('{"do": "say", "text": "one\\ntwo", "id": 1}', "BadArgument", 1),
            ('{"do": "say", "text": true}', "BadArgument", None),
            ('{"do": "say", "text": "x", "id": NaN}', "BadArgument", None),
            ('{"do": "say", "text": "x", "id": [1]}', "BadArgument", None),
            (json.dumps({"do": "say", "text": "x" * (MAX_TEXT + 1)}), "LineTooLong", None),
            ("/me " + "x" * MAX_TEXT, "LineTooLong", None),
            ("x" * (MAX_LINE + 1), "LineTooLong", None),
        ):
            refused = self.decoded(line)
            self.assertIsInstance(refused, Refused, line[:40])
            self.assertEqual((type(refused.error).__name__, refused.id), (code, given_id), line[:40])

    def test_half_a_character(self) -> None:
        """Half a surrogate pair in JSON becomes a question mark, and breaks nothing."""
        self.assertEqual(self.decoded('{"line": "a\\ud800b"}'), Line("a?b", 7.0))

    @given(st.text(max_size=40) | st.from_type(dict[str, str]).map(json.dumps))
    def test_anything(self, line: str) -> None:
        """Whatever comes is an input."""
        self.decoded(line)


class EncodeTests(SynchronousTestCase):
    def objects(self, output: Output, with_lines: bool = False) -> list[dict[str, Any]]:
        return [json.loads(piece) for piece in JSONCodec(with_lines).encode(output)]

    def everybody(self, number: int) -> Everybody:
        people: Iterator[Person] = (Person(f"guest{n}", "", False, 0.0, "#lobby") for n in range(number))
        return Everybody(number, people)

    def test_long_list(self) -> None:
        """A long list comes in several objects; each but the last says that there is more."""
        for number, sizes in ((0, [0]), (IN_A_LIST, [IN_A_LIST]), (2 * IN_A_LIST + 1, [IN_A_LIST, IN_A_LIST, 1])):
            found = self.objects(self.everybody(number))
            self.assertEqual([len(one["people"]) for one in found], sizes)
            self.assertEqual([one["more"] for one in found], [True] * (len(sizes) - 1) + [False])
            self.assertEqual(
                [person["name"] for one in found for person in one["people"]], [f"guest{n}" for n in range(number)]
            )

    def test_with_lines(self) -> None:
        """With lines, what people would read comes too, in the place of lists."""
        [one] = self.objects(self.everybody(2), with_lines=True)
        self.assertEqual(one["lines"], ["2 people are here: guest0 #lobby, guest1 #lobby"])
        self.assertNotIn("people", one)
        [said] = self.objects(samples.EVENTS[0], with_lines=True)
        self.assertTrue(said["lines"][0].endswith("<alice> hello"))
        self.assertEqual(said["text"], "hello")


class TalkTests(DoorTestCase):
    """Two programs and a person, over one port."""

    def told(self, line: Transport) -> list[dict[str, Any]]:
        return [json.loads(text) for text in self.seen(line).split("\n") if text.startswith("{")]

    def test_talk(self) -> None:
        """A program chooses its format before its nickname, and is answered under the id that it gave."""
        _, alice = self.connect(b"alice\n")
        door, bot = self.connect(b"/format json\n", b'{"do": "nick", "name": "bot", "id": 1}\n')
        self.assertEqual([one["event"] for one in self.told(bot)], ["hello", "format_spoken", "entered", "done"])
        door.dataReceived(b'{"do": "say", "text": "hi", "id": 2}\n{"do": "msg", "name": "bbo", "text": "x", "id": 3}\n')
        said, done, refused = self.told(bot)
        self.assertEqual((said["event"], said["speaker"], said["text"]), ("said", "bot", "hi"))
        self.assertEqual(done, {"event": "done", "id": 2})
        self.assertEqual((refused["code"], refused["unsent"], refused["id"]), ("NobodyHere", "x", 3))
        self.assertIn("<bot> hi", self.seen(alice))
        door.dataReceived(b'{"do": "quit", "why": "tired"}\n')
        self.assertEqual(self.told(bot), [{"event": "goodbye", "why": "quit", "reason": "tired", "seconds": None}])
        self.assertIn('-- bot left ("tired")', self.seen(alice))

    def test_back_to_text(self) -> None:
        """/format text goes back; what is not spoken is refused."""
        _, line = self.connect(b"bot\n", b"/format xml\n", b"/format json\n", b"/format text\n", b"hello\n")
        seen = self.seen(line)
        self.assertIn('!! "xml" is not spoken here; text, json and json+text are\r\n', seen)
        self.assertTrue(seen.endswith("-- the format is now text\r\n<bot> hello\r\n"), seen)

    def test_nickname_first(self) -> None:
        """Before the nickname, other commands are refused, and the connection stays."""
        door, line = self.connect(b"/format json\n", b'{"do": "ls", "id": 1}\n{"do": "nick", "name": "al:ice"}\n')
        self.assertEqual([one.get("code") for one in self.told(line)[2:]], ["NicknameFirst", "BadNickname"])
        door.dataReceived(b'{"do": "quit"}\n')
        self.assertFalse(line.connected)

    def test_same_order(self) -> None:
        """A program and a person in one room see one order."""
        _, bot = self.connect(b"bot\n/format json\n/echo off\n")
        _, alice = self.connect(b"alice\nhello\n@bot psst\nhello again\n")
        texts = [one["text"] for one in self.told(bot) if one["event"] in ("said", "whispered")]
        self.assertEqual(texts, ["hello", "psst", "hello again"])
        self.assertLess(self.seen(alice).index("psst"), 10_000)

    def test_mentions(self) -> None:
        """A line that names the program says so, to that program alone; one's own lines, and other words, don't."""
        programs = [self.connect(b"/format json\n/nick %s\n" % name)[1] for name in (b"bot", b"carol", b"bob")]
        alice, _ = self.connect(b"alice\n")
        for line in programs:
            self.told(line)
        alice.dataReceived(b"bot: hi, bob\nrobot\n/me pats BOT\n")
        programs[0].protocol.dataReceived(b'{"do": "say", "text": "bot"}\n')
        found = [[one.get("mentions") for one in self.told(line)] for line in programs]
        self.assertEqual(found, [[["bot"], None, ["bot"], None], [None] * 4, [["bob"], None, None, None]])

    def test_mentions_late(self) -> None:
        """So does a line that comes late from another server."""
        _, bot = self.connect(b"/format json\n/nick bot\n")
        zoe = come_elsewhere(self.hall, "zoe")
        self.told(bot)
        self.hall.lobby.hears(zoe, SaidLate(0.0, "#lobby", "zoe", "are you there, bot?", False))
        self.hall.broadcaster.settle()
        self.assertEqual(self.told(bot)[-1]["mentions"], ["bot"])

    def test_mentions_documented(self) -> None:
        """docs/json.md shows such a line."""
        _, alice = self.connect(b"/format json\n/nick alice\n")
        self.connect(b"bob\nalice: lunch?\n")
        line = next(text for text in self.seen(alice).split("\n") if "lunch" in text)
        self.assertIn(re.sub(r'"at": [\d.]+', '"at": 1764072000.0', line), DOCUMENT)

    def test_turned_away(self) -> None:
        """A program that is put out is told why, as its last object."""
        _, line = self.connect(b"bot\n/format json\n")
        self.told(line)
        self.clock.advance(0)
        how = samples.GOODBYES[1].how
        assert how is not None
        next(iter(self.hall.members)).dismiss(how)
        self.assertEqual(
            self.told(line)[-1], {"event": "goodbye", "why": "kicked", "reason": "enough", "seconds": None}
        )


class DocumentTests(SynchronousTestCase):
    def test_samples(self) -> None:
        """There is a sample of every kind of event, answer, note and refusal."""
        given = {type(one) for one in (*samples.EVENTS, *samples.NOTES, *samples.sample_answers())}
        self.assertEqual(given, samples.kinds())
        self.assertEqual({type(error) for error in samples.REFUSALS}, all_refusals())

    def test_examples(self) -> None:
        """docs/json.md shows each of them as it is sent."""
        for heading, examples in samples.tables():
            for example in examples:
                self.assertIn(example, DOCUMENT, heading)

    def test_commands(self) -> None:
        """It names every command with its arguments."""
        for table in (TABLE, OPERATORS):
            for entry in table:
                arguments = "".join(f", `{name}`" for name in entry.parameters)
                self.assertIn(f"`{entry.names[0]}`{arguments}", DOCUMENT)
