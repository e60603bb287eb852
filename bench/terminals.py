"""What a terminal costs that has its line edited by chatd, by telnet and by SSH: `python -m bench.terminals`.

SSH clients are OpenSSH itself, on a core that the server is not on. Rounds take turns, and medians are shown.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from bench.cores import cores
from bench.load import Load, put
from bench.process import CannotMeasure, Process, free_port, running
from bench.servers import CHATD, CHATD_WITHOUT_LIMITS, Server

ROOMS = ((60, 200), (200, 50), (200, 1_000))  # people, and lines a second
MOST_BY_SSH = 60  # people in a room, for the clients share a core
SPEAKERS, NOTING = 2, 8
IDLE, WARM = 900, 100  # connections
LOGINS = 50
KEYS = 400
SAID = 50_000_000  # bytes
WITHIN = 60.0  # seconds, for whatever is waited for
AGREES = b"\xff\xfb\x18", b"\xff\xfd\x01\xff\xfd\x03"  # WILL TERMINAL-TYPE, then DO ECHO, DO SUPPRESS-GO-AHEAD


def _command(port: int, folder: Path) -> list[str]:
    by_ssh = free_port()
    (folder / "ssh-port").write_text(str(by_ssh))
    run = "from twisted.scripts.twistd import run; run()"
    return [
        *(sys.executable, "-c", run, "--nodaemon", "--pidfile=", "--logfile", str(folder / "log"), "chatd"),
        *("--state=none", *CHATD_WITHOUT_LIMITS, "--listen", f"tcp:{port}:interface=127.0.0.1"),
        *("--listen", f"ssh:{by_ssh}:interface=127.0.0.1:hostKey={folder / 'key'}"),
    ]


SERVER = Server("chatd", "this checkout, limits lifted", CHATD, _command)


class People:
    """Clients of one server, each a socket, whatever is behind it."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self._programs: list[subprocess.Popen[bytes]] = []
        self.connections: list[socket.socket] = []

    def plain(self, name: str) -> socket.socket:
        connection = self._connect()
        connection.sendall(f"{name}\n".encode())
        return self._entered(connection, b"you are")

    def row(self, name: str) -> socket.socket:
        connection = self._connect()
        connection.sendall(AGREES[0])
        until(connection, b"\xff\xfd\x1f")
        connection.sendall(AGREES[1] + f"{name}\r".encode())
        return self._entered(connection, b"#lobby> ")

    def ssh(self, name: str) -> socket.socket:
        return self._entered(self.start_ssh(name, "-T"), b"you are")

    def ssh_row(self, name: str) -> socket.socket:
        return self._entered(self.start_ssh(name, "-tt"), b"#lobby> ")

    def start_ssh(self, name: str, *options: str) -> socket.socket:
        """Start an ssh that has not logged in yet."""
        ours, theirs = socket.socketpair()
        port = (self.process.folder / "ssh-port").read_text()
        quiet = "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o IdentityAgent=none -o IdentityFile=none"
        command = ["ssh", "-F", "none", "-q", *quiet.split(), *options, "-p", port, f"{name}@127.0.0.1"]
        environment = {**os.environ, "TERM": "xterm-256color"}
        program = subprocess.Popen(
            command,
            stdin=theirs.fileno(),
            stdout=theirs.fileno(),
            stderr=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,
        )
        theirs.close()
        self._programs.append(program)
        self.connections.append(ours)
        return ours

    @property
    def last_program(self) -> subprocess.Popen[bytes]:
        return self._programs[-1]

    def close(self) -> None:
        for connection in self.connections:
            connection.close()
        for program in self._programs:
            program.kill()
            program.wait()

    def _connect(self) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.process.port), WITHIN)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.connections.append(connection)
        return connection

    def _entered(self, connection: socket.socket, sign: bytes) -> socket.socket:
        until(connection, sign)
        connection.setblocking(False)
        return connection


def until(connection: socket.socket, sign: bytes) -> float:
    """Read until something comes, and return when it did."""
    connection.settimeout(WITHIN)
    seen = b""
    while sign not in seen:
        data = connection.recv(65_536)
        if not data:
            raise CannotMeasure(f"{sign!r} never came: {seen!r}")
        seen = seen[-200:] + data
    return time.monotonic()


def drain(connection: socket.socket) -> bytes:
    """Return what has come."""
    connection.setblocking(False)
    seen = b""
    try:
        while data := connection.recv(65_536):
            seen += data
    except BlockingIOError:
        pass
    return seen


@contextmanager
def people_at(core: int) -> Iterator[People]:
    with running(SERVER, core) as process:
        people = People(process)
        try:
            yield people
        finally:
            people.close()


KINDS: dict[str, Callable[[People, str], socket.socket]] = {
    "TCP": People.plain,
    "TCP with the row": People.row,
    "SSH": People.ssh,
    "SSH with the row": People.ssh_row,
}


def delivered(core: int, kind: str, room: tuple[int, int], seconds: float) -> float:
    """Return the CPU us of the server for each line that it delivers to one person of a kind."""
    size, rate = room
    with people_at(core) as people:
        hearers = [KINDS[kind](people, f"g{number}") for number in range(size)]
        speakers = [people.plain(f"s{number}") for number in range(SPEAKERS)]
        time.sleep(1.5)  # notices of arrivals
        for connection in hearers + speakers:
            drain(connection)
        load = Load(speakers, hearers[:NOTING], hearers[NOTING:], rate, seconds, 1, CHATD.say)
        outcome = put(load, people.process)
        if not outcome.exact:
            raise CannotMeasure(f"{kind}: {outcome.share:.3f} of the lines arrived")
        return outcome.cpu / outcome.delivered * 1e6


def idle(core: int, kind: str) -> float:
    """Return the bytes that each of many connections costs that say nothing."""
    with people_at(core) as people:
        for number in range(WARM):
            KINDS[kind](people, f"w{number}")
        before = people.process.memory()
        for number in range(IDLE):
            connection = KINDS[kind](people, f"g{number}")
            if number % 50 == 0:
                for connection in people.connections:
                    drain(connection)
        for connection in people.connections:
            drain(connection)
        time.sleep(2)
        return (people.process.memory() - before) / IDLE


def logins(core: int) -> tuple[float, float]:
    """Return the p50 and p99 of a line's way between two on TCP, in ms, while many log in by SSH at once."""
    with people_at(core) as people:
        alice, bob = people.plain("alice"), people.plain("bob")
        time.sleep(1.5)
        drain(bob)
        for number in range(LOGINS):
            people.start_ssh(f"g{number}", "-tt")
            people.connections[-1].setblocking(False)
        ages: list[float] = []
        chance = random.Random(1)
        arriving = dict.fromkeys(people.connections[2:], b"")
        while arriving:
            said = time.monotonic()
            alice.sendall(b"@bob |%d\n" % len(ages))
            ages.append(until(bob, b"|%d\r\n" % len(ages)) - said)
            drain(alice)
            for connection in list(arriving):
                arriving[connection] += drain(connection)
                if b"#lobby> " in arriving[connection]:
                    del arriving[connection]
            time.sleep(chance.uniform(0.001, 0.004))
        ages.sort()
        return ages[len(ages) // 2] * 1e3, ages[len(ages) * 99 // 100] * 1e3


def keys(core: int) -> tuple[float, float, float]:
    """Return the p50 and p99 from a key over SSH to its echo, in ms, and the server's CPU us for each."""
    with people_at(core) as people:
        alice = people.ssh_row("alice")
        time.sleep(1.5)
        drain(alice)
        ages: list[float] = []
        before = people.process.cpu()
        for number in range(KEYS):
            if number % 40 == 39:
                alice.sendall(b"\x15")  # so that the row is never full
                time.sleep(0.02)
                drain(alice)
            key = b"abcdefghij"[number % 10 : number % 10 + 1]
            pressed = time.monotonic()
            alice.sendall(key)
            ages.append(until(alice, key) - pressed)
            time.sleep(0.01)
        ages.sort()
        cpu = (people.process.cpu() - before) / KEYS * 1e6
        return ages[KEYS // 2] * 1e3, ages[KEYS * 99 // 100] * 1e3, cpu


def stopped(core: int) -> float:
    """Return how much the server grows, in bytes, while somebody on SSH stops to read and much is said."""
    line = b"x" * 3_990
    with people_at(core) as people:
        alice = people.plain("alice")
        people.ssh_row("bob")
        reader = people.connections[-1]

        def say(size: int, reads: bool) -> None:
            for number in range(size // len(line)):
                alice.setblocking(True)
                alice.sendall(line + b"|%d\n" % number)
                if number % 8:
                    continue
                until(alice, b"|%d\r\n" % number)
                if reads:
                    drain(reader)

        say(5_000_000, True)
        people.last_program.send_signal(signal.SIGSTOP)
        say(3_000_000, False)  # fills what the client and the kernel hold
        before = people.process.memory()
        say(SAID, False)
        grown = people.process.memory() - before
        people.last_program.send_signal(signal.SIGCONT)
        return grown


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.terminals", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="the median is taken over them (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=4, help="for each room (default: %(default)s)")
    parser.add_argument("--only", nargs="+", choices=("rooms", "idle", "logins", "keys", "stopped"), metavar="PART")
    options = parser.parse_args()
    wanted = options.only or ("rooms", "keys", "logins", "stopped", "idle")
    print(f"load when it began: {os.getloadavg()[0]:.2f}", flush=True)
    with cores() as core:
        measure(core, wanted, options.rounds, options.seconds)
    print(f"load when it ended: {os.getloadavg()[0]:.2f}", flush=True)


def measure(core: int, wanted: Sequence[str], rounds: int, seconds: float) -> None:
    """Measure those parts, and print what is found."""
    if "rooms" in wanted:
        _rooms(core, rounds, seconds)
    if "keys" in wanted:
        p50, p99, cpu = map(median, zip(*(keys(core) for _ in range(rounds)), strict=True))
        print(f"a key to its echo over SSH: p50 {p50:.2f} ms, p99 {p99:.2f} ms, CPU {cpu:.0f} us", flush=True)
    if "logins" in wanted:
        p50, p99 = map(median, zip(*(logins(core) for _ in range(rounds)), strict=True))
        print(f"a line while {LOGINS} log in by SSH: p50 {p50:.1f} ms, p99 {p99:.1f} ms", flush=True)
    if "stopped" in wanted:
        print(f"a reader that stops, {SAID:,} bytes said: {stopped(core) / 1024:+.0f} KiB", flush=True)
    if "idle" in wanted:
        for kind in KINDS:
            print(f"idle, {IDLE} x {kind}: {idle(core, kind) / 1000:.1f} kB each", flush=True)


def _rooms(core: int, rounds: int, seconds: float) -> None:
    for room in ROOMS:
        kinds = [kind for kind in KINDS if room[0] <= MOST_BY_SSH or kind.startswith("TCP")]
        costs: dict[str, list[float]] = {kind: [] for kind in kinds}
        for turn in range(rounds):
            for kind in kinds if turn % 2 else kinds[::-1]:  # a drift of the machine evens out
                costs[kind].append(delivered(core, kind, room, seconds))
        for kind in kinds:
            values = " ".join(f"{cost:.2f}" for cost in costs[kind])
            print(f"{room[0]} people, {room[1]}/s, {kind}: {median(costs[kind]):.2f} us ({values})", flush=True)


if __name__ == "__main__":
    main()
