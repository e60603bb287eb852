"""Who may not come in, who may not speak, why and until when. It keeps no file; the time is an argument."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass, replace
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import Any, Literal, get_args

from chatd.core.nickname import Nickname, nickname
from chatd.core.refusals import BadNickname, Banned, Muted, NicknameBanned, NotBanned, NotMuted
from chatd.core.text import one_line

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Kind = Literal["name", "network", "mute"]

_WITH_PORT = re.compile(r"(?:\[([^]]*)\]|(\d+(?:\.\d+){3})):\d+")
END_OF_TIME = 1e11  # seconds since 1970
WIDTH_OF_ONE = 64  # bits of an IPv6 address that say whose it is; whoever has one has the rest to choose from


@dataclass(frozen=True, slots=True)
class Ban:
    """A ban of a name or a network, or the mute of a name; `until` is in seconds since 1970, None is for good.

    `since` is when it was made, and `by` which operator made it; None and "" for one from before these were kept.
    That of a name holds for an `account` too, whatever its owner is called.
    """

    kind: Kind
    target: str
    until: float | None
    why: str
    since: float | None = None
    by: str = ""
    account: int | None = None

    def holds(self, now: float) -> bool:
        return self.until is None or now < self.until

    def left(self, now: float) -> float | None:
        """Return for how many seconds more it holds, None for good."""
        return None if self.until is None else self.until - now


class Bans:
    """All bans and mutes. Each ends by itself; what has ended is forgotten when it is next looked for."""

    def __init__(self) -> None:
        self._by_key: dict[tuple[Kind, str], Ban] = {}  # a name has two keys, and so has its ban
        self._unusable: list[Ban] = []  # of names that nobody can have by the rules of today
        self._widths: set[int] = set()  # of the networks; each address is looked up once for each

    def add(self, ban: Ban) -> list[Ban]:
        """Take a ban; those of the same target, or of names that look like it, are replaced and returned.

        @raises BadNickname: for a name that nobody can have.
        """
        keys = self._keys(ban.kind, ban.target, ban.account)
        replaced = self._at(keys)
        for one in replaced:
            self.lift(one.kind, one.target, one.account)
        for key in keys:
            self._by_key[key] = ban
        if ban.kind == "network":
            self._widths.add(ip_network(ban.target).prefixlen)
        return replaced

    def lift(self, kind: Kind, target: str, account: int | None = None) -> Ban:
        """End a ban early, of a target or of an account, and return it.

        @raises NotBanned, NotMuted: if there is none.
        """
        try:
            found = [ban for key in self._keys(kind, target, account) if (ban := self._by_key.get(key))]
        except BadNickname:
            found = []
        if not found:
            raise NotMuted(target) if kind == "mute" else NotBanned(target)
        for key in self._keys(kind, found[0].target, found[0].account):
            self._by_key.pop(key, None)
        return found[0]

    def like(self, ban: Ban) -> list[Ban]:
        """Return those of the same target or account, or of names that look like it, whether they have ended or not."""
        return self._at(self._keys(ban.kind, ban.target, ban.account))

    def in_force(self, now: float) -> list[Ban]:
        """Return the bans and mutes that hold, in the order in which they were made."""
        self._by_key = {key: ban for key, ban in self._by_key.items() if ban.holds(now)}
        return list(dict.fromkeys(self._by_key.values()))

    def check_name(self, name: Nickname, now: float, account: int | None = None) -> None:
        """@raises NicknameBanned: if nobody may come in under that name, or that account."""
        ban = self._find((("name", key) for key in _keys_of(name, account)), now)
        if ban:
            raise NicknameBanned(name.shown, ban.left(now), ban.why)

    def check_address(self, address: Address | None, now: float) -> None:
        """@raises Banned: if nobody may come in from there; None is this machine itself."""
        if address is None:
            return
        ban = self._find((("network", str(around(address, width))) for width in self._widths), now)
        if ban:
            raise Banned(ban.left(now), ban.why)

    def check_speech(self, name: Nickname, now: float, unsent: str = "", account: int | None = None) -> None:
        """@raises Muted: if who has that name, or that account, may not say anything."""
        if not self._by_key:
            return
        ban = self._find((("mute", key) for key in _keys_of(name, account)), now)
        if ban:
            raise Muted(ban.left(now), ban.why, unsent=unsent)

    def rename(self, before: Nickname, after: Nickname, now: float) -> None:
        """Let a mute stay with the person; of two, the longer one."""
        mute = self.mute_of(before, now)
        if mute is not None:
            self.move_mute(mute, after)

    def mute_of(self, name: Nickname, now: float) -> Ban | None:
        return self._find((("mute", key) for key in name.keys), now)

    def move_mute(self, mute: Ban, name: Nickname) -> None:
        """Let a mute, if it still is as it was, be that of another name; of two, the longer one."""
        if mute in self.like(mute):
            self.lift("mute", mute.target)
            moved = replace(mute, target=name.shown)
            self.add(max((moved, *self.add(moved)), key=lambda one: END_OF_TIME if one.until is None else one.until))

    def plain(self, now: float) -> list[dict[str, Any]]:
        """Return what holds as plain data, for a file."""
        return [_plain(ban) for ban in (*self.in_force(now), *self._unusable)]

    def restore(self, plain: Any, now: float) -> None:
        """Take back what `plain` returned.

        @raises ValueError: if it is anything else; then nothing is taken.
        """
        try:
            bans = [_restored(**entry) for entry in plain]
        except TypeError:
            raise ValueError("it is no list of bans") from None
        for ban in bans:
            if ban.holds(now):
                try:
                    self.add(ban)
                except BadNickname:
                    self._unusable.append(ban)

    def add_missing(self, others: Bans, now: float) -> None:
        """Take those that hold then, unless one of the same target, or of a name that looks like it, does here."""
        for ban in others.in_force(now):
            if not any(one.holds(now) for one in self.like(ban)):
                self.add(ban)
        self._unusable += [ban for ban in others._unusable if ban not in self._unusable]

    def copy(self) -> Bans:
        """Return the same bans, to be changed apart from these."""
        copied = Bans()
        copied._by_key, copied._unusable, copied._widths = dict(self._by_key), list(self._unusable), set(self._widths)
        return copied

    def _keys(self, kind: Kind, target: str, account: int | None = None) -> list[tuple[Kind, str]]:
        if kind == "network":
            return [(kind, target)]
        return [(kind, key) for key in _keys_of(nickname(target), account)]

    def _at(self, keys: Iterable[tuple[Kind, str]]) -> list[Ban]:
        return list(dict.fromkeys(self._by_key[key] for key in keys if key in self._by_key))

    def _find(self, keys: Iterable[tuple[Kind, str]], now: float) -> Ban | None:
        if not self._by_key:
            return None
        return next((ban for key in keys if (ban := self._by_key.get(key)) and ban.holds(now)), None)


def _keys_of(name: Nickname, account: int | None) -> Collection[str]:
    """Return the keys of a name and of an account, which is no name."""
    return name.keys if account is None else {*name.keys, f"/{account}"}


def _plain(ban: Ban) -> dict[str, Any]:
    return {name: value for name, value in asdict(ban).items() if value is not None or name == "until"}


def around(address: Address, width: int) -> Network:
    """Return the network of so many bits that an address is in."""
    width = min(width, address.max_prefixlen)
    if isinstance(address, IPv4Address):
        return IPv4Network((int(address), width), strict=False)
    return IPv6Network((int(address), width), strict=False)


def _restored(
    kind: Any, target: Any, until: Any, why: Any, since: Any = None, by: Any = "", account: Any = None
) -> Ban:
    """@raises ValueError: for values that no ban has."""
    if kind not in get_args(Kind) or not isinstance(target, str):
        raise ValueError("an entry in it is no ban")
    if not all(time is None or (isinstance(time, int | float) and 0 <= time < END_OF_TIME) for time in (until, since)):
        raise ValueError("an entry in it is no ban")
    if not (account is None or type(account) is int):
        raise ValueError("an entry in it is no ban")
    target = str(ip_network(target)) if kind == "network" else one_line(target)
    return Ban(kind, target, until, one_line(str(why)), since, one_line(str(by)), account)


def network_in(typed: str) -> Network | None:
    """Return the network that was typed, None if it is none: one IPv4 address alone, but an IPv6 address with its /64.

    IPv4 addresses that are written as IPv6 (`::ffff:10.0.0.1`) are IPv4 ones. A port behind an address, as lists of
    connections show it, is left out.
    """
    with_port = _WITH_PORT.fullmatch(typed)
    typed = (with_port[1] or with_port[2]) if with_port else typed
    try:
        network = ip_network(typed, strict=False)
    except ValueError:
        return None
    if isinstance(network, IPv4Network):
        return network
    mapped = network.network_address.ipv4_mapped
    if mapped is not None and network.prefixlen >= 96:
        return IPv4Network((mapped, network.prefixlen - 96), strict=False)
    return network if "/" in typed else network.supernet(new_prefix=WIDTH_OF_ONE)
