"""Tests for chatd.store.lines."""

import sqlite3
from collections.abc import Collection
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from chatd.core.memory import Kept, LinesOf
from chatd.store import lines


def said(id: int, text: str = "hello", name: str = "alice", room: str = "#lobby", **facts: Any) -> Kept:
    """Return a line that was said so many seconds after 1970."""
    return Kept(
        **{"id": id * 1000, "at": float(id), "owner": None, "acted": False} | facts, room=room, name=name, text=text
    )


class LinesTestCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.db = self.connect()
        self.inserting = lines.Inserting()

    def connect(self) -> sqlite3.Connection:
        db = sqlite3.connect(":memory:", isolation_level=None)
        db.executescript(lines.SCRIPTS[0])
        self.addCleanup(db.close)
        return db

    def insert(self, *kept: Kept) -> None:
        self.inserting.insert(self.db, kept)

    def texts(self, room: str = "#lobby") -> list[str]:
        return [line.text for line in lines.last(self.db, room, 1000, 0.0)]

    def names(self) -> list[str]:
        return [name for (name,) in self.db.execute("select name from speaker order by id")]


class InsertTests(LinesTestCase):
    def test_same(self) -> None:
        """A line comes back as it was kept, to the millisecond."""
        kept = [
            said(1, "你好 %_\\ 'x'", "李"),
            said(2, acted=True, owner=7),
            said(3, at=2.9995, name="bob"),
            said(4, room="#Den"),
        ]
        self.insert(*kept)
        self.assertEqual(lines.last(self.db, "#lobby", 10, 0.0), [*kept[:2], kept[2]._replace(at=2.999)])
        self.assertEqual(lines.last(self.db, "#Den", 10, 0.0), [kept[3]])
        self.assertEqual(lines.count(self.db), 4)

    def test_clock_set_back(self) -> None:
        """Lines stay in the order in which they were said, with their times, though the clock was set back."""
        self.insert(said(100, "one"))
        self.insert(said(5, "two"), said(6, "three"))
        self.insert(said(101, "four"))
        found = lines.last(self.db, "#lobby", 10, 0.0)
        self.assertEqual([line.text for line in found], ["one", "two", "three", "four"])
        self.assertEqual([line.at for line in found], [100.0, 5.0, 6.0, 101.0])
        self.assertEqual([line.id for line in found], [100_000, 100_001, 100_002, 101_000])

    def test_another_file(self) -> None:
        """Rooms and speakers have the ids of the file that is written, as it is now."""
        self.insert(said(1, name="bob"))
        self.insert(said(2))
        self.db = self.connect()
        self.insert(said(3))
        self.assertEqual(self.texts(), ["hello"])
        self.inserting.forget()
        self.db.executescript("delete from speaker; delete from room; delete from line")
        self.insert(said(4, name="carol"), said(5))
        self.assertEqual([line.name for line in lines.last(self.db, "#lobby", 9, 0.0)], ["carol", "alice"])

    def test_many_speakers(self) -> None:
        """However many speak, memory stays small."""
        self.insert(*(said(number, name=f"guest{number}") for number in range(1, 10_003)))
        self.insert(said(20_000, name="guest1"))
        self.assertEqual(len(self.inserting._speakers), 1)
        self.assertEqual(len(self.names()), 10_002)


class LastTests(LinesTestCase):
    def test_room(self) -> None:
        """The last lines of one room, the oldest first, whatever case and width its name is typed in."""
        self.insert(*(said(number, str(number), room="#den" if number % 2 else "#lobby") for number in range(1, 9)))
        self.assertEqual([line.text for line in lines.last(self.db, "#DEN", 2, 0.0)], ["5", "7"])
        self.assertEqual(lines.last(self.db, "#none", 2, 0.0), [])

    def test_before(self) -> None:
        """Lines before one of them."""
        self.insert(*(said(number, str(number)) for number in range(1, 9)))
        self.assertEqual([line.text for line in lines.last(self.db, "#lobby", 2, 0.0, before=5000)], ["3", "4"])

    def test_too_old(self) -> None:
        """What is too old is not shown, though it may be there."""
        self.insert(*(said(number, str(number)) for number in range(1, 5)))
        self.assertEqual([line.text for line in lines.last(self.db, "#lobby", 9, 3.0)], ["3", "4"])
        self.assertEqual([line.text for line in lines.search(self.db, "#lobby", "1", 9, 3.0)], [])


class SearchTests(LinesTestCase):
    def found(self, words: str) -> list[str]:
        return [line.text for line in lines.search(self.db, "#lobby", words, 20, 0.0)]

    def insert_texts(self, *texts: str) -> None:
        self.insert(*(said(number, text) for number, text in enumerate(texts, 1)))

    def test_parts(self) -> None:
        """A part of a word is enough, in Chinese two characters of a sentence."""
        self.insert_texts("我们明天去颐和园玩吧", "lunch tomorrow?", "nothing")
        self.assertEqual(self.found("颐和"), ["我们明天去颐和园玩吧"])
        self.assertEqual(self.found("morrow"), ["lunch tomorrow?"])
        self.assertEqual(self.found("breakfast"), [])

    def test_all_words(self) -> None:
        """Each of the words must be there, wherever."""
        self.insert_texts("lunch tomorrow?", "tomorrow is lunch", "lunch", "tomorrow")
        self.assertEqual(self.found("lunch  tomorrow"), ["lunch tomorrow?", "tomorrow is lunch"])

    def test_case(self) -> None:
        """Case makes no difference, in any script that has one."""
        for text, typed in (
            ("Привет, мир", ("привет", "ПРИВЕТ", "пРиВеТ", "МИР")),
            ("LUNCH Éclair", ("lunch", "éCLAIR", "ÉCLAIR")),
            ("ΟΔΥΣΣΕΙΑ", ("οδυσσεια",)),
            ("straße ǆep", ("STRAße", "ǅEP")),
        ):
            self.db.execute("delete from line")
            self.insert_texts(text, "nothing")
            for words in typed:
                self.assertEqual(self.found(words), [text], words)

    def test_as_typed(self) -> None:
        """No character means anything else than itself."""
        texts = ("100%", "a_b", "back\\slash", "what?", "[x]", "é*", "é[x]?^")
        self.insert_texts("1000", "acb", "backslash", "whatever", "x", "éx", "éx", *texts)
        for text in texts:
            self.assertIn(text, self.found(text))
        for words, only in (
            ("0%", ["100%"]),
            ("a_b", ["a_b"]),
            ("é*", ["é*"]),
            ("é[x]?", ["é[x]?^"]),
            ("É[", ["é[x]?^"]),
        ):
            self.assertEqual(self.found(words), only, words)

    def test_newest(self) -> None:
        """Of many, the newest are found, and told in the order in which they were said."""
        self.insert(*(said(number, f"lunch {number}") for number in range(1, 50)))
        found = lines.search(self.db, "#lobby", "lunch", 3, 0.0)
        self.assertEqual([line.text for line in found], ["lunch 47", "lunch 48", "lunch 49"])


class DeleteTests(LinesTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.insert(
            said(1, "1", "alice"),
            said(2, "2", "alice", owner=7),
            said(3, "3", "bob", owner=7),
            said(4, "4", "Alice", room="#den"),
            said(5, "5", "bob"),
        )

    def delete(self, *which: LinesOf) -> int:
        gone: Collection[LinesOf] = which
        return lines.delete_of(self.db, gone)

    def test_owner(self) -> None:
        """All of an owner are deleted, with names that nobody needs any more."""
        self.assertEqual(self.delete(LinesOf(owner=7)), 2)
        self.assertEqual(self.texts(), ["1", "5"])
        self.assertEqual(self.names(), ["alice", "Alice", "bob"])

    def test_name(self) -> None:
        """All that was said under a name, in whatever case, is deleted."""
        self.assertEqual(self.delete(LinesOf(name="ALICE")), 3)
        self.assertEqual((self.texts(), self.texts("#den")), (["3", "5"], []))
        self.assertEqual(self.names(), ["bob", "bob"])
        self.assertEqual(self.db.execute("select key from room").fetchall(), [("#lobby",)])

    def test_times(self) -> None:
        """Only what was said within the time is deleted; several may be meant."""
        self.assertEqual(self.delete(LinesOf(name="alice", since=2.0, until=3.0), LinesOf(name="bob", since=4.0)), 2)
        self.assertEqual((self.texts(), self.texts("#den")), (["1", "3"], ["4"]))
        self.assertEqual(self.delete(LinesOf(name="eve")), 0)

    def test_same_as_memory(self) -> None:
        """The file and memory mean the same lines."""
        kept = [*lines.last(self.db, "#lobby", 9, 0.0), *lines.last(self.db, "#den", 9, 0.0)]
        for which in (
            *(LinesOf(owner=7, since=3.0), LinesOf(name="bob"), LinesOf(name="alice", until=2.0), LinesOf()),
            *(LinesOf(room="#Lobby", until=2.0), LinesOf(room="#den", since=2.0), LinesOf(name="alice", room="#lobby")),
        ):
            left = {line.text for line in kept if not which.means(line)}
            self.db.execute("begin")
            self.delete(which)
            self.assertEqual({*self.texts(), *self.texts("#den")}, left)
            self.db.execute("rollback")

    def test_room(self) -> None:
        """A room, or all of them, may be emptied."""
        self.assertEqual(self.delete(LinesOf(room="#DEN")), 1)
        self.assertEqual(self.texts(), ["1", "2", "3", "5"])
        self.assertEqual(self.delete(LinesOf()), 4)
        self.assertEqual((lines.count(self.db), self.names()), (0, []))

    def test_oldest(self) -> None:
        """The oldest go first, in steps."""
        self.assertEqual(lines.delete_oldest(self.db, 2), 2)
        self.assertEqual(self.texts(), ["3", "5"])
        self.assertEqual(lines.delete_oldest(self.db, 9), 3)

    def test_before(self) -> None:
        """So does what was said before a time, and nothing else."""
        self.assertEqual(lines.delete_before(self.db, 4.0, 2), 2)
        self.assertEqual(lines.delete_before(self.db, 4.0, 2), 1)
        self.assertEqual(lines.delete_before(self.db, 4.0, 2), 0)
        self.assertEqual((self.texts(), self.texts("#den")), (["5"], ["4"]))
