"""Whom the house itself could be taken for: the names that are nobody's, however they are dressed up."""

from __future__ import annotations

from functools import cache
from unicodedata import category, digit

from chatd.core.look_alikes import skeleton

_LONGER_WORDS = """
administrator admin sysadmin operator moderator root system server service host daemon chatd chat house hall lobby
webmaster support staff helpdesk everyone everybody nobody anonymous quit
administrador administrateur
администратор админ система сервер модератор поддержка
"""
_WORDS = """
you me вы ты
管理员 管理員 管理 管理者 系统管理员 系統管理員 超级管理员 超級管理員 站长 站長 版主 群主 客服 客服人员 客服人員 官方
系统 系統 服务 服務 服务器 服務器 伺服器 主机 主機 大厅 大廳 聊天室 你 妳 您 你们 你們 您们 大家 所有人 全体 全體 匿名
管理人 運営 システム サーバー あなた みんな
관리자 운영자 시스템 서버 당신 너 모두 로비
"""
_SPELLED_WITH_DIGITS = str.maketrans("34578", "eastb")
# Han that are hard to tell apart at a terminal's size, for the words above alone; UTS 39 has none of them.
_HAN_ALIKE = str.maketrans(
    "埋哩俚菅筦圆贠糸係綂銃铳容喀咯沾玷镸霧噐犬太斤听聽伱祢玉王朷杌",
    "理理理管管员员系系统統统客客客站站长務器大大厅厅廳你你主主机机",
)


def is_the_house(name: str) -> bool:
    """Whether a name could be taken for the house: it is one of its words, whatever else is on or around the letters.

    Accents, punctuation, symbols and digits don't save a name, nor do digits that stand for letters (`4dm1n`), a plural
    s, or one more stroke at the end: `admin1`, `adminl` and `admini` look the same.
    """
    without_digits = "".join(character for character in name if digit(character, None) is None)
    spellings = (name, without_digits, name.translate(_SPELLED_WITH_DIGITS), name.translate(_HAN_ALIKE))
    looks = {_letters(skeleton(spelling)) for text in spellings for spelling in (text, text.lower())}
    words, longer = _house()
    return not looks.isdisjoint(words | longer) or not longer.isdisjoint(look.rstrip("l") for look in looks)


def _letters(text: str) -> str:
    return "".join(character for character in text if category(character)[0] in "LNM")


@cache
def _house() -> tuple[frozenset[str], frozenset[str]]:
    """Return the skeletons of the shorter words, and those of the longer ones with their plurals."""
    longer = [word + end for word in _LONGER_WORDS.split() for end in ("", "s")]
    return _skeletons(_WORDS.split()), _skeletons(longer)


def _skeletons(words: list[str]) -> frozenset[str]:
    return frozenset(
        _letters(skeleton(spelling)) for word in words for spelling in (word, word.upper(), word.capitalize())
    )
