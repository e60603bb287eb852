"""Correctness under load: every line once, in order, to everyone, while people come, go, rename and stop reading."""

import random
import re
import socket
from dataclasses import replace

from twisted.internet import reactor
from twisted.internet.defer import ensureDeferred, gatherResults
from twisted.internet.task import deferLater

from tests.sessions.person import Person, SessionTestCase

SPEAKERS, LINES = 6, 300


def lines_between_marks(person: Person) -> list[str]:
    """Return what a person read from the first mark to the last, without the times."""
    lines = [re.sub(r"^\d\d:\d\d ", "", line) for line in person.screen.split("\r\n")]
    return lines[lines.index("<guest0> -start-") : lines.index("<guest0> -end-") + 1]


class UnderLoadTests(SessionTestCase):
    timeout = 60
    settings = replace(SessionTestCase.settings, sendq=16)

    async def test_every_line_once(self) -> None:
        """Everyone who reads sees the same lines in the same order; who stops reading knows how many they missed."""
        self.random = random.Random(2428)
        steady = [await self.enter(f"guest{number}") for number in range(20)]
        deaf = [await self.enter(f"deaf{number}") for number in range(3)]
        steady[0].type("-start-")
        for person in steady + deaf:
            await person.sees("<guest0> -start-")
        for person in deaf:
            person.transport.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
            person.transport.pauseProducing()
        await gatherResults(
            [ensureDeferred(self.talk(speaker, number)) for number, speaker in enumerate(steady[:SPEAKERS])]
            + [ensureDeferred(self.come_and_go(number)) for number in range(6)]
        )
        for person in deaf:
            person.transport.resumeProducing()
            await person.sees("-- .* lines? skipped while your connection was slow")
        steady[0].type("-end-")
        for person in steady + deaf:
            await person.sees("<guest0> -end-")

        expected = lines_between_marks(steady[0])
        for person in steady[1:]:
            self.assertEqual(lines_between_marks(person), expected)
        for number in range(SPEAKERS):
            said = [line for line in expected if line.startswith(f"<guest{number}> line")]
            self.assertEqual([line.split()[2] for line in said], [str(count) for count in range(LINES)])
        for person in deaf:
            self.check_deaf(lines_between_marks(person), expected)

    def check_deaf(self, heard: list[str], expected: list[str]) -> None:
        """Lines heard and lines skipped are all lines there were, and the heard ones are in order."""
        skipped = 0
        position = iter(expected)
        for line in heard:
            notice = re.fullmatch(r"-- ([\d,]+) lines? skipped while your connection was slow", line)
            if notice:
                skipped += int(notice[1].replace(",", ""))
            else:
                self.assertIn(line, position)  # takes from the iterator: in order, and none twice
        self.assertGreater(skipped, 0)
        self.assertEqual(len([line for line in heard if "skipped while" not in line]) + skipped, len(expected))

    async def talk(self, speaker: Person, number: int) -> None:
        """Say numbered lines in bursts, and wait for the echo of each burst."""
        said = 0
        while said < LINES:
            burst = min(self.random.randint(1, 40), LINES - said)
            speaker.type(*(f"line {count} {'x' * 200}" for count in range(said, said + burst)))
            said += burst
            await speaker.sees(f"<guest{number}> line {said - 1} x+")

    async def come_and_go(self, number: int) -> None:
        """Enter, take other names, speak, and leave or break off, again and again."""
        for turn in range(10):
            visitor = await self.enter(f"visitor{number}")
            visitor.type(f"/nick other{number}", f"hello from {number}, {turn}")
            await visitor.sees(f"<other{number}> hello from {number}, {turn}")
            if turn % 2:
                visitor.type("quit")
            else:
                visitor.transport.abortConnection()
            await visitor.sees_close()
            await self.until_free(f"other{number}")

    async def until_free(self, nickname: str) -> None:
        """Wait until the daemon has noticed that somebody is gone."""
        while any(member.nickname == nickname for member in self.service.hall.members):
            await deferLater(reactor, 0.001)
