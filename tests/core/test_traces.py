"""Tests for chatd.core.traces."""

from math import inf

from twisted.trial.unittest import SynchronousTestCase

from chatd.core.memory import Kept, LinesOf
from chatd.core.traces import Traces


def line(at: float, name: str, owner: int | None = None) -> Kept:
    return Kept(0, at, "#lobby", name, owner, False, "hello")


class TracesTests(SynchronousTestCase):
    def test_names(self) -> None:
        """Somebody's lines are those under the names they had, for as long as they had them."""
        traces = Traces("alice", 10.0)
        traces.called("alicia", 20.0)
        for at, name, own in ((9, "alice", False), (10, "Alice", True), (21, "alice", False), (21, "alicia", True)):
            self.assertEqual(traces.mean(line(at, name)), own, (at, name))

    def test_account(self) -> None:
        """Those of their account are theirs, whenever and under whatever name they were said."""
        traces = Traces("alice", 10.0, account=7)
        self.assertTrue(traces.mean(line(1, "al", 7)))
        self.assertFalse(traces.mean(line(1, "alice", 8)))

    def test_since(self) -> None:
        """Only those since a time may be meant."""
        traces = Traces("alice", 10.0, account=7)
        traces.called("alicia", 20.0)
        self.assertEqual(
            traces.lines(15.0),
            [
                LinesOf(owner=7, since=15.0),
                LinesOf(name="alice", since=15.0, until=20.0),
                LinesOf(name="alicia", since=20.0, until=inf),
            ],
        )
