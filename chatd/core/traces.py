"""What tells somebody's lines from those of others later on: the account under which they were said, and the names."""

from __future__ import annotations

from math import inf

from chatd.core.memory import Kept, LinesOf

_MOST_NAMES = 1_000  # whoever takes more in one visit is remembered by the last ones


_NO_ACCOUNTS: frozenset[int] = frozenset()


class Traces:
    """Under which `account` a member is here, None without one, and which names they had from when on, in seconds since
    1970. What they say in rooms is remembered only while `remembered`. `shunned_by` are the accounts of owners who
    ignored them when those left.
    """

    __slots__ = ("_names", "account", "remembered", "shunned_by")

    def __init__(self, name: str, now: float, account: int | None = None, remembered: bool = True) -> None:
        self.account = account
        self.remembered = remembered
        self.shunned_by = _NO_ACCOUNTS
        self._names = [(now, name)]

    def called(self, name: str, now: float) -> None:
        """They are called that from now on."""
        self._names.append((now, name))
        del self._names[:-_MOST_NAMES]

    def lines(self, since: float = 0.0, until: float = inf) -> list[LinesOf]:
        """Return which lines are theirs, of those said between two times: those of the account, and of this visit."""
        found = [] if self.account is None else [LinesOf(owner=self.account, since=since, until=until)]
        names = self._names
        ends = [began for began, _ in names[1:]]
        for (began, name), end in zip(names, ends, strict=False):
            found.append(LinesOf(name=name, since=max(since, began), until=end))
        began, name = names[-1]
        found.append(LinesOf(name=name, since=max(since, began), until=until))
        return found

    def mean(self, line: Kept) -> bool:
        """Say whether a line is theirs."""
        return any(one.means(line) for one in self.lines())
