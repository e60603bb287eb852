"""Tests for chatd.core.bans."""

import json
from ipaddress import ip_address, ip_network

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from chatd.core.bans import Address, Ban, Bans, network_in
from chatd.core.nickname import nickname
from chatd.core.refusals import BadNickname, Banned, Muted, NicknameBanned, NotBanned, NotMuted


class BansTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.bans = Bans()

    def test_name(self) -> None:
        """Under a banned name, or one that looks like it, nobody comes in; they are told why and how long."""
        self.bans.add(Ban("name", "bob", 7200.0, "spam"))
        for typed in ("bob", "BOB", "ｂob"):
            error = self.assertRaises(NicknameBanned, self.bans.check_name, nickname(typed), 0.0)
        self.assertEqual((error.seconds, error.why), (7200, "spam"))
        self.bans.check_name(nickname("bobby"), 0.0)
        self.bans.check_speech(nickname("bob"), 0.0)

    def test_ends(self) -> None:
        """A ban ends by itself; one for good doesn't."""
        self.bans.add(Ban("name", "bob", 60.0, ""))
        self.bans.add(Ban("name", "eve", None, ""))
        left = self.assertRaises(NicknameBanned, self.bans.check_name, nickname("bob"), 59.9).seconds
        self.assertAlmostEqual(left, 0.1)
        self.bans.check_name(nickname("bob"), 60.0)
        self.assertIsNone(self.assertRaises(NicknameBanned, self.bans.check_name, nickname("eve"), 1e10).seconds)
        self.assertEqual([ban.target for ban in self.bans.in_force(60.0)], ["eve"])

    def test_network(self) -> None:
        """A ban of a network holds for each of its addresses, and for no other."""
        for network in ("10.0.0.0/24", "192.168.1.7/32", "2001:db8::/64", "2001:db8:1::1/128"):
            self.bans.add(Ban("network", network, None, ""))
        for address in ("10.0.0.0", "10.0.0.255", "192.168.1.7", "2001:db8::ffff", "2001:db8:1::1", "2001:db8::1%eth0"):
            self.assertRaises(Banned, self.bans.check_address, ip_address(address), 0.0)
        for address in ("10.0.1.0", "192.168.1.8", "2001:db8:0:1::1", "2001:db8:1::2", "::a00:1"):
            self.bans.check_address(ip_address(address), 0.0)
        self.bans.check_address(None, 0.0)

    @given(st.ip_addresses(), st.integers(0, 128), st.ip_addresses())
    def test_any_network(self, around: Address, width: int, address: Address) -> None:
        """It holds for an address exactly if the network has it."""
        bans = Bans()
        network = ip_network(f"{around}/{min(width, around.max_prefixlen)}", strict=False)
        bans.add(Ban("network", str(network), None, ""))
        for candidate in (address, around):
            if candidate in network:
                self.assertRaises(Banned, bans.check_address, candidate, 0.0)
            else:
                bans.check_address(candidate, 0.0)

    def test_ended_hides_none(self) -> None:
        """A ban that has ended doesn't hide another that holds for the same address."""
        self.bans.add(Ban("network", "10.0.0.0/8", 1.0, ""))
        self.bans.add(Ban("network", "10.0.0.1/32", None, ""))
        self.bans.add(Ban("network", "10.0.0.0/24", 1.0, ""))
        self.assertRaises(Banned, self.bans.check_address, ip_address("10.0.0.1"), 2.0)

    def test_mute(self) -> None:
        """Who is muted is told so, gets the line back, and comes in as before; a new name changes nothing."""
        self.bans.add(Ban("mute", "bob", 60.0, ""))
        error = self.assertRaises(Muted, self.bans.check_speech, nickname("BOB"), 0.0, "hello")
        self.assertEqual(error.seconds, 60)
        self.assertEqual(error.unsent, "hello")
        self.bans.check_name(nickname("bob"), 0.0)
        self.bans.rename(nickname("bob"), nickname("rob"), 0.0)
        self.bans.check_speech(nickname("bob"), 0.0)
        self.assertRaises(Muted, self.bans.check_speech, nickname("rob"), 0.0)
        self.bans.rename(nickname("eve"), nickname("eva"), 0.0)
        self.bans.check_speech(nickname("eva"), 0.0)

    def test_two_mutes(self) -> None:
        """If somebody muted takes a name that is muted, the longer of the two holds."""
        for old, new, until in ((60.0, None, None), (60.0, 90.0, 90.0), (None, 90.0, None), (90.0, 60.0, 90.0)):
            bans = Bans()
            bans.add(Ban("mute", "bob", old, ""))
            bans.add(Ban("mute", "eve", new, ""))
            bans.rename(nickname("bob"), nickname("eve"), 0.0)
            self.assertEqual([(ban.target, ban.until) for ban in bans.in_force(0.0)], [("eve", until)])

    def test_lift(self) -> None:
        """A ban is ended under any spelling of its name, and only once."""
        self.bans.add(Ban("name", "AIice", None, ""))
        self.assertEqual(self.bans.lift("name", "alice").target, "AIice")
        self.bans.check_name(nickname("AIice"), 0.0)
        self.assertRaises(NotBanned, self.bans.lift, "name", "alice")
        self.assertRaises(NotMuted, self.bans.lift, "mute", "alice")
        self.assertRaises(NotBanned, self.bans.lift, "network", "10.0.0.0/8")
        self.assertRaises(NotBanned, self.bans.lift, "name", "no:name")

    def test_replaced(self) -> None:
        """A second ban of the same target takes the place of the first."""
        first, second = Ban("name", "AIice", 60.0, "one"), Ban("name", "alice", 90.0, "two")
        self.assertEqual(self.bans.add(first), [])
        self.assertEqual(self.bans.add(second), [first])
        self.assertEqual(self.bans.in_force(0.0), [second])
        self.bans.lift("name", "alice")
        self.bans.check_name(nickname("AIice"), 0.0)

    def test_two_replaced(self) -> None:
        """One that is meant for a name and for an account takes the place of those of either, and reports both."""
        name, account = Ban("name", "bob", None, ""), Ban("name", "rob", None, "", account=5)
        for ban in (name, account):
            self.bans.add(ban)
        both = Ban("name", "bob", 90.0, "", account=5)
        self.assertEqual(set(self.bans.add(both)), {name, account})
        self.assertEqual(self.bans.in_force(0.0), [both])
        self.bans.lift("name", "bob", 5)
        self.assertEqual(self.bans.in_force(0.0), [])

    def test_copy(self) -> None:
        """A copy has all that the other had, and is changed apart from it."""
        for ban in (Ban("name", "bob", None, ""), Ban("network", "10.0.0.0/8", None, "")):
            self.bans.add(ban)
        copy = self.bans.copy()
        self.bans.lift("name", "bob")
        copy.add(Ban("network", "10.0.0.1/32", None, ""))
        copy.lift("network", "10.0.0.0/8")
        self.assertEqual([ban.target for ban in copy.in_force(0.0)], ["bob", "10.0.0.1/32"])
        self.assertEqual([ban.target for ban in self.bans.in_force(0.0)], ["10.0.0.0/8"])
        self.assertRaises(Banned, self.bans.check_address, ip_address("10.0.0.1"), 0.0)

    def test_missing(self) -> None:
        """Bans of others are taken where none holds, and with them those of names that nobody can have."""
        self.bans.add(Ban("name", "bob", None, "ours"))
        self.bans.add(Ban("name", "rob", 60.0, "ours"))
        others = Bans()
        names = (("BOB", None), ("rob", None), ("eve", None), ("ann", 60.0), ("admin", None))
        plain = [{"kind": "name", "target": name, "until": until, "why": ""} for name, until in names]
        others.restore(plain, 0.0)
        for _ in range(2):
            self.bans.add_missing(others, 70.0)
        self.assertEqual([entry["target"] for entry in self.bans.plain(70.0)], ["bob", "rob", "eve", "admin"])
        self.assertEqual([ban.why for ban in self.bans.in_force(70.0)], ["ours", "", ""])

    def test_nobodys_name(self) -> None:
        """What could be nobody's name can't be banned."""
        self.assertRaises(BadNickname, self.bans.add, Ban("name", "admin", None, ""))

    def test_kept(self) -> None:
        """What holds comes back from plain data: all of it, and nothing that has ended."""
        bans = [
            Ban("name", "bob", None, "why"),
            Ban("network", "10.0.0.0/24", 60.0, ""),
            Ban("network", "2001:db8::/64", 90.0, ""),
            Ban("mute", "李雷", 90.0, "", 5.0, "root"),
        ]
        for ban in bans:
            self.bans.add(ban)
        plain = json.loads(json.dumps(self.bans.plain(0.0)))
        again = Bans()
        again.restore(plain, 70.0)
        self.assertEqual(again.in_force(70.0), [bans[0], *bans[2:]])
        self.assertRaises(Banned, again.check_address, ip_address("2001:db8::1"), 70.0)

    def test_kept_before(self) -> None:
        """What was kept before it was known since when and by whom comes back too."""
        self.bans.restore([{"kind": "name", "target": "bob", "until": None, "why": "spam"}], 0.0)
        self.assertEqual(self.bans.in_force(0.0), [Ban("name", "bob", None, "spam", None, "")])

    def test_rename_keeps_who(self) -> None:
        """A mute that moves with its person keeps since when, and by whom."""
        self.bans.add(Ban("mute", "bob", 90.0, "", 5.0, "root"))
        self.bans.rename(nickname("bob"), nickname("rob"), 7.0)
        self.assertEqual(self.bans.in_force(7.0), [Ban("mute", "rob", 90.0, "", 5.0, "root")])

    def test_restored_clean(self) -> None:
        """What a file holds that no text may, such as half a character, is not kept."""
        self.bans.restore([{"kind": "name", "target": "b\ud800ob", "until": None, "why": "\ud800"}], 0.0)
        self.assertEqual([(ban.target, ban.why) for ban in self.bans.in_force(0.0)], [("bob", "")])
        json.dumps(self.bans.plain(0.0), ensure_ascii=False).encode()

    def test_stricter_rules(self) -> None:
        """A name that nobody can have any more is kept for rules that may change again, and the rest restored."""
        names = [{"kind": "name", "target": name, "until": None, "why": ""} for name in ("admin", "bob")]
        self.bans.restore(names, 0.0)
        self.assertEqual([ban.target for ban in self.bans.in_force(0.0)], ["bob"])
        self.assertEqual([entry["target"] for entry in self.bans.plain(0.0)], ["bob", "admin"])

    def test_damaged(self) -> None:
        """Anything else is refused, and changes nothing."""
        good = {"kind": "name", "target": "bob", "until": None, "why": ""}
        for damaged in (
            None,
            7,
            {"a": 1},
            ["bob"],
            [good, {**good, "kind": "nonsense"}],
            [good, {**good, "target": 7}],
            [good, {**good, "kind": "network"}],
            [good, {**good, "until": "never"}],
            [good, {**good, "until": float("inf")}],
            [good, {**good, "until": float("nan")}],
            [good, {**good, "since": "today"}],
            [good, {**good, "until": 10**400}],
            [good, {"kind": "name"}],
        ):
            self.assertRaises(ValueError, self.bans.restore, damaged, 0.0)
            self.assertEqual(self.bans.in_force(0.0), [])


class NetworkTests(SynchronousTestCase):
    def test_typed(self) -> None:
        """One IPv4 address, one IPv6 /64, or what the operator says; IPv4 within IPv6 is IPv4."""
        for typed, network in (
            ("10.0.0.7", "10.0.0.7/32"),
            ("10.0.0.7/24", "10.0.0.0/24"),
            ("2001:db8::1", "2001:db8::/64"),
            ("2001:db8::1/128", "2001:db8::1/128"),
            ("2001:db8::1/48", "2001:db8::/48"),
            ("::ffff:10.0.0.7", "10.0.0.7/32"),
            ("::ffff:10.0.0.7/120", "10.0.0.0/24"),
            ("::ffff:10.0.0.7/64", "::/64"),
            ("10.0.0.7:49152", "10.0.0.7/32"),
            ("[2001:db8::1]:49152", "2001:db8::/64"),
        ):
            self.assertEqual(str(network_in(typed)), network)

    def test_no_network(self) -> None:
        """Names are none."""
        for typed in ("bob", "1234", "10.0.0", "10.0.0.7/33", ""):
            self.assertIsNone(network_in(typed))
