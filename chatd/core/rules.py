"""A rule that something typed breaks, as a value: one sentence, with its facts apart from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Rule:
    """`sentence` is English, in which `{name}` stands for a fact; what people read is in their language."""

    sentence: str
    facts: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.sentence.format(**self.facts)


class RuleBroken(Exception):
    """Something that was typed breaks a rule."""

    def __init__(self, sentence: str, **facts: object) -> None:
        super().__init__(sentence)
        self.rule = Rule(sentence, facts)
