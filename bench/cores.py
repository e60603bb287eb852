"""The cores that are measured on: the first for the servers, the rest for this process and all clients."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LATENCY = Path("/dev/cpu_dma_latency")  # in the kernel's documentation: power/pm_qos_interface.rst


@contextmanager
def cores() -> Iterator[int]:
    """Run on all cores but the first, which is returned, and keep them awake meanwhile where that is allowed.

    A core of a virtual machine that sleeps is given to others, and wakes late and with cold caches: that would be
    measured, and most of it where little is said. Real-time tests (cyclictest) do the same.
    """
    core, *others = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, others or [core])
    if not can_keep_awake():
        yield core
        return
    with LATENCY.open("wb", buffering=0) as longest:
        longest.write((0).to_bytes(4, sys.byteorder))  # us for waking up, for as long as the file is open
        yield core


def can_keep_awake() -> bool:
    return os.access(LATENCY, os.W_OK)
