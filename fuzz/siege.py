"""Hostile and honest people around one daemon, taking turns until the bound is reached; then the reckoning."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from statistics import median

from fuzz.chunks import Chunks, draw_examples
from fuzz.daemon import ENDS_WITHIN, Daemon
from fuzz.faults import Fault
from fuzz.honest import Honest
from fuzz.hostile import Hostile
from fuzz.names import DEAF, HONEST, ROGUES
from fuzz.pulse import Pulse
from fuzz.ssh import HostileSSH

SSH_ROGUES = 4
SAYS_EVERY = 0.02  # seconds from an honest person's line to the next
STUCK = 20.0  # seconds after which nobody believes in it any more
REST = 0.0002  # seconds to wait when nobody can do anything
SAMPLED_EVERY = 0.2  # seconds between two looks at the memory
HASHING_MB = 17.0  # while a password is hashed, and some time behind that
ALLOWED_MB, ALLOWED_SHARE = 10.0 + HASHING_MB, 0.1  # that the memory may grow by, whichever is more


@dataclass(frozen=True, slots=True)
class Bound:
    """When to stop, whichever comes first."""

    chunks: int
    seconds: float


class Siege:
    """What happened so far; `samples` are the resident MB of the daemon over time."""

    def __init__(self, daemon: Daemon, seed: int) -> None:
        self.daemon = daemon
        self.sent = 0
        self.seconds = 0.0
        daemon.hash_once()
        self.samples = [daemon.memory()]
        examples = draw_examples(seed)
        self._pulse = Pulse(daemon.port)
        chunks = {name: Chunks(seed, name, examples) for name in ROGUES}
        self.honest = [
            Honest(name, daemon.port, lambda rogue, number: chunks[rogue].may_recall(number)) for name in HONEST
        ]
        self.hostile: list[Hostile | HostileSSH] = [
            Hostile(Random(f"{seed} {name}"), chunks[name], daemon.port, deaf=name in DEAF) for name in ROGUES
        ]
        self.hostile += [HostileSSH(Random(f"{seed} ssh {number}"), daemon.ssh_port) for number in range(SSH_ROGUES)]

    def close(self) -> None:
        self._pulse.close()
        for honest in self.honest:
            honest.close()
        for hostile in self.hostile:
            hostile.close()

    def faults(self, bound: Bound) -> Iterator[Fault]:
        """Go through all of it; yield the first thing that an honest person suffered, then what the log knows of it."""
        try:
            self._go_on(bound)
            self._all_is_heard()
            self.daemon.answers()
            self._memory_is_flat()
            self._ends_in_order()
        except Fault as fault:
            yield fault
        except OSError as error:  # on the connection of somebody who did no harm
            yield Fault(f"the daemon hung up: {error}")
        yield from self.daemon.bugs()

    def memory(self) -> tuple[float, float]:
        """Return the median of the resident MB in the third quarter of the time, with caches full, and in the last."""
        quarter = max(1, len(self.samples) // 4)
        return median(self.samples[-2 * quarter : -quarter] or self.samples), median(self.samples[-quarter:])

    def _go_on(self, bound: Bound) -> None:
        """Let everybody take turns until the bound is reached.

        @raises Fault: as soon as an honest person is shown what must not be.
        """
        started = time.monotonic()
        says_at = samples_at = started
        while self.sent < bound.chunks and self.seconds < bound.seconds:
            now = time.monotonic()
            self.seconds = now - started
            if now >= says_at:
                says_at = now + SAYS_EVERY
                self._each(Honest.say_next)
            if now >= samples_at:
                samples_at = now + SAMPLED_EVERY
                self._check_waiting()
                self.samples.append(self.daemon.memory())
            self._each(Honest.read)
            if self._pulse.is_back():
                self.sent += sum(person.turn() for person in self.hostile)
                self._pulse.beat()
            else:
                time.sleep(REST)

    def _check_waiting(self) -> None:
        if max(person.waits_for() for person in self.honest) > STUCK:
            raise Fault(f"an honest line was not heard within {STUCK:g} s")

    def _each(self, does: Callable[[Honest], None]) -> None:
        for person in self.honest:
            does(person)
            if person.is_cut_off:
                raise Fault(f"{person.name} was disconnected")

    # The reckoning. The hostile connections stay as they are, full of what nobody reads.

    def _all_is_heard(self) -> None:
        """@raises Fault: unless every honest line reaches every honest person."""
        deadline = time.monotonic() + STUCK
        said = {person.name: person.said for person in self.honest}
        while any(person.ears.heard != said for person in self.honest):
            self._each(Honest.read)
            if time.monotonic() > deadline:
                heard = {person.name: person.ears.heard for person in self.honest}
                raise Fault(f"of the lines {said} there arrived {heard}")
            time.sleep(REST)
        if not all(person.ears.private for person in self.honest):
            raise Fault("no private line arrived, so nothing is known of them")

    def _memory_is_flat(self) -> None:
        """@raises Fault: if the last quarter of the time took more memory than the third."""
        before, after = self.memory()
        if after - before > max(ALLOWED_MB, before * ALLOWED_SHARE):
            raise Fault(f"the memory grew from {before:.1f} MB to {after:.1f} MB")

    def _ends_in_order(self) -> None:
        """@raises Fault: unless the daemon ends in time, and everybody honest is told."""
        self.daemon.terminate()
        deadline = time.monotonic() + ENDS_WITHIN
        while self.daemon.process.poll() is None:
            if time.monotonic() > deadline:
                raise Fault(f"the daemon has not ended within {ENDS_WITHIN:g} s of SIGTERM")
            for person in self.honest:
                person.read()
            time.sleep(REST)
        for person in self.honest:
            person.read()
            person.ears.end()
