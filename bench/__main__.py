"""Measure chatd beside its peers: `python -m bench` prints the tables and writes docs/benchmarks.md."""

from __future__ import annotations

import argparse
import math
import resource
import signal
import sys
import time
from pathlib import Path

from bench.cells import CELLS, Cell, Plan
from bench.cores import cores
from bench.figures import Figures
from bench.nodes import nodes
from bench.plot import plot
from bench.report import page
from bench.servers import CHECKOUT, SERVERS, Server, beside

ALL: dict[str, Cell] = {**CELLS, "nodes": nodes}
PAGE = CHECKOUT / "docs" / "benchmarks.md"
PLOT = CHECKOUT / "docs" / "benchmarks" / "fan-out.svg"


def main() -> None:
    options = read_options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the servers are ended too
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    servers = [server for server in SERVERS if is_wanted(server, options.servers)]
    if options.beside:
        servers.insert(1, beside(options.beside))
    figures = Figures()
    with cores() as core:
        plan = Plan(servers, options.seconds, options.warm_up, core, progress)
        for turn in range(options.rounds):
            for name in options.only or ALL:
                progress(f"-- round {turn + 1} of {options.rounds}: {name}")
                ALL[name](plan, figures)
    text = page(figures, servers, options.rounds, options.seconds, str(PLOT.relative_to(PAGE.parent)))
    print(text)
    if options.write or not (options.only or options.servers):
        PLOT.parent.mkdir(parents=True, exist_ok=True)
        PAGE.write_text(text)
        PLOT.write_text(drawn(figures))


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=ALL, metavar="CELL", help=f"measure these: {', '.join(ALL)}")
    parser.add_argument("--servers", nargs="+", metavar="NAME", help="measure these servers")
    parser.add_argument("--beside", type=Path, metavar="FOLDER", help="measure another checkout of chatd, too")
    parser.add_argument("--seconds", type=float, default=6, help="for each measurement (default: %(default)s)")
    parser.add_argument("--warm-up", type=float, default=1, help="seconds before each (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="the median is taken over them (default: %(default)s)")
    parser.add_argument("--write", action="store_true", help="write the page even if only a part is measured")
    return parser.parse_args()


def is_wanted(server: Server, names: list[str] | None) -> bool:
    if names and not any(server.name.lower().startswith(name.lower()) for name in names):
        return False
    if missing := server.missing():
        progress(f"-- {server.name} is left out: {missing} is not installed")
    return not missing


def progress(text: str) -> None:
    print(time.strftime("%H:%M:%S"), text, file=sys.stderr, flush=True)


def drawn(figures: Figures) -> str:
    panels = []
    for cell in figures.cells("cpu"):
        bars = [(server, figures.get(cell, server, "cpu") * 1e6) for server in figures.servers(cell, "cpu")]
        if "people" in cell:
            panels.append((cell, [(server, value) for server, value in bars if not math.isnan(value)]))
    return plot("CPU us for each delivered line", panels, ours="chatd") if panels else ""


if __name__ == "__main__":
    main()
