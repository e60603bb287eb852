"""The figures as text: one Markdown page, which is also what is printed."""

from __future__ import annotations

import math
import os
import platform
import socket
from collections.abc import Callable, Sequence
from pathlib import Path

import twisted
from bench.cores import can_keep_awake
from bench.figures import Figures
from bench.servers import Server

FAN_OUT_TO_REACH = {  # by people and lines/s: how many times ngircd's cost a delivered line may take
    "200 people, 50 lines/s": 1.3,
    "200 people, 1,000 lines/s": 0.5,
    "200 people, 3,000 lines/s": 0.5,
    "2,000 people, 5 lines/s": 1.2,
    "2,000 people, 50 lines/s": 0.6,
    "2,000 people, 200 lines/s": 0.6,
}
FLOOR_TO_REACH = 1.5  # times the floor's cost, with 200 in the room
METRICS_TO_REACH = 1.05  # times the cost without
HISTORY_TO_REACH = 1.05  # times the cost without
NODES_TO_REACH = 1.35  # times the cost of one daemon alone, at 1,000 lines/s
NODES_P99_TO_REACH = 0.015  # seconds, likewise
QUIET_TO_REACH = (0.001, 0.0025)  # seconds: p50 and p99 of a line to all, two daemons as one
P99_TO_REACH = 0.010  # seconds, with 200 in the room

Row = Sequence[str]


def page(figures: Figures, servers: Sequence[Server], rounds: int, seconds: float, plot: str) -> str:
    """Return the whole page; `plot` is the path of the plot as seen from it."""
    of_rounds = f"the median of {rounds} rounds of {seconds:g} s" if rounds > 1 else f"of one round of {seconds:g} s"
    parts = [
        "# Benchmarks",
        "`make bench` repeats all of this and writes this page: nothing here is written by hand. "
        "`make bench ARGS='--only fanout200 --seconds 3'` is a quick look that prints and writes nothing; "
        "`python -m bench --help` lists the rest. It takes two cores, the loopback and nothing else; "
        "servers that are not installed are left out.",
        f"Measured with {machine()}. Every figure is {of_rounds}; the servers take turns.{_awake()}",
        "\n".join(f"- **{server.name}**: {server.about}" for server in servers),
        *_fan_out(figures, plot),
        *_each_server(figures),
        *_nodes(figures),
        *_to_reach(figures),
    ]
    if figures.failures:
        parts += ["## What could not be measured", "\n".join(f"- {failure}" for failure in figures.failures)]
    return "\n\n".join(parts) + "\n"


def _awake() -> str:
    return " The cores are kept from sleeping meanwhile." if can_keep_awake() else ""


def machine() -> str:
    """Return what of this machine matters, and nothing that names it."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} cores ({_processor()}), {memory:.0f} GiB of memory, {platform.system()} "
        f"{platform.release().split('-')[0]}, {platform.python_implementation()} {platform.python_version()}, "
        f"Twisted {twisted.__version__}, TCP congestion control {_congestion_control()}"
    )


def _congestion_control() -> str:
    with socket.socket() as one:
        name: bytes = one.getsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, 16)
        return name.rstrip(b"\0").decode()


def _processor() -> str:
    try:
        with Path("/proc/cpuinfo").open() as lines:
            return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.machine()


def _fan_out(figures: Figures, plot: str) -> list[str]:
    cells = [cell for cell in figures.cells("cpu") if "people" in cell]
    if not cells:
        return []
    head = ("in one room", "server", "CPU us", "of its core", "p50 ms", "p99 ms", "delivered")
    rows = [_fan_out_row(figures, cell, server) for cell in cells for server in figures.servers(cell, "cpu")]
    return [
        "## One line to many",
        "Everybody is in one room, the server has a core to itself, and all clients share another. Lines of 60 bytes "
        "come at random moments (a Poisson process). *CPU us* is what the server spent on each line that it delivered "
        "to one person, the kernel's part included; *p50* and *p99* are the time from a client's `send` to another's "
        "`recv`; *delivered* is the share of all lines due that arrived, at the latest 5 s after the end, in the worst "
        "round.",
        f"![CPU for each delivered line]({plot})",
        table(head, rows),
    ]


def _fan_out_row(figures: Figures, cell: str, server: str) -> Row:
    def get(measure: str) -> float:
        return figures.get(cell, server, measure)

    share = figures.worst(cell, server, "share")
    all_exact = figures.worst(cell, server, "exact")
    delivered = "–" if math.isnan(share) else "every line once" if all_exact else f"{share:.2%}"
    return (
        *(cell, server, number(get("cpu") * 1e6), "–" if math.isnan(get("busy")) else f"{get('busy'):.0%}"),
        *(milliseconds(get("p50")), milliseconds(get("p99")), delivered),
    )


def _each_server(figures: Figures) -> list[str]:
    names = list(dict.fromkeys(figures.servers("start", "listening") + figures.servers("5,000 connections", "memory")))
    if not names:
        return []
    head = ("server", "start to listening, s", "memory when empty, MB", "for each idle person, kB", "arrival, CPU ms")
    rows = [
        (
            name,
            number(figures.get("start", name, "listening")),
            number(figures.get("start", name, "memory") / 1e6),
            number(figures.get("5,000 connections", name, "memory") / 1e3),
            number(figures.get("5,000 connections", name, "arrival") * 1e3),
        )
        for name in names
    ]
    return [
        "## A server by itself",
        "Memory is what is resident. The last two columns are over 5,000 people who log in, some dozens at a time, "
        "and then say nothing. chatd lets them into its lobby and tells those who are there already; the others tell "
        "nobody (ngircd's people join no room here).",
        table(head, rows),
    ]


def _nodes(figures: Figures) -> list[str]:
    cells = [cell for cell in figures.cells("p99") if cell.startswith(("quiet", "100 at each"))]
    if not cells:
        return []
    head = ("", "", "CPU us", "of its core", "p50 ms", "p99 ms", "delivered")
    rows = [_fan_out_row(figures, cell, server) for cell in cells for server in figures.servers(cell, "p99")]
    return [
        "## Two daemons as one",
        "Two daemons and the redis-server that they share have one core between them, which one daemon alone has to "
        "itself; all clients share the other. 100 people are at each, and all are in one room. *CPU us* is what one "
        "daemon, without Redis, spends on each line that it delivers to one of its people. In quiet one line is said "
        "after the other, and the second daemon has the core of the clients, as on two machines neither waits for the "
        "other's core.",
        table(head, rows),
    ]


def _to_reach(figures: Figures) -> list[str]:
    rows = _goals(figures)
    return ["## What chatd is to reach", table(("", "measured", "to reach", ""), rows)] if rows else []


def _goals(figures: Figures) -> list[Row]:
    """Return a row for each goal: what, measured, to reach, whether it is."""
    goals: list[Row] = []

    def goal(what: str, value: float, most: float, shown: Callable[[float], str]) -> None:
        if not math.isnan(value):
            goals.append((what, shown(value), f"at most {shown(most)}", "yes" if value <= most else "**no**"))

    def times(value: float) -> str:
        return f"{value:.2f} times"

    for cell, most in FAN_OUT_TO_REACH.items():
        cpu = figures.get(cell, "chatd", "cpu")
        goal(f"{cell}: CPU beside ngircd's", cpu / figures.get(cell, "ngircd", "cpu"), most, times)
        if cell.startswith("200 "):
            goal(f"{cell}: CPU beside the floor's", cpu / figures.get(cell, "floor", "cpu"), FLOOR_TO_REACH, times)
            goal(f"{cell}: p99 in ms", figures.get(cell, "chatd", "p99"), P99_TO_REACH, milliseconds)
    goal("an idle person: kB", figures.get("5,000 connections", "chatd", "memory") / 1e3, 6, number)
    idle, slow, start = "idle", "slow readers", "start"
    away = figures.get(idle, "chatd", "people") - figures.get(idle, "chatd", "stayed")
    goal(f"{figures.get(idle, 'chatd', 'people'):,.0f} idle people: share of a core", _share(figures), 0.01, percent)
    goal(f"{figures.get(idle, 'chatd', 'people'):,.0f} idle people: how many were lost", away, 0, "{:.0f}".format)
    goal("100 of 200 never read, 1,000 lines/s: p99 in ms", figures.get(slow, "chatd", "p99"), 0.020, milliseconds)
    goal("the same: memory grows, beside 100 times the sendq", figures.get(slow, "chatd", "growth"), 1, times)
    few, many = (figures.get(f"private, {people} here", "chatd", "cpu") for people in ("2", "5,000"))
    goal(f"a private line in a hall of 5,000 ({many * 1e6:.0f} us), beside a hall of 2", many / few, 1.5, times)
    with_metrics, without = (figures.get("metrics", name, "cpu") for name in ("chatd with metrics", "chatd"))
    goal("metrics read each second: CPU beside none", with_metrics / without, METRICS_TO_REACH, times)
    for rate in ("50", "1,000", "3,000"):
        cell = f"history, {rate} lines/s"
        without, again, kept = (
            figures.get(cell, name, "cpu") for name in ("chatd", "chatd again", "chatd with history")
        )
        noise = f"the same without, once more: {again / without:.2f} times"
        goal(f"history on the disk, {rate} lines/s: CPU beside none ({noise})", kept / without, HISTORY_TO_REACH, times)
    busy = "100 at each, 1,000 lines/s"
    for name in ("node a", "node b"):
        cpu, alone = figures.get(busy, name, "cpu"), figures.get(busy, "one alone", "cpu")
        goal(f"{busy}, {name}: CPU beside one alone", cpu / alone, NODES_TO_REACH, times)
        goal(f"{busy}, {name}: p99 in ms", figures.get(busy, name, "p99"), NODES_P99_TO_REACH, milliseconds)
    for cell in ("quiet, one's own line", "quiet, another's"):
        for measure, most in zip(("p50", "p99"), QUIET_TO_REACH, strict=True):
            value = figures.get(cell, "two as one", measure)
            goal(f"two daemons, {cell}: {measure} in ms", value, most, milliseconds)
    goal("start to listening: s", figures.get(start, "chatd", "listening"), 0.4, number)
    goal("resident when empty: MB", figures.get(start, "chatd", "memory") / 1e6, 45, number)
    return goals


def _share(figures: Figures) -> float:
    return figures.get("idle", "chatd", "share")


def table(head: Row, rows: Sequence[Row]) -> str:
    """Return a Markdown table whose columns also line up in a terminal."""
    widths = [max(len(cell) for cell in column) for column in zip(head, *rows, strict=True)]
    ruler = ["-" * width for width in widths]
    lines = (
        " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in (head, ruler, *rows)
    )
    return "\n".join(f"| {line} |" for line in lines)


def number(value: float) -> str:
    """Return a figure with as many digits as it has any right to."""
    if math.isnan(value):
        return "–"
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def milliseconds(seconds: float) -> str:
    return number(seconds * 1e3)


def percent(share: float) -> str:
    return f"{share:.1%}"
