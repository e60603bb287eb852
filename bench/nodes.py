"""What it costs to be one of two daemons of a hall, on a real redis-server.

Both daemons and Redis run on one core, all clients on the others; one daemon alone comes first. In quiet, where the
question is how long a line takes, the second daemon has another core, as it has on another machine.
"""

from __future__ import annotations

import math
import os
import select
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory

from bench.cells import NOTING, SPEAKERS, Plan, spread, spread_over
from bench.crowd import Crowd
from bench.figures import Figures
from bench.load import Load, put
from bench.process import CannotMeasure, running
from bench.servers import Server

ALONE, NODES = "one alone", ("node a", "node b")
EACH = 100  # people at each daemon
RATES = (50, 1_000)
LINES = 200  # in the quiet hall
WITHOUT_STATE = ("--owned-names=no", "--history-lines=0")


class Others(Crowd):
    """The people of the second daemon have other names."""

    @staticmethod
    def name(place: int) -> bytes:
        return b"h%05d" % place


def nodes(plan: Plan, figures: Figures) -> None:
    """One daemon with 100 people, and then two that are one hall, with 100 each: in quiet, and with lines to all."""
    for server in plan.only("chatd"):
        with plan.started(variant(server, ALONE), figures, "one alone") as process:
            crowd = Crowd(process)
            crowd.grow(2)
            quiet(figures, ALONE, *crowd.connections)
            crowd.grow(EACH)
            for rate in RATES:
                say_to_all(plan, figures, rate, crowd)
            crowd.close()
        plan.say("two as one")
        try:
            with two_as_one(server, plan.core, min(os.sched_getaffinity(0))) as (ours, theirs):
                for crowd in (ours, theirs):
                    crowd.grow(1)
                quiet(figures, "two as one", ours.connections[0], theirs.connections[0])
            with two_as_one(server, plan.core, plan.core) as (ours, theirs):
                for crowd in (ours, theirs):
                    crowd.grow(EACH)
                for rate in RATES:
                    say_to_all(plan, figures, rate, ours, theirs)
                    say_to_all(plan, figures, rate, theirs, ours)
        except (CannotMeasure, OSError) as error:
            figures.failures.append(f"two as one: {error}")


def variant(server: Server, name: str, *more: str) -> Server:
    return replace(server, name=name, command=lambda port, at: [*server.command(port, at), *WITHOUT_STATE, *more])


@contextmanager
def two_as_one(server: Server, *cores: int) -> Iterator[tuple[Crowd, Crowd]]:
    """Start two daemons, each on its core, that are one hall on a redis-server on the first; return their people.

    @raises CannotMeasure: if there is no redis-server.
    """
    with ExitStack() as stack:
        path = stack.enter_context(redis(cores[0]))
        each = [variant(server, name, f"--redis=unix://{path}", f"--node={name[-1]}") for name in NODES]
        first, second = (stack.enter_context(running(*one)) for one in zip(each, cores, strict=True))
        time.sleep(1)  # until both are linked
        crowds = Crowd(first), Others(second)
        yield crowds
        for crowd in crowds:
            crowd.close()


@contextmanager
def redis(core: int) -> Iterator[Path]:
    """Start a redis-server on that core, and return its socket."""
    program = shutil.which("redis-server")
    if program is None:
        raise CannotMeasure("redis-server is not installed")
    with TemporaryDirectory(prefix="chatd-bench-") as folder:
        path = Path(folder) / "redis.sock"
        command = [program, "--port", "0", "--unixsocket", str(path), "--save", "", "--dir", folder]
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, preexec_fn=lambda: os.sched_setaffinity(0, {core})
        )
        try:
            while not path.exists():
                time.sleep(0.01)
            yield path
        finally:
            process.terminate()
            process.wait()


def say_to_all(plan: Plan, figures: Figures, rate: float, here: Crowd, *there: Crowd) -> None:
    """Have some of all speak; how old lines are is noted by some of the first daemon, whose CPU counts."""
    crowds, process = (here, *there), here.process
    for crowd in crowds:
        crowd.settle()
    noting = spread_over(here.connections, NOTING)
    others = [one for crowd in crowds for one in crowd.connections if one not in noting]
    speakers = spread_over(others, SPEAKERS)
    counting = [one for one in others if one not in speakers]
    say = process.server.language.say
    outcome = put(Load(speakers, noting, counting, rate, plan.seconds, plan.warm_up, say), process)
    measured = spread(outcome, plan.seconds)
    measured["cpu"] = outcome.cpu / (outcome.said * EACH) if outcome.said else math.nan  # of what is delivered here
    figures.add(f"100 at each, {rate:,} lines/s", process.server.name, **measured)


def quiet(figures: Figures, name: str, speaker: socket.socket, hearer: socket.socket) -> None:
    """Say one line after the other, and see when it is heard by who says it, and by somebody else."""
    waits: dict[socket.socket, list[float]] = {speaker: [], hearer: []}
    for number in range(LINES):
        mark = b"quiet %d." % number
        began = time.perf_counter()
        speaker.setblocking(True)
        speaker.sendall(mark + b"\n")
        for waiting in _arrivals([speaker, hearer], mark):
            waits[waiting].append(time.perf_counter() - began)
        time.sleep(0.01)
    for cell, one in (("quiet, one's own line", speaker), ("quiet, another's", hearer)):
        percentiles = quantiles(waits[one], n=100)
        figures.add(cell, name, p50=percentiles[49], p99=percentiles[98])


def _arrivals(sockets: Sequence[socket.socket], mark: bytes) -> Iterator[socket.socket]:
    heard = dict.fromkeys(sockets, b"")
    while heard:
        for one in select.select(list(heard), [], [])[0]:
            heard[one] += one.recv(65_536)
            if mark in heard[one]:
                del heard[one]
                yield one
