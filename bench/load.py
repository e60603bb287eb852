"""Puts lines on a server at random moments, and sees what that costs it and when they arrive.

Three processes share the clients: one speaks, so that nothing but the clock decides when; one listens at a few
connections and notes how old each line is; one reads all the others and only counts.
"""

from __future__ import annotations

import math
import multiprocessing
import os
import random
import re
import select
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from bench.process import CannotMeasure, Process

LINE = 60  # bytes of text
MARK = b"|"  # stands once in each line of the load, and in nothing else that a server says
SPEAKING_LOOKS = 0.005  # seconds between two looks of the speaking process at what came back
SETTING_OUT = 0.1  # seconds in which the processes start
DRAINS_WITHIN = 5.0  # seconds after the last line in which it may still arrive
CHUNK = 65536  # bytes

_STAMP = re.compile(rb"\|(\d+) ")
_fork = multiprocessing.get_context("fork")  # the children inherit the connections


@dataclass(frozen=True)
class Load:
    """`rate` lines a second for `warm_up` and then `seconds`; `say` makes of a text what a client sends."""

    speakers: Sequence[socket.socket]
    noting: Sequence[socket.socket]
    counting: Sequence[socket.socket]
    rate: float
    seconds: float
    warm_up: float
    say: Callable[[bytes], bytes]
    speakers_hear: bool = True  # what the others say: in a room, but not in private
    echo: bool = True  # whether the server sends speakers their own lines


@dataclass(frozen=True)
class Outcome:
    """What became of a load; the times are in seconds."""

    cpu: float  # of the server, in the measured window
    said: int  # lines, in the same window
    delivered: int  # each line once for each subscriber, in the same window
    ages: Sequence[float]  # sorted
    share: float  # of all that should have been delivered, the warm-up included, what was
    exact: bool  # whether each connection was delivered each line once
    busiest: float  # the share of a core that the busiest of the three processes took

    def percentile(self, percent: float) -> float:
        return self.ages[math.ceil(len(self.ages) * percent / 100) - 1] if self.ages else math.nan


class Board:
    """What the processes of one load show each other while it lasts."""

    def __init__(self, load: Load) -> None:
        self.began = time.monotonic() + SETTING_OUT
        self.warm = self.began + load.warm_up
        self.over = self.warm + load.seconds
        self.said: Any = _fork.RawValue("q", 0)
        self.all_said: Any = _fork.RawValue("b", 0)
        self.heard: Any = _fork.RawArray("q", 3)


@dataclass(frozen=True)
class Report:
    """What one process has seen: `heard` are the lines that each of its connections was delivered."""

    heard: list[int]
    ages: list[float]
    busy: float


class Ears:
    """Reads connections: counts the lines of the load, and notes how old each is if `notes`."""

    def __init__(self, connections: Sequence[socket.socket], board: Board, place: int, *, notes: bool = False) -> None:
        self.ages: list[float] = []
        self.heard = {connection.fileno(): 0 for connection in connections}
        self._board = board
        self._place = place
        self._notes = notes
        self._connections = {connection.fileno(): connection for connection in connections}
        self._tails = dict.fromkeys(self.heard, b"")
        self._buffer = bytearray(CHUNK)
        self._epoll = select.epoll()
        for fd in self.heard:
            self._epoll.register(fd, select.EPOLLIN)

    def listen(self, timeout: float) -> None:
        """Read once what has come, waiting for it at most so many seconds."""
        buffer, total = self._buffer, 0
        for fd, _ in self._epoll.poll(timeout):
            try:
                size = self._connections[fd].recv_into(buffer)
            except OSError:
                size = 0
            if not size:
                self._epoll.unregister(fd)  # lines will be missing
            count = buffer.count(MARK, 0, size)
            self.heard[fd] += count
            total += count
            if self._notes:
                self._note(fd, bytes(buffer[:size]))
        self._board.heard[self._place] += total

    def listen_to_the_end(self) -> None:
        """Listen until each connection was delivered all that was said, or it is too late."""
        while time.monotonic() < self._board.over + DRAINS_WITHIN:
            if self._board.all_said.value and all(count >= self._board.said.value for count in self.heard.values()):
                return
            self.listen(0.05)

    def _note(self, fd: int, data: bytes) -> None:
        now = time.monotonic()
        lines, newline, tail = (self._tails[fd] + data).rpartition(b"\n")
        self._tails[fd] = tail
        for stamp in _STAMP.findall(lines + newline):
            said_at = int(stamp) / 1e9
            if self._board.warm <= said_at < self._board.over:
                self.ages.append(now - said_at)


def speak(load: Load, board: Board, ears: Ears) -> None:
    """Say lines at the moments of a Poisson process: the same for every server."""
    chance = random.Random(load.rate)
    due, looked = board.began, 0.0
    while (due := due + chance.expovariate(load.rate)) < board.over:
        while (wait := due - time.monotonic()) > 0:
            time.sleep(min(wait, SPEAKING_LOOKS))
        try:
            text = (MARK + b"%d " % time.monotonic_ns()).ljust(LINE, b"x")
            speaker = chance.choice(load.speakers)
            speaker.sendall(load.say(text))
        except BlockingIOError:
            break  # the server has not read for long: it is no use to go on
        board.said.value += 1
        if not load.echo:
            ears.heard[speaker.fileno()] += 1  # it knows what it said
        if time.monotonic() - looked > SPEAKING_LOOKS:
            ears.listen(0)
            looked = time.monotonic()
    board.all_said.value = 1


def put(load: Load, process: Process) -> Outcome:
    """Put a load on a server whose clients have nothing left to read.

    @raises CannotMeasure: if one of our own processes fails.
    """
    board = Board(load)
    parts = ((load.speakers, False), (load.noting, True), (load.counting, False))
    pipes, children = [], []
    for place, (connections, notes) in enumerate(parts):
        ours, theirs = _fork.Pipe()
        pipes.append(ours)
        children.append(_fork.Process(target=_take_part, args=(load, board, theirs, place, connections, notes)))
    try:
        for child in children:
            child.start()
        cpu, said, delivered = _in_window(load, board, process)
        reports: list[Report] = []
        for pipe in pipes:
            if not pipe.poll(load.seconds + DRAINS_WITHIN + 10):
                raise CannotMeasure("a client process does not report")
            reports.append(pipe.recv())
    finally:
        for child in children:
            if child.is_alive():
                child.terminate()
            child.join()
    heard = [count for report in reports[0 if load.speakers_hear else 1 :] for count in report.heard]
    return Outcome(
        cpu=cpu,
        said=said,
        delivered=delivered,
        ages=sorted(reports[1].ages),
        share=sum(heard) / max(board.said.value * len(heard), 1),
        exact=set(heard) == {board.said.value},
        busiest=max(report.busy for report in reports),
    )


def _in_window(load: Load, board: Board, process: Process) -> tuple[float, int, int]:
    """Return the CPU seconds of the server, the lines said and the lines delivered, from the warm-up to the end."""

    def now() -> tuple[float, int, int]:
        return process.cpu(), board.said.value, sum(board.heard[0 if load.speakers_hear else 1 :])

    time.sleep(max(board.warm - time.monotonic(), 0))
    cpu, said, delivered = now()
    time.sleep(max(board.over - time.monotonic(), 0))
    cpu_after, said_after, delivered_after = now()
    return cpu_after - cpu, said_after - said, delivered_after - delivered


def _take_part(
    load: Load, board: Board, pipe: Connection, place: int, connections: Sequence[socket.socket], notes: bool
) -> None:
    """What one of the three processes does."""
    began = time.monotonic()
    ears = Ears(connections, board, place, notes=notes)
    if connections is load.counting:
        os.nice(10)  # reading in bulk must not delay who speaks and who notes, on the same core
    if connections is load.speakers:
        speak(load, board, ears)
    if load.speakers_hear or connections is not load.speakers:
        ears.listen_to_the_end()
    pipe.send(Report(list(ears.heard.values()), ears.ages, time.process_time() / (time.monotonic() - began)))
