"""An honest person: says numbered lines, reads all the time, and judges every byte that arrives."""

from __future__ import annotations

import re
import socket
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from fuzz.faults import Fault
from fuzz.names import HONEST, LOOK_ALIKES, ROGUES
from tests.core.test_text import is_clean

VIEWS = ("on", "off", "UTC", "Asia/Shanghai", "off")  # for `/time`: the same event is rendered for each
FAREWELL = ("-- goodbye", "-- goodbye (Enter or Ctrl-C closes nc)")  # the second to whoever may be in nc

FRAME_MARK = "\u200e"  # stands between a frame and right-to-left text, and in no text of a person
WHISPERS_EVERY = 5  # lines: those whom an honest person writes to have another addressee from then on

# Every line that somebody may see who is refused nothing but private lines.
LINE = re.compile(
    r"(?:\d\d:\d\d )?"
    r"(?:<(?P<said>[^ <>]+)> (?P<text>.*)"
    r"|\* (?P<acted>[^ *]+) .*"
    r"|\[(?P<wrote>[^ ]+) -> you\] .*"
    r"|\[you -> [^ ]+\] psst"
    r"|!! (?:.*; your line was not sent(?:; did you mean .*\?)?|not sent: psst)"
    r"|-- .*"
    r"|## Administrator: .*)"
)
NUMBERED = re.compile(r"line (\d+)")
PRIVATE = re.compile(r"only for (\w+): (\d+) from (\w+)")
MayRecall = Callable[[str, int], bool]
"""Says whether somebody hostile may have sent the marked line of that number more than once."""


class Ears:
    """Judges what one honest person is shown; `heard` is how many lines of each of the honest have come, in order."""

    def __init__(self, name: str, may_recall: MayRecall) -> None:
        self.name = name
        self._may_recall = may_recall
        self.heard = dict.fromkeys(HONEST, 0)
        self.private: set[str] = set()
        self.last_line = ""
        self._rest = b""

    def hear(self, data: bytes) -> None:
        """@raises Fault: for bytes that are no clean text, and for a line that must not be."""
        *lines, self._rest = (self._rest + data).split(b"\r\n")
        for line in lines:
            try:
                text = line.decode()
            except UnicodeDecodeError:
                raise self._fault("bytes that are not UTF-8", line) from None
            text = text.replace(FRAME_MARK, "")
            self._judge(text)
            self.last_line = text

    def end(self) -> None:
        """@raises Fault: if the last line is not the farewell, whole."""
        if self._rest or self.last_line not in FAREWELL:
            raise self._fault("no farewell, but", self.last_line.encode() + self._rest)

    def _judge(self, line: str) -> None:
        if not (line.isprintable() or is_clean(line)):
            raise self._fault("a line that is not clean", line)
        shown = LINE.fullmatch(line)
        if shown is None:
            raise self._fault("a line of no kind that there is", line)
        speaker = shown["said"] or shown["acted"] or shown["wrote"]
        if speaker in LOOK_ALIKES:
            raise self._fault("somebody who looks like an honest person", line)
        if speaker in HONEST:
            self._judge_honest(speaker, shown["text"] or "", line)
        if line.startswith("-- ") and line.endswith(" skipped while your connection was slow"):
            raise self._fault("not all there was: this machine is too slow", line)
        if "only for " in line:
            self._judge_private(line)

    def _judge_honest(self, speaker: str, text: str, line: str) -> None:
        numbered = NUMBERED.fullmatch(text)
        if numbered is None:
            raise self._fault(f"what {speaker} never said", line)
        self.heard[speaker] += 1
        if int(numbered[1]) != self.heard[speaker]:
            raise self._fault(f"another line of {speaker} than number {self.heard[speaker]}", line)

    def _judge_private(self, line: str) -> None:
        """Whoever is hostile sends each marked line to one person, and once unless a row lets them recall it."""
        for mark in PRIVATE.finditer(line):
            if mark[1] != self.name:
                raise self._fault("a private line to somebody else", line)
            if mark[0] in self.private and not self._may_recall(mark[3], int(mark[2])):
                raise self._fault("a private line twice", line)
            self.private.add(mark[0])

    def _fault(self, what: str, line: str | bytes) -> Fault:
        return Fault(f"{self.name} was shown {what}: {line!r}"[:500])


class Honest:
    """One of the five, with a connection."""

    def __init__(self, name: str, port: int, may_recall: MayRecall) -> None:
        self.name = name
        self.said = 0
        self.is_cut_off = False
        self.ears = Ears(name, may_recall)
        self._on_the_way: deque[tuple[int, float]] = deque()  # our lines that have not come back, and since when
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self._enter()

    def say_next(self) -> None:
        self.said += 1
        self._on_the_way.append((self.said, time.monotonic()))
        self._socket.sendall(f"line {self.said}\n".encode())
        if self.said % WHISPERS_EVERY == 0:
            rogue = ROGUES[self.said // WHISPERS_EVERY % len(ROGUES)]
            self._socket.sendall(f"@{rogue} psst\n".encode())

    def waits_for(self) -> float:
        """Return how many seconds ago that line of ours was said that should come back next; 0 if all are back."""
        while self._on_the_way and self._on_the_way[0][0] <= self.ears.heard[self.name]:
            self._on_the_way.popleft()
        return time.monotonic() - self._on_the_way[0][1] if self._on_the_way else 0.0

    def read(self) -> None:
        """Take all that has come.

        @raises Fault: for anything that must not be.
        """
        with suppress(BlockingIOError):
            while not self.is_cut_off:
                data = self._socket.recv(65536)
                self.ears.hear(data)
                self.is_cut_off = not data

    def close(self) -> None:
        self._socket.close()

    def _enter(self) -> None:
        """Sit through the welcome, up to the prompt: the one thing that is no line."""
        welcome = b""
        while not welcome.endswith(b"Nickname: "):
            welcome += self._socket.recv(4096)
        self._socket.sendall(f"{self.name}\n/time {VIEWS[HONEST.index(self.name)]}\n".encode())
        self._socket.setblocking(False)
