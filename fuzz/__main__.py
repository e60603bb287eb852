"""Try to hurt honest people on a real daemon: `python -m fuzz` prints what happened, and exits 1 if somebody was."""

from __future__ import annotations

import argparse
import random
import signal
import sys
from contextlib import closing

from fuzz.daemon import running
from fuzz.faults import Fault
from fuzz.siege import Bound, Siege


def main() -> None:
    options = read_options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the daemon is ended too
    print(f"seed {options.seed}", flush=True)
    faults: list[Fault] = []
    with running() as daemon, closing(Siege(daemon, options.seed)) as siege:
        faults.extend(siege.faults(Bound(options.chunks, options.seconds)))
        print(report(siege))
    for fault in faults:
        print(f"FAULT: {fault}")
    if faults:
        sys.exit(f"failed; python -m fuzz --seed {options.seed} sends the same chunks again")


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    parser.add_argument("--seed", type=int, default=random.randrange(2**32), help="repeat what this seed has sent")
    parser.add_argument("--chunks", type=int, default=1_000_000, help="stop after so many (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=900, help="stop after so long (default: %(default)s)")
    return parser.parse_args()


def report(siege: Siege) -> str:
    before, after = siege.memory()
    said = sum(person.said for person in siege.honest)
    heard = sum(sum(person.ears.heard.values()) for person in siege.honest)
    private = sum(len(person.ears.private) for person in siege.honest)
    connections = sum(person.connections for person in siege.hostile)
    return (
        f"{siege.sent:,} hostile chunks in {siege.seconds:.0f} s ({siege.sent / max(siege.seconds, 1):,.0f} a second) "
        f"over {connections:,} connections\n"
        f"{said:,} honest lines, heard {heard:,} times; {private:,} private lines from the hostile to the honest\n"
        f"memory {before:.1f} MB, in the end {after:.1f} MB"
    )


if __name__ == "__main__":
    main()
