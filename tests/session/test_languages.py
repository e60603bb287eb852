"""Tests for chatd.session.words.languages and .catalogue: each language has words for all that is ever said."""

from __future__ import annotations

import re
import string
from pathlib import Path

from twisted.python.filepath import FilePath
from twisted.trial.unittest import SynchronousTestCase

from chatd.core.events import Joined, Left
from chatd.core.nickname import columns
from chatd.core.owner_refusals import LettersFull, NameOwned
from chatd.doors.jsonl import JSONCodec
from chatd.doors.telnet import Terminal
from chatd.doors.text import TextCodec
from chatd.session.outputs import Entered, Hello, Hint, Output, Prompt, Refusal, Welcome
from chatd.session.view import view
from chatd.session.words import languages
from chatd.session.words.catalogue import load
from chatd.session.words.language import ENGLISH, WIDTH, Language
from chatd.session.words.languages import LANGUAGES
from chatd.session.words.notes import note_lines
from tests import samples
from tests.sentences import FACTS, sentences
from tests.session.test_session import TalkTestCase

OTHERS = [language for language in LANGUAGES.values() if language is not ENGLISH]
HAN = re.compile("[\u3400-\u9fff]")


def named(sentence: str) -> set[str]:
    """Return the names of the facts in a sentence."""
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


def everything() -> list[Output]:
    return [
        *samples.EVENTS,
        *samples.NOTES,
        *samples.PROMPTS,
        *samples.REPLAYS,
        *samples.sample_answers(),
        *(Refusal(error) for error in samples.REFUSALS),
        *samples.GOODBYES,
        Hello("the lab", 1, None, None),
        Refusal(NameOwned("bob", "bob")),
        Refusal(LettersFull("bob", 10, False)),
    ]


class Recorded(Language):
    """English that notes what it was asked to say."""

    def __init__(self) -> None:
        super().__init__("en", "English")
        self.said: set[str] = set()

    def word(self, text: str) -> str:
        self.said.add(text)
        return text

    def count(self, n: int, one: str, many: str, /, **facts: object) -> str:
        self.said.add(one)
        return super().count(n, one, many, **facts)


class CompleteTests(SynchronousTestCase):
    def test_every_sentence(self) -> None:
        """Each language has words for every sentence, in each of its plural forms, and for nothing else."""
        wanted = sentences()
        for language in OTHERS:
            with_plural = {one for one, many in wanted.items() if many is not None}
            self.assertEqual(set(wanted) - with_plural - set(language._sentences), set(), language.code)
            self.assertEqual(set(FACTS) - set(language._sentences), set(), language.code)
            self.assertEqual(with_plural - set(language._plurals), set(), language.code)
            unknown = (set(language._sentences) | set(language._plurals)) - set(wanted) - set(FACTS)
            self.assertEqual(unknown, set(), language.code)
            for forms in language._plurals.values():
                self.assertEqual(len(forms), 1 + max(language._which(n) for n in range(200)))

    def test_greeting(self) -> None:
        """How to begin fits on a line of a terminal in each language."""
        for language in LANGUAGES.values():
            [hint] = note_lines(Hint(), language)
            self.assertLessEqual(columns(f"-- {hint}"), 80)

    def test_same_facts(self) -> None:
        """A sentence holds no fact that the English one lacks."""
        for language in OTHERS:
            for sentence, said in language._sentences.items():
                if "{" in sentence:
                    self.assertLessEqual(named(said), named(sentence), sentence)
            for one, many in sentences().items():
                for said in language._plurals.get(one, ()):
                    self.assertLessEqual(named(said), named(one) | named(many or ""), one)

    def test_all_are_collected(self) -> None:
        """What is said of a sample of everything is among the sentences that were collected."""
        recorded = Recorded()
        zone = view("UTC")
        self.patch(zone, "language", recorded)
        codec = TextCodec()
        codec.view = zone
        for output in everything():
            b"".join(codec.encode(output))
        from_people = {"Asia/Shanghai", "Accept"}
        collected = set(sentences()) | set(FACTS) | from_people
        unknown = {said for said in recorded.said - collected if "private answer" not in said}
        self.assertEqual(unknown, set())


class ChineseTests(TalkTestCase):
    def lines(self, output: Output) -> list[str]:
        codec = TextCodec(Terminal(ends_with_cr=True))
        codec.view = view("off", "zh")
        return b"".join(codec.encode(output)).decode().removesuffix("\r\n").split("\r\n")

    def test_no_english(self) -> None:
        """All that is told is Chinese, but for what people and commands are called."""
        for output in everything():
            for line in self.lines(output):
                if line and not re.match(r"(<|\* |\[|\| |!! 未发送)", line) and "Be kind" not in line:
                    self.assertRegex(line, HAN, output)

    def test_marks_stay(self) -> None:
        """The marks of the protocol stay, so that scripts need not care."""
        english, chinese = TextCodec(), TextCodec()
        english.view, chinese.view = view("off"), view("off", "zh")
        for one, other in zip(everything(), everything(), strict=True):
            if isinstance(one, Prompt):
                continue
            before, after = (
                b"".join(codec.encode(sent)).decode() for codec, sent in ((english, one), (chinese, other))
            )
            self.assertEqual(
                before[:2] if before[:1] in "-!#*" else before[:1], after[:2] if after[:1] in "-!#*" else after[:1]
            )

    def test_lists(self) -> None:
        """Lists have the marks of Chinese, and numbers need no plural."""
        self.assertEqual(
            self.lines(Joined(0, "#lobby", ("小明", "alice", "bob"))), ["-- 小明、alice 和 bob 进入了聊天室"]
        )
        self.assertEqual(self.lines(Left(0, "#lobby", tuple("abcde"), None)), ["-- a、b 和另外 3 人 离开了"])
        self.assertEqual(
            self.lines(Entered("小明", "#lobby", 2, ("alice", "小明"))),
            ["-- 你是 小明，在 #lobby；这里有 2 人：alice、小明"],
        )
        self.assertEqual(self.lines(Welcome("the lab", 1, ())), ["-- 欢迎来到 the lab，1 人在线"])
        names = tuple(f"{'李' * (n % 12 + 1)}{n}" for n in range(100))
        lines = self.lines(Entered("小明", "#lobby", 100, names))
        self.assertTrue(all(columns(line) <= WIDTH + 3 for line in lines))
        self.assertEqual("".join(line.removeprefix("-- ") for line in lines).partition("：")[2], "、".join(names))

    def test_each_in_their_own(self) -> None:
        """Everybody reads events, announcements of chatd itself too, and refusals in the language they chose."""
        alice, alice_sees = self.enter("alice")
        bob, bob_sees = self.enter("bob")
        alice.type("/lang ZH")
        alice_sees.take(), bob_sees.take()
        self.hall.announce_closing(5)
        self.hall.announce_closing(1)
        self.hall.announce_closing(0)
        self.hall.call_off_closing()
        alice.type("@zed hi", "/lang xx")
        bob.type("quit")
        self.clock.advance(2)
        self.assertEqual(
            alice_sees.take(),
            [
                "## 管理员：这台服务器将在 5 分钟后关闭，不再让新人进来",
                "## 管理员：这台服务器将在 1 分钟后关闭，不再让新人进来",
                "## 管理员：这台服务器现在关闭",
                "## 管理员：这台服务器不关了",
                "!! 没有叫“zed”的人在线；这条消息没有发出",
                "!! 未发送：hi",
                "!! 这里不支持“xx”；支持 en 和 zh",
                "-- bob 离开了",
            ],
        )
        self.assertEqual(bob_sees.take()[0], "## Administrator: this server closes in 5 minutes; nobody new is let in")

    def test_time_stays(self) -> None:
        """The time in front of lines is kept with another language, and the other way round."""
        alice, alice_sees = self.enter("alice")
        alice.type("/lang zh", "/time +8", "/lang en", "/lang")
        self.assertIs(alice_sees.view, view("UTC+8"))
        alice.type("/lang zh")
        self.assertIs(alice_sees.view, view("UTC+8", "zh"))

    def test_json(self) -> None:
        """The text of a refusal is in the reader's language, its code is not; lines too, and each reader has theirs."""
        codec = JSONCodec()
        codec.view = view("on", "zh")
        [refused] = codec.encode(Refusal(samples.REFUSALS[6]))
        self.assertIn('"code": "ThatIsYou", "text": "这是你自己的昵称；请换一个人"', refused.decode())
        with_lines = JSONCodec(with_lines=True)
        before = with_lines.format
        with_lines.view = view("on", "zh")
        self.assertNotEqual(before, with_lines.format)
        self.assertEqual(JSONCodec().format, codec.format)

    def test_start(self) -> None:
        """A daemon may greet everybody in Chinese."""
        self.server.language = "zh"
        talk, screen = self.connect()
        screen.view = view("off", self.server.language)
        screen.take()
        talk.type("小明")
        self.assertEqual(screen.take()[-1], "-- /h 查看命令，/echo off 不回显自己的消息，quit 退出；/lang en: English")


class CatalogueTests(SynchronousTestCase):
    def loaded(self, text: str) -> Language:
        path = Path(self.mktemp()).with_name("xx.po")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return load(path)

    def test_read(self) -> None:
        """Entries, continued lines, escapes, plural forms and the header are read as gettext has them."""
        language = self.loaded(
            '# a comment\nmsgid ""\nmsgstr ""\n"X-Name: Xx\\n"\n'
            '"Plural-Forms: nplurals=3; plural=n==1 ? 0 : n<5 ? 1 : 2;\\n"\n\n'
            '#: somewhere\nmsgid "a \\"b\\""\nmsgstr "c "\n"\\"d\\""\n\n'
            'msgid "1 x"\nmsgid_plural "{n} xs"\nmsgstr[0] "one"\nmsgstr[1] "{n} few"\nmsgstr[2] "{n} many"\n'
            '#, fuzzy\nmsgid "no"\nmsgstr "perhaps"\n\nmsgid "empty"\nmsgstr ""\n'
        )
        self.assertEqual((language.code, language.name), ("xx", "Xx"))
        self.assertEqual(language.say('a "b"'), 'c "d"')
        self.assertEqual([language.count(n, "1 x", "{n} xs") for n in (1, 3, 5000)], ["one", "3 few", "5,000 many"])
        self.assertEqual([language.say("no"), language.say("empty")], ["no", "empty"])

    def test_fuzzy_at_the_end(self) -> None:
        """A last entry that is fuzzy is left out too; a catalogue without a header counts as English does."""
        language = self.loaded('msgid "a"\nmsgstr "b"\n#, fuzzy\nmsgid "no"\nmsgstr "perhaps"\n')
        self.assertEqual((language.say("a"), language.say("no"), language.name), ("b", "no", "xx"))
        self.assertEqual(self.loaded("").say("a"), "a")

    def test_damaged(self) -> None:
        """What is no catalogue is refused with the line."""
        for text in ('msgid "a"\nmsgstr b\n', '\n"a"\n', 'msgid "a"\nwhat "b"\n'):
            self.assertRaisesRegex(ValueError, "line [12] is not as in a gettext catalogue", self.loaded, text)

    def test_all_are_found(self) -> None:
        """A language is a catalogue in the folder of words, and nothing else."""
        folder = FilePath(languages.__file__).parent()
        codes = {path.basename().removesuffix(".po") for path in folder.globChildren("*.po")}
        self.assertEqual(set(LANGUAGES), codes | {"en"})
