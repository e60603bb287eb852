"""A process that keeps what nobody says: `python -m tests.store.chatter FOLDER`, 1,000 lines a second until SIGTERM.

Each line is a number, which is printed with the time when it has been kept.
"""

from __future__ import annotations

import os
import sys
from functools import partial
from pathlib import Path

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorFromThreads
from twisted.internet.task import LoopingCall

from chatd.core.events import Said
from chatd.core.memory import Memory
from chatd.store.history import History
from chatd.store.worker import WorkerThread

EVERY = 0.01  # seconds, in each of which so many lines are kept
LINES = 10


def main(folder: str) -> None:
    path = Path(folder).absolute() / "history.sqlite"
    threads = partial(WorkerThread, reactor=IReactorFromThreads(reactor))
    history = History(path, 7, 1_000_000, reactor, reactor.seconds, threads)
    ring = Memory(0, history).ring("#lobby")
    ring.archived = True
    kept = 0

    def talk(times: int) -> None:
        nonlocal kept
        for _ in range(times * LINES):
            now = reactor.seconds()
            ring.keep(Said(now, "#lobby", "alice", str(kept)), None)
            os.write(1, b"%d %f\n" % (kept, now))
            kept += 1

    history.open()
    history.start()
    talking = LoopingCall.withCount(talk)
    talking.start(EVERY)
    reactor.addSystemEventTrigger("before", "shutdown", lambda: talking.stop())
    reactor.addSystemEventTrigger("before", "shutdown", lambda: Deferred.fromCoroutine(history.close()))
    reactor.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
