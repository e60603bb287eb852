"""Tests for chatd.core.house."""

from twisted.trial.unittest import SynchronousTestCase

from chatd.core.house import is_the_house


class HouseTests(SynchronousTestCase):
    def assertHouse(self, *names: str) -> None:
        self.assertEqual([name for name in names if not is_the_house(name)], [])

    def test_words(self) -> None:
        """What the house calls itself and those in it, in the languages that its people write."""
        self.assertHouse("admin", "Administrator", "YOU", "lobby", "chatd", "Webmaster", "админ", "Вы", "運営")
        self.assertHouse(
            "管理员", "管理員", "站长", "客服", "服务器", "服務器", "大厅", "你", "大家", "관리자", "システム"
        )

    def test_look_alikes(self) -> None:
        """A word in other letters that look like it is the word."""
        self.assertHouse("ADMlN", "admi̇n", "ᴀᴅᴍɪɴ", "аԁміп", "🇦🇩🇲🇮🇳", "Y0U", "ꓣꓳꓳꓔ", "𝔯𝔬𝔬𝔱", "ӏоЬЬу")
        self.assertHouse("管埋员", "菅理员", "容服", "犬厅", "大听", "伱", "系铳", "咯服")

    def test_decoration(self) -> None:
        """Accents, punctuation, symbols, digits and a plural s don't make it another's."""
        self.assertHouse("ädmïn", "a.d.m.i.n", "$server$", "★root★", "admin_", "Administrators", "hosts")
        self.assertHouse("admin1", "admin❶", "007admin", "管理员1", "админ2", "you2", "管·理·员")

    def test_one_more_stroke(self) -> None:
        """admin1, adminl and admini look the same."""
        self.assertHouse("admin1", "adminl", "admini", "adminI", "admin|")

    def test_digits_for_letters(self) -> None:
        """Digits that stand for letters are read as these."""
        self.assertHouse("4dm1n", "r00t", "5y5t3m", "h0st", "5erver", "suppor7")

    def test_others(self) -> None:
        """A name that only begins like one of the words, or shares letters with it, is a person's."""
        for name in (
            "administer",
            "Hallam",
            "Serverin",
            "Staffan",
            "Chatterjee",
            "Hostetler",
            "Roote",
            "Dmitri",
            "quill",
        ):
            self.assertFalse(is_the_house(name), name)
        for name in ("Mel", "Melo", "Mes", "youl", "Mel1", "大卫", "管仲", "王主", "站", "你好", "Юлия", "", "1"):
            self.assertFalse(is_the_house(name), name)
