"""The situations in which the servers are measured: each function is one, and adds its figures."""

from __future__ import annotations

import math
import resource
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Event, Thread
from typing import TypeVar

from bench.crowd import Crowd, crowd_at
from bench.figures import Figures
from bench.load import Load, Outcome, put
from bench.process import CannotMeasure, Process, running
from bench.servers import CHATD_AGAIN, CHATD_WITH_HISTORY, CHATD_WITH_METRICS, METRICS, Server

SPEAKERS = 10
NOTING = 8
SENDQ = 256 * 1024  # bytes: chatd's default bound for one slow reader
SLOW_READERS = 100
SLOW_FOR = 10.0  # seconds at least: so long it takes until the kernel's buffers and the sendq are full
IDLE_FOR = 10.0  # seconds

T = TypeVar("T")


@dataclass(frozen=True)
class Plan:
    """What is measured and for how long; the servers run on `core`, all clients on others."""

    servers: Sequence[Server]
    seconds: float
    warm_up: float
    core: int
    say: Callable[[str], None]

    @contextmanager
    def started(self, server: Server, figures: Figures, doing: str) -> Iterator[Process]:
        """Start a server; if it can't do what a cell needs, note that and go on to the next."""
        self.say(f"{doing}: {server.name}")
        try:
            with running(server, self.core) as process:
                yield process
        except (CannotMeasure, OSError) as error:
            figures.failures.append(f"{doing}, {server.name}: {error}")

    def only(self, *names: str) -> list[Server]:
        return [server for server in self.servers if server.name in names]


Cell = Callable[[Plan, Figures], None]


def start(plan: Plan, figures: Figures) -> None:
    """From the start to an open port, and the memory of an empty server."""
    for server in plan.servers:
        with plan.started(server, figures, "start") as process:
            time.sleep(0.5)
            figures.add("start", server.name, listening=process.listening_after, memory=process.memory())


def fan_out(people: int, rates: Sequence[float]) -> Cell:
    """Everybody in one room, where lines are said at several rates."""

    def measure(plan: Plan, figures: Figures) -> None:
        for server in plan.servers:
            with plan.started(server, figures, f"{people:,} in a room") as process, crowd_at(process, people) as crowd:
                for rate in rates:
                    outcome = put(room_load(crowd.connections, rate, plan, server), process)
                    figures.add(f"{people:,} people, {rate:,} lines/s", server.name, **spread(outcome, plan.seconds))
                    crowd.settle()

    return measure


def memory(plan: Plan, figures: Figures) -> None:
    """What each of 5,000 connections costs in memory, and their arrival in CPU."""
    for server in plan.servers:
        doing = "5,000 connections"
        with plan.started(server, figures, doing) as process, crowd_at(process, 10, joins=False) as crowd:
            before, cpu = process.memory(), process.cpu()
            crowd.grow(5_010)
            each = (process.memory() - before) / 5_000
            arrival = (process.cpu() - cpu) / 5_000
            figures.add("5,000 connections", server.name, memory=each, arrival=arrival)


def idle(plan: Plan, figures: Figures) -> None:
    """Whether 10,000 people who say nothing stay, and what that costs."""
    room = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    people = min(10_000, room - 100)
    for server in plan.only("chatd"):
        with plan.started(server, figures, f"{people:,} idle") as process, crowd_at(process, people) as crowd:
            cpu = process.cpu()
            crowd.idle(IDLE_FOR)
            share = (process.cpu() - cpu) / IDLE_FOR
            figures.add("idle", server.name, people=people, stayed=people - crowd.lost, share=share)


def slow(plan: Plan, figures: Figures) -> None:
    """200 in a room in which 1,000 lines/s are said, and 100 of them never read."""
    for server in plan.only("chatd"):
        with plan.started(server, figures, "slow readers") as process, crowd_at(process, 200) as crowd:
            readers = crowd.connections[::2]
            for connection in crowd.connections[1::2]:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            before = process.memory()
            seconds = max(plan.seconds, SLOW_FOR)
            outcome = put(room_load(readers, 1_000, plan, server, seconds), process)
            growth = (process.memory() - before) / (SLOW_READERS * SENDQ)
            figures.add("slow readers", server.name, growth=growth, **spread(outcome, seconds))


def private(plan: Plan, figures: Figures) -> None:
    """Private lines between two people, alone in the hall and then among 5,000."""
    for server in plan.only("chatd", "ngircd"):
        with plan.started(server, figures, "private lines") as process, crowd_at(process, 2, joins=False) as crowd:
            for people in (2, 5_000):
                crowd.grow(people)
                speaker, subscriber = crowd.connections[:2]
                outcome = put(
                    Load(
                        *([speaker], [subscriber], []),
                        *(1_000, plan.seconds, plan.warm_up),
                        say=partial(server.language.whisper, Crowd.name(1)),
                        speakers_hear=False,
                    ),
                    process,
                )
                crowd.settle()
                figures.add(f"private, {people:,} here", server.name, **spread(outcome, plan.seconds))


def metrics(plan: Plan, figures: Figures) -> None:
    """What it costs that somebody reads the metrics each second, with 200 in a room and 1,000 lines/s."""
    for server in (turns := [*plan.only("chatd"), CHATD_WITH_METRICS]) + turns[
        ::-1
    ]:  # a drift of the machine evens out
        with plan.started(server, figures, "metrics") as process, crowd_at(process, 200) as crowd:
            with read_each_second(process.folder / METRICS) if server is CHATD_WITH_METRICS else nullcontext():
                outcome = put(room_load(crowd.connections, 1_000, plan, server), process)
            figures.add("metrics", server.name, **spread(outcome, plan.seconds))


def history(plan: Plan, figures: Figures) -> None:
    """What it costs that what is said is kept on the disk, with 200 in a room; chatd twice shows what is noise."""
    for server in [*plan.only("chatd"), CHATD_WITH_HISTORY, CHATD_AGAIN]:
        with plan.started(server, figures, "history") as process, crowd_at(process, 200) as crowd:
            for rate in (50, 1_000, 3_000):
                outcome = put(room_load(crowd.connections, rate, plan, server), process)
                figures.add(f"history, {rate:,} lines/s", server.name, **spread(outcome, plan.seconds))
                crowd.settle()


@contextmanager
def read_each_second(path: Path) -> Iterator[None]:
    """Do as Prometheus does, only more often."""
    enough = Event()

    def read() -> None:
        while not enough.wait(1):
            with socket.socket(socket.AF_UNIX) as connection:
                connection.connect(str(path))
                connection.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
                while connection.recv(65_536):
                    pass

    reader = Thread(target=read, daemon=True)
    reader.start()
    try:
        yield
    finally:
        enough.set()
        reader.join()


CELLS: dict[str, Cell] = {
    "start": start,
    "fanout200": fan_out(200, (50, 1_000, 3_000)),
    "fanout2000": fan_out(2_000, (5, 50, 200)),
    "memory": memory,
    "idle": idle,
    "slow": slow,
    "private": private,
    "metrics": metrics,
    "history": history,
}


def room_load(
    people: Sequence[socket.socket], rate: float, plan: Plan, server: Server, seconds: float | None = None
) -> Load:
    """Return the load of a room: who speaks and who notes are spread over the order of arrival."""
    noting = spread_over(people, NOTING)
    others = [connection for connection in people if connection not in noting]
    speakers = spread_over(others, SPEAKERS)
    counting = [connection for connection in others if connection not in speakers]
    seconds = seconds or plan.seconds
    language = server.language
    return Load(speakers, noting, counting, rate, seconds, plan.warm_up, language.say, echo=language.echo)


def spread_over(people: Sequence[T], count: int) -> list[T]:
    return [people[(2 * place + 1) * len(people) // (2 * count)] for place in range(count)]


def spread(outcome: Outcome, seconds: float) -> dict[str, float]:
    """Return the measures of an outcome."""
    return {
        "cpu": outcome.cpu / outcome.delivered if outcome.delivered else math.nan,
        "p50": outcome.percentile(50),
        "p99": outcome.percentile(99),
        "share": outcome.share,
        "exact": outcome.exact,
        "busy": outcome.cpu / seconds,
        "busiest": outcome.busiest,
    }
