"""The languages that people can choose: English, and one for each catalogue in this folder."""

from __future__ import annotations

from pathlib import Path

from chatd.session.words.catalogue import load
from chatd.session.words.language import ENGLISH, Language

LANGUAGES: dict[str, Language] = {ENGLISH.code: ENGLISH} | {
    path.stem: load(path) for path in sorted(Path(__file__).parent.glob("*.po"))
}
