"""Tests for chatd.core.look_alikes."""

import string
import unicodedata

from confusable_homoglyphs.confusables import confusables_data
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from chatd.core.look_alikes import skeleton

# Where the wider skeleton parts what UTS 39 joins: a hook or a horn is an accent here, and an apostrophe there.
PARTED = set("ƁƊƤƬƳƇƓƘơƠأؤئ") | set("ẝꞕꜧႠꞆʋᶌةöῶᏯ")


class SkeletonTests(SynchronousTestCase):
    def assertAlike(self, *texts: str) -> None:
        self.assertEqual(len(set(map(skeleton, texts))), 1, {text: skeleton(text) for text in texts})

    def assertUnlike(self, *texts: str) -> None:
        self.assertEqual(len(set(map(skeleton, texts))), len(texts), {text: skeleton(text) for text in texts})

    def test_one_stroke(self) -> None:
        """i, l, 1 and | are one letter, with or without a dot, in any case and script."""
        self.assertAlike(*"iIlL1|ıİìĺłƖІіӀӏΙιוןا١۱❶①ᏆꮖǀℓⅠ")

    def test_one_ring(self) -> None:
        """o and 0 are one letter."""
        self.assertAlike(*"oO0ΟοОоσςօסه०০๐໐ᴏⓄ🅾ØôơةÖ")

    def test_letters_in_disguise(self) -> None:
        """A letter of the alphabet in any frame, style or small capital is that letter."""
        capitals = (0x1F150, 0x1F170, 0x1F130, 0x1F1E6, 0x24B6, 0x24D0, 0xFF21, 0x1D400, 0x1D5A0)  # the A of each kind
        for number, letter in enumerate(string.ascii_lowercase):
            self.assertAlike(letter, letter.upper(), *(chr(start + number) for start in capitals))
        self.assertAlike("abcdefghijklmnopqrstuvwyz", "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘꞯʀꜱᴛᴜᴠᴡʏᴢ")

    def test_accents_and_points(self) -> None:
        """Accents over any letter are gone, so are the points of Hebrew and Arabic; other vowels and voicings stay."""
        self.assertAlike("jose", "José", "JOSÉ", "ĵøşē")
        self.assertAlike("dung", "Dũng", "Đùng", "Dưng")
        self.assertAlike("Семен", "Семён", "Cемен")
        self.assertAlike("שרה", "שָׂרָה")
        self.assertAlike("محمد", "مُحَمَّد")
        self.assertUnlike("राम", "रमा", "रिम", "रीम")
        self.assertUnlike("か", "が")
        self.assertUnlike("กี", "กิ", "กิ์")

    def test_case(self) -> None:
        """Case is gone in every script that has it."""
        self.assertAlike("ЖУЩ", "жущ")
        self.assertAlike("ԾՂՁ", "ծղձ")
        self.assertAlike("ΨΞΔς", "ψξδσ")
        self.assertAlike("ẞ", "ß", "b")

    def test_sequences(self) -> None:
        """What looks like two letters is two letters."""
        self.assertAlike("modern", "rnodern", "ⅿodern", "мodern")
        self.assertAlike("window", "vvindovv", "ωindow")

    def test_unlike(self) -> None:
        """Letters that a reader tells apart stay apart."""
        self.assertUnlike("alice", "alicia", "alce")
        self.assertUnlike(*"abcdefghijkmnopqrstuvwxyz23456789")
        self.assertUnlike("李", "季", "木")
        self.assertUnlike(*"бгдёжлпфцчшщэюя")

    def test_uts_39(self) -> None:
        """What may stand in names and is one in the tables of UTS 39 is one here, but for a few letters with hooks."""
        for key, entries in confusables_data.items():
            one = key.strip("\u200e")
            if len(one) > 1 or unicodedata.category(one)[0] not in "LN" or one in PARTED:
                continue
            for other in (entry["c"].strip("\u200e") for entry in entries):
                if PARTED.isdisjoint(other) and unicodedata.is_normalized("NFKC", one + " " + other):
                    self.assertAlike(one, other)

    def test_every_character(self) -> None:
        """Every character of Unicode that is assigned has a skeleton that is its own skeleton."""
        for character in map(chr, range(0x110000)):
            if unicodedata.category(character) not in ("Cn", "Co", "Cs"):
                self.assertEqual(skeleton(skeleton(character)), skeleton(character), hex(ord(character)))

    @given(st.text(max_size=20))
    def test_normalization(self, text: str) -> None:
        """Canonically equal texts look alike."""
        self.assertAlike(text, *(unicodedata.normalize(form, text) for form in ("NFC", "NFD")))
