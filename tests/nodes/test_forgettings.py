"""What somebody takes back while another node is down, or out of reach, is remembered nowhere."""

from __future__ import annotations

from chatd.core.memory import LinesOf
from chatd.core.relay import LinesForgotten
from chatd.nodes.forgettings import MOST, Forgettings
from tests.nodes.halls import Server
from tests.nodes.test_lines import BOB, TwoAndTwo


class ForgettingsTests(TwoAndTwo):
    def heard_by(self, server: Server) -> list[LinesOf]:
        """Return where the news stand that a node has of what others take back."""
        heard: list[LinesOf] = []
        server.link._news_heard = lambda news: heard.extend(news.which)
        return heard

    def forget(self, server: Server, *which: LinesOf) -> None:
        server.hall.relay.tell(LinesForgotten(which))
        self.halls.run(0.1)

    def test_out_of_reach(self) -> None:
        """A node that is cut off for longer than the log is kept hears of it once, and not of what came later."""
        heard = self.heard_by(self.b)
        self.cut()
        self.forget(self.a, LinesOf(owner=1))
        now = self.halls.clock.seconds()
        self.halls.run(130)
        self.back()
        self.cut()
        self.halls.run(130)
        self.back()
        self.assertEqual([(one.owner, one.since) for one in heard], [(1, 0.0)])
        self.assertLess(heard[0].until, now + 1)

    def test_down(self) -> None:
        """A node that starts hears of it, also from one that has heard of it itself; but of no second time that is the
        same one, as far as clocks can tell.
        """
        self.forget(self.a, LinesOf(name="bob", since=3.0))
        self.a.stop()
        third = Server(self.halls, "c")
        heard = self.heard_by(third)
        self.halls.run(2)
        self.assertEqual([one.name for one in heard], ["bob"])
        self.forget(self.b, LinesOf(name="bob", since=3.0))
        self.assertEqual(len(heard), 2)
        third.link.restore(self.b.link.state())
        self.assertEqual(len(heard), 2)

    def test_comes_late(self) -> None:
        """A line that was said before it was taken back elsewhere is remembered nowhere, though it comes later."""
        for server in self.halls.servers:
            server.hall.owners.put(BOB)
        self.own(self.b, self.bob, BOB)
        self.cut()
        self.bob.say("x")
        self.bob.member.leave()
        self.halls.run(1)
        self.forget(self.a, LinesOf(owner=BOB.id))
        self.dave.say("y")
        self.back()
        self.assertEqual(self.alice.heard, ["bob: x*", "dave: y*"])
        self.assertEqual([line.text for line in self.a.hall.lobby.ring.last()], ["y"])

    def test_rooms(self) -> None:
        """So it is with all that was said in a room, or in any."""
        heard = self.heard_by(self.b)
        self.cut()
        self.forget(self.a, LinesOf(room="#den"), LinesOf())
        self.halls.run(130)
        self.back()
        self.assertEqual([(one.owner, one.name, one.room) for one in heard], [(None, None, "#den"), (None, None, None)])

    def test_clocks(self) -> None:
        """Two nodes' clocks may differ a little: what is known to both isn't new, and the later moment holds."""
        forgettings = Forgettings()
        for now, is_new, until in ((100, True, 100), (95, False, 100), (105, False, 105), (120, True, 120)):
            self.assertEqual(bool(forgettings.add([LinesOf(owner=1)], now)), is_new)
            self.assertEqual(forgettings.all()[0].until, until)

    def test_bound(self) -> None:
        """Only so many are known, the last ones."""
        forgettings = Forgettings()
        for number in range(MOST + 2):
            forgettings.add([LinesOf(owner=number)], 10.0)
        self.assertEqual(len(forgettings.all()), MOST)
        self.assertEqual(forgettings.all()[0].owner, 2)
