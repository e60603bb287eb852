"""Reads the words of a language from a gettext catalogue (`.po`), as translators and their tools write it.

Only what such a file says is known here: pairs of sentences, the forms of those that count, and its header.
"""

from __future__ import annotations

import gettext
import json
import re
from collections.abc import Iterator
from pathlib import Path

from chatd.session.words.language import Language

_LINE = re.compile(r'(?:(msgid|msgid_plural|msgstr(?:\[\d+\])?)\s+)?(".*")')
_HEADER = re.compile(r"^([\w-]+): *(.*)$", re.MULTILINE)


def load(path: Path) -> Language:
    """Return the language in a file, whose code is the file's name.

    The header has `X-Name`, what the language is called in itself, and `Plural-Forms`, if it counts unlike English.

    @raises ValueError: if it is no catalogue; `str()` says in which line.
    """
    sentences: dict[str, str] = {}
    plurals: dict[str, list[str]] = {}
    for entry in _entries(path.read_text(encoding="utf-8")):
        said = [text for field, text in entry.items() if field.startswith("msgstr")]
        if "msgid_plural" in entry:
            plurals[entry["msgid"]] = said
        elif said[0]:
            sentences[entry["msgid"]] = said[0]
    header = dict(_HEADER.findall(sentences.pop("", "")))
    form = re.search(r"plural=([^;]+)", header.get("Plural-Forms", "plural=n != 1"))
    which = gettext.c2py(form[1] if form else "0")
    return Language(path.stem, header.get("X-Name", path.stem), sentences, plurals, which)


def _entries(text: str) -> Iterator[dict[str, str]]:
    """Yield the texts of each entry by their keywords; one that its translator marked as fuzzy is left out."""
    entry: dict[str, str] = {}
    fuzzy = next_fuzzy = False
    keyword = ""
    for number, line in enumerate(text.split("\n"), start=1):
        line = line.strip()
        if line.startswith("#") or not line:
            next_fuzzy |= line.startswith("#,") and "fuzzy" in line
            continue
        match = _LINE.fullmatch(line)
        if match is None or not (match[1] or keyword):
            raise ValueError(f"line {number} is not as in a gettext catalogue")
        if match[1]:
            keyword = match[1]
            if keyword == "msgid":
                if entry and not fuzzy:
                    yield entry
                entry, fuzzy, next_fuzzy = {}, next_fuzzy, False
            entry[keyword] = ""
        entry[keyword] += json.loads(match[2])
    if entry and not fuzzy:
        yield entry
