"""What the store costs, and how late the reactor is meanwhile: `python -m bench.store`, a minute in all.

Lines are said at three rates; then a file of a million is opened, searched, backed up, and loses some lines and all.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Awaitable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred, DeferredList
from twisted.internet.interfaces import IReactorFromThreads
from twisted.internet.task import LoopingCall, deferLater, react

from chatd.core.events import Said
from chatd.core.memory import Kept, LinesOf, Memory, Ring
from chatd.core.nickname import nickname
from chatd.core.owners import Owner
from chatd.store import accounts, lines
from chatd.store.history import History
from chatd.store.people import People
from chatd.store.sqlite_file import SQLiteFile
from chatd.store.worker import WorkerThread

RATES = (50, 1_000, 3_000)  # lines a second
SECONDS = 5
LINES, OWNERS = 1_000_000, 20_000
DAY = 86_400.0
ENGLISH = (
    "the",
    "quick",
    "lunch",
    "tomorrow",
    "morning",
    "server",
    "is",
    "down",
    "again",
    "we",
    "should",
    "look",
    "why",
)
RUSSIAN = ("привет", "мир", "как", "дела", "сегодня", "сервер", "завтра", "обед")
CHINESE = "我们明天去颐和园玩吧今天天气很好"


class Lateness:
    """How late a call of each 2 ms is, from now until it is read."""

    def __init__(self) -> None:
        self._late: list[float] = []
        self._due = time.perf_counter()
        self._call = reactor.callLater(0.002, self._tick)

    def _tick(self) -> None:
        now = time.perf_counter()
        self._late.append(now - self._due - 0.002)
        self._due = now
        self._call = reactor.callLater(0.002, self._tick)

    def read(self) -> str:
        self._call.cancel()
        late = sorted(self._late) or [0.0]
        return f"reactor late p99 {late[int(len(late) * 0.99)] * 1e3:5.1f} ms, at most {late[-1] * 1e3:5.1f} ms"


async def measured(what: str, doing: Awaitable[Any]) -> None:
    """Print how long something took, and how late the reactor was."""
    lateness, begun = Lateness(), time.perf_counter()
    await doing
    print(f"{what:36} {(time.perf_counter() - begun) * 1e3:8.1f} ms, {lateness.read()}")


def timed(what: str, doing: Any) -> Any:
    begun = time.perf_counter()
    result = doing()
    print(f"{what:36} {(time.perf_counter() - begun) * 1e3:8.1f} ms")
    return result


def cpu_of(thread: str) -> float:
    """Return the seconds of CPU that a thread has taken."""
    [found] = [one.native_id for one in threading.enumerate() if one.name == thread]
    return int(Path(f"/proc/self/task/{found}/schedstat").read_text().split()[0]) / 1e9


def history_in(folder: Path, days: float) -> tuple[History, Ring]:
    threads = partial(WorkerThread, reactor=IReactorFromThreads(reactor))
    history = History(folder / "history.sqlite", days, 2 * LINES, reactor, time.time, threads)
    ring = Memory(20, history).ring("#lobby")
    ring.archived = True
    return history, ring


def text() -> str:
    kind = random.random()
    if kind < 0.6:
        return " ".join(random.choices(ENGLISH, k=9))[:55]
    return "".join(random.choices(CHINESE, k=18)) if kind < 0.8 else " ".join(random.choices(RUSSIAN, k=5))[:28]


async def rate(folder: Path, per_second: int) -> None:
    """Say so many lines a second, by 200 people."""
    history, ring = history_in(folder, 7)
    history.open()
    texts, said = [text() for _ in range(1_000)], 0

    def say(ticks: int) -> None:
        nonlocal said
        while said < per_second * (time.perf_counter() - begun):
            ring.keep(Said(time.time(), "#lobby", f"guest{said % 200}", texts[said % 1_000]), None)
            said += 1

    ring.keep(Said(time.time(), "#lobby", "first", "so that the thread is there"), None)
    await history.last("#lobby", 1)
    before, begun = cpu_of("history.sqlite writer"), time.perf_counter()
    talking = LoopingCall.withCount(say)
    talking.start(0.01)
    lateness = Lateness()
    await deferLater(reactor, SECONDS)
    talking.stop()
    cost = (cpu_of("history.sqlite writer") - before) / said * 1e6
    print(f"{per_second:6,} lines/s: writing {cost:6.1f} us CPU a line, {lateness.read()}")
    await history.close()


def fill(folder: Path) -> None:
    """Write a million lines and 20,000 owners as fast as can be."""
    file = SQLiteFile(folder / "history.sqlite", lines.SCRIPTS, disposable=True)
    db, inserting, first = file.open(), lines.Inserting(), time.time() - DAY
    for start in range(0, LINES, 10_000):
        db.execute("begin")
        batch = range(start, start + 10_000)
        at = [first + number / LINES * DAY for number in batch]
        inserting.insert(
            db,
            [
                Kept(int(at[i] * 1e3), at[i], "#lobby", f"guest{number % 300}", None, False, text())
                for i, number in enumerate(batch)
            ],
        )
        db.execute("commit")
    db.close()
    print(f"{LINES:,} lines: {file.path.stat().st_size / 1e6:.1f} MB")
    db = SQLiteFile(folder / "people.sqlite", accounts.SCRIPTS, disposable=False).open()
    accounts.bring_keys_up_to_date(db)
    db.execute("begin")
    for number in range(OWNERS):
        name = nickname(f"Owner{number}")
        accounts.insert(db, Owner(number + 1, name, first, first, first), "scrypt$14$8$1$a$b")
    db.execute("commit")
    db.close()


async def million(folder: Path) -> None:
    """Do all that is asked of a file of a million lines."""
    threads = partial(WorkerThread, reactor=IReactorFromThreads(reactor))
    history, _ = history_in(folder, 7)
    people = People(folder / "people.sqlite", 0, reactor, time.time, threads)
    timed("open a million lines", history.open)
    timed("read the last 20", lambda: history.last_at_start("#lobby", 20))
    timed(f"open {OWNERS:,} owners", people.open)
    await measured("nothing", deferLater(reactor, 1.0))
    history.start()
    await measured("the look for damage", history.last("#none", 1))
    await deferLater(reactor, 1.0)
    for what, words in (("English", "breakfast"), ("Chinese", "颐和颐和"), ("Russian", "Приветы")):
        await measured(f"search in vain: {what}", history.search("#lobby", words, 20))
    await measured("last 200", history.last("#lobby", 200))
    await measured("back up", history.backup(folder / "backup"))
    await measured("forget one of 300", history.forget([LinesOf(name="guest7")]))
    await people.remove(1)
    owner = await people.register(nickname("alice"), "correct horse", None)
    await measured("check a password", people.check(owner.id, "correct horse"))
    await measured("an owner is seen", people.saw(owner.id))
    guesses = [Deferred.fromCoroutine(people.check(owner.id, "wrong")) for _ in range(100)]
    await measured("100 guesses at once", DeferredList(guesses, consumeErrors=True))
    history.days = 0.5
    await measured("prune half of them by age", history.prune())
    history.most = 0
    await measured("prune the rest by number", history.prune())
    await people.close()
    await history.close()


async def main(_: object) -> None:
    random.seed(1)
    for per_second in RATES:
        with TemporaryDirectory(dir=".") as folder:
            await rate(Path(folder).absolute(), per_second)
    with TemporaryDirectory(dir=".") as folder:
        fill(Path(folder).absolute())
        await million(Path(folder).absolute())


if __name__ == "__main__":
    react(lambda reactor: Deferred.fromCoroutine(main(reactor)))
