"""What it costs to be one of two daemons of a hall, on a real redis-server: `python -m bench.nodes`.

Both daemons and Redis run on one core, all clients on the others.
"""

from __future__ import annotations

import os
import select
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.cells import spread_over
from bench.crowd import Crowd
from bench.load import Load, Outcome, put
from bench.process import Process, running
from bench.servers import SERVERS, Server

SECONDS, WARM_UP = 6.0, 1.0
EACH = 100  # people at each daemon
RATES = (50, 1_000)
LINES = 200  # in the quiet hall
CHATD = next(server for server in SERVERS if server.name == "chatd")


class Others(Crowd):
    """The people of the second daemon have other names."""

    @staticmethod
    def name(place: int) -> bytes:
        return b"h%05d" % place


@contextmanager
def redis(core: int) -> Iterator[Path]:
    """Start a redis-server, and return its socket."""
    with TemporaryDirectory(prefix="chatd-bench-") as folder:
        path = Path(folder) / "redis.sock"
        command = ["redis-server", "--port", "0", "--unixsocket", str(path), "--save", "", "--dir", folder]
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


def node(name: str, path: Path) -> Server:
    """Return chatd as one of the daemons of that Redis."""
    more = [f"--redis=unix://{path}", f"--node={name}", "--owned-names=no", "--history-lines=0"]
    return replace(CHATD, name=name, command=lambda port, folder: [*CHATD.command(port, folder), *more])


def alone() -> Server:
    more = ["--owned-names=no", "--history-lines=0"]
    return replace(CHATD, command=lambda port, folder: [*CHATD.command(port, folder), *more])


def room(noting: Sequence[socket.socket], others: Sequence[socket.socket], rate: float) -> Load:
    """Return a load whose speakers are spread over all, and which is noted by some."""
    heard = spread_over(noting, 8)
    rest = [one for one in (*noting, *others) if one not in heard]
    speakers = spread_over(rest, 10)
    counting = [one for one in rest if one not in speakers]
    return Load(speakers, heard, counting, rate, SECONDS, WARM_UP, CHATD.language.say)


def show(name: str, outcome: Outcome, hearers: int) -> float:
    """Print a row, and return the us of CPU for each delivered line."""
    us = outcome.cpu / max(outcome.said * hearers, 1) * 1e6
    ages = f"p50 {outcome.percentile(50) * 1e3:5.1f}  p99 {outcome.percentile(99) * 1e3:5.1f} ms"
    print(f"{name:46} {us:6.2f} us a delivered line  {ages}  {'exact' if outcome.exact else outcome.share}", flush=True)
    return us


def quiet(speaker: socket.socket, hearer: socket.socket) -> None:
    """Say one line after the other, and see when it is heard here and there."""
    waits: dict[socket.socket, list[float]] = {speaker: [], hearer: []}
    for number in range(LINES):
        mark = b"quiet %d." % number
        began = time.perf_counter()
        speaker.setblocking(True)
        speaker.sendall(mark + b"\n")
        for waiting in _arrivals([speaker, hearer], mark):
            waits[waiting].append(time.perf_counter() - began)
        time.sleep(0.01)
    for name, one in (("own echo", speaker), ("the other", hearer)):
        times = sorted(waits[one])
        p50, p99 = times[len(times) // 2] * 1e3, times[int(len(times) * 0.99)] * 1e3
        print(f"quiet, {name:39} p50 {p50:5.2f}  p99 {p99:5.2f} ms", flush=True)


def _arrivals(sockets: list[socket.socket], mark: bytes) -> Iterator[socket.socket]:
    heard = dict.fromkeys(sockets, b"")
    while heard:
        for one in select.select(list(heard), [], [])[0]:
            heard[one] += one.recv(65_536)
            if mark in heard[one]:
                del heard[one]
                yield one


def main() -> None:
    core, *others = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, others or [core])
    bases = {}
    with running(alone(), core) as process:
        crowd = Crowd(process)
        crowd.grow(2)
        quiet(*crowd.connections)
        crowd.grow(EACH)
        for rate in RATES:
            bases[rate] = show(
                f"one daemon with {EACH}, {rate:,} lines/s", put(room(crowd.connections, [], rate), process), EACH
            )
            crowd.settle()
        crowd.close()
    with ExitStack() as stack:
        path = stack.enter_context(redis(core))
        a, b = (stack.enter_context(running(node(name, path), core)) for name in "ab")
        time.sleep(1)  # until both are linked
        measure(a, b, bases)


def measure(a: Process, b: Process, bases: dict[int, float]) -> None:
    ours, theirs = Crowd(a), Others(b)
    ours.grow(1)
    theirs.grow(1)
    ours.settle()
    quiet(ours.connections[0], theirs.connections[0])
    ours.grow(EACH)
    theirs.grow(EACH)
    for rate in RATES:
        for process, here, there in ((a, ours, theirs), (b, theirs, ours)):
            here.settle()
            there.settle()
            outcome = put(room(here.connections, there.connections, rate), process)
            us = show(f"{EACH} + {EACH}, {rate:,} lines/s, node {process.server.name}", outcome, EACH)
            print(f"{'':46} {us / bases[rate]:6.2f} times one daemon", flush=True)


if __name__ == "__main__":
    main()
